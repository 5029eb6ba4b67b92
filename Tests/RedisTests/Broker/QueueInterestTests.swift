//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftRedis
import Testing

@Suite(.timeLimit(.minutes(20)))
struct QueueInterestTests {
    private func request(_ limit: Int, _ shares: (QueueName, Int, Int)...) -> ClaimRequest {
        ClaimRequest(
            worker: WorkerID("w"),
            shares: shares.map { .init(queue: $0.0, fair: $0.1, maximum: $0.2) },
            limit: limit,
            lease: .seconds(8),
            poisonLimit: 5
        )
    }

    @Test
    func `A worker with more room than one call gives asks again`() throws {
        var interest = QueueInterest()
        let request = request(2_500, ("a", 2_500, 2_500))
        let questions = interest.begin(request, at: .zero)
        let question = try #require(questions.first)
        #expect(question.limit == StorageLimits.jobs)
        interest.answered(question, count: 1_000, isNoted: false, hasMore: false, delay: nil, at: .zero)
        let next = interest.goOn(request, taken: ["a": 1_000], asked: ["a": 1_000], at: .zero)
        #expect(next.map(\.limit) == [StorageLimits.jobs])
    }

    @Test
    func `A queue that had nothing is left alone while another gives jobs`() throws {
        var interest = QueueInterest()
        let request = request(4, ("a", 2, 4), ("b", 2, 4))
        let questions = interest.begin(request, at: .zero)
        #expect(questions.map(\.queue) == ["a", "b"])
        interest.answered(questions[0], count: 2, isNoted: false, hasMore: false, delay: nil, at: .zero)
        interest.answered(questions[1], count: 0, isNoted: true, hasMore: false, delay: nil, at: .zero)
        let passed = interest.end(isFull: false)
        #expect(passed == [])
        let next = interest.begin(request, at: .zero)
        #expect(next.map(\.queue) == ["a"])
        _ = interest.end(isFull: false)
        let isWoken = interest.wake("b")
        #expect(isWoken)
        let last = interest.begin(request, at: .zero)
        #expect(last.map(\.queue) == ["a", "b"])
    }

    @Test
    func `A note that came while a question was under way is taken back by the next one`() throws {
        var interest = QueueInterest()
        let request = request(4, ("a", 4, 4))
        let first = try #require(interest.begin(request, at: .zero).first)
        let second = try #require(interest.begin(request, at: .zero).first)
        interest.answered(first, count: 1, isNoted: true, hasMore: false, delay: nil, at: .zero)
        interest.answered(second, count: 4, isNoted: false, hasMore: false, delay: nil, at: .zero)
        let third = try #require(interest.begin(request, at: .zero).first)
        #expect(third.isNoted)
        interest.answered(third, count: 4, isNoted: false, hasMore: false, delay: nil, at: .zero)
        #expect(!interest.isCountedOn)
    }

    @Test
    func `A worker without room has somebody else woken`() throws {
        var interest = QueueInterest()
        _ = interest.begin(request(1, ("a", 1, 1)), at: .zero)
        _ = interest.end(isFull: true)
        let isWoken = interest.wake("a")
        #expect(!isWoken)
    }

    @Test
    func `A worker of many queues asks each of them in turn, in whatever order they come`() {
        var interest = QueueInterest()
        let names = (0..<20).map { QueueName("queue-\($0)") }
        var seen: Set<QueueName> = []
        for round in 0..<24 {
            // The order changes so that a place in it would always be that of the same few queues.
            let turned = (0..<names.count).map { names[($0 + 20 - round * 6 % 20) % names.count] }
            let shares = turned.map { ClaimRequest.Share(queue: $0, fair: 1, maximum: 1) }
            let request = ClaimRequest(
                worker: WorkerID("w"),
                shares: shares,
                limit: 20,
                lease: .seconds(8),
                poisonLimit: 5
            )
            for question in interest.begin(request, at: .zero) {
                // The first round asks all, because nothing is known of any.
                if round > 0 { seen.insert(question.queue) }
                interest.answered(question, count: 0, isNoted: true, hasMore: false, delay: nil, at: .zero)
            }
            _ = interest.end(isFull: false)
            if round == 4 { #expect(seen == Set(names)) }
        }
    }
}
