//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting
import Testing

@Suite("The history checker", .timeLimit(.minutes(20)))
struct HistoryCheckerTests {
    /// A named history.
    struct Example: Sendable, CustomTestStringConvertible {
        let name: String
        let rules: Set<HistoryRule>
        let history: History
        var testDescription: String { name }

        init(_ name: String, breaks rules: HistoryRule..., body: (inout HistoryScript) -> Void) {
            self.name = name
            self.rules = Set(rules)
            history = HistoryScript.write(body)
        }
    }

    private let checker = HistoryChecker(
        poisonLimit: 3,
        limits: [
            "narrow": QueueLimits(concurrency: 1),
            "slow": QueueLimits(rate: RateLimit(1, per: .seconds(5))),
            "shared": QueueLimits(perTenant: PartLimits(concurrency: 1)),
            "typed": QueueLimits(perJob: ["one": PartLimits(concurrency: 1)]),
        ]
    )

    @Test("passes good histories", arguments: goodHistories)
    func good(_ example: Example) {
        #expect(checker.violations(in: example.history) == [])
    }

    @Test("finds each breach", arguments: badHistories)
    func bad(_ example: Example) {
        let violations = checker.violations(in: example.history)
        #expect(Set(violations.map(\.rule)) == example.rules, "\(violations)")
    }

    @Test("has a bad history for every rule")
    func everyRule() {
        #expect(Set(Self.badHistories.flatMap(\.rules)) == Set(HistoryRule.allCases))
    }

    @Test("does not expect an end of a history that goes on")
    func incomplete() {
        let history = HistoryScript.write { $0.submit() }
        #expect(HistoryChecker(isComplete: false).violations(in: history) == [])
    }

    @Test("does not believe a refusal that may be the answer to a settlement sent again")
    func resending() {
        let history = HistoryScript.write { script in
            script.submit()
            script.deliver()
            script.settle(.returned, applied: false)
            script.deliver(token: 2, delivery: 2)
            script.settle(.final(HistoryScript.done), token: 2)
            script.see()
        }
        #expect(HistoryChecker().violations(in: history).map(\.rule) == [.leaseExcludes])
        #expect(HistoryChecker().violations(in: history).first?.events.count == 4)
        #expect(HistoryChecker(resends: true).violations(in: history) == [])
    }

    @Test("names rule, job and events")
    func description() {
        let violation = HistoryChecker().violations(in: HistoryScript.write { $0.submit() }).first
        #expect(violation?.description.hasPrefix("[acceptedIsKept] job \(HistoryScript.job): ") == true)
        #expect(violation?.events == [1])
    }

    @Test("judges what was written and read as JSON lines the same")
    func jsonLines() throws {
        for example in Self.goodHistories + Self.badHistories {
            let lines = try example.history.jsonLines()
            #expect(lines.split(separator: "\n").count == example.history.events.count)
            #expect(try History(jsonLines: lines) == example.history)
        }
    }

    @Test("reads what a process wrote before it died in the middle of a line")
    func cutOff() throws {
        let history = HistoryScript.write { $0.submit() }
        let lines = try history.jsonLines()
        #expect(try History(jsonLines: String(lines.dropLast(10))).events == [history.events[0]])
        #expect(throws: DecodingError.self) { try History(jsonLines: lines.dropLast(10) + "\n") }
    }

    @Test("merges histories by time, keeping each process's order")
    func merging() {
        let history = HistoryScript.write { script in
            script.submit()
            script.deliver()
            script.start()
            script.settle(.final(HistoryScript.done))
            script.see()
        }
        let parts = ["client", "worker"].map { name in History(history.events.filter { $0.process == name }) }
        #expect(History(merging: parts) == history)
    }

    static let goodHistories: [Example] = [
        Example("places of a limited queue, one after the other") { script in
            for job in [HistoryScript.job, HistoryScript.other] { script.submit(job) { $0.queue = "narrow" } }
            script.deliver()
            script.pass(9)
            script.deliver(HistoryScript.other)
            script.settle(.final(HistoryScript.done), HistoryScript.other)
            script.see(of: HistoryScript.other)
            script.deliver(token: 2, delivery: 2)
            script.settle(.final(HistoryScript.done), token: 2)
            script.see()
        },
        Example("a rate, with one that goes back unstarted") { script in
            for job in [HistoryScript.job, HistoryScript.other] { script.submit(job) { $0.queue = "slow" } }
            script.deliver()
            script.settle(.returned)
            script.deliver(token: 2, delivery: 2)
            script.settle(.final(HistoryScript.done), token: 2)
            script.see()
            script.pass(5)
            script.deliver(HistoryScript.other)
            script.settle(.final(HistoryScript.done), HistoryScript.other)
            script.see(of: HistoryScript.other)
        },
        Example("an outcome that is stored beside the broker before it is settled") { script in
            script.submit()
            script.deliver()
            script.add(.storing(job: HistoryScript.job, HistoryScript.done))
            script.see()
            script.settle(.final(HistoryScript.done))
        },
        Example("one job, one run") { script in
            script.submit()
            script.deliver()
            script.start()
            script.settle(.final(HistoryScript.done))
            script.see()
            script.see(by: "other client")
        },
        Example("a retry, a return and a lost lease") { script in
            script.submit { $0.maximumAttempts = 2 }
            script.deliver()
            script.start()
            script.settle(.returned)
            script.deliver(token: 2, delivery: 2)
            script.settle(.retried(countsAttempt: true), token: 2)
            script.deliver(token: 5, attempt: 2, delivery: 3)
            script.pass(9)
            script.deliver(token: 6, attempt: 2, delivery: 4)
            script.start(token: 6)
            script.settle(.final(HistoryScript.done), token: 5, applied: false)
            script.settle(.final(HistoryScript.done), token: 6)
            script.see()
        },
        Example("a settlement whose answer was lost, repeated after the job went on") { script in
            script.submit()
            script.deliver()
            script.settle(.retried(countsAttempt: true), applied: nil)
            script.deliver(token: 2, attempt: 2, delivery: 2)
            script.settle(.retried(countsAttempt: true))
            script.settle(.final(HistoryScript.done), token: 2)
            script.see()
        },
        Example("a claim that overlapped a settlement") { script in
            script.submit()
            script.deliver()
            script.settle(.returned) { $0.deliver(token: 2, delivery: 2) }
            script.settle(.final(HistoryScript.done), token: 2)
            script.see()
        },
        Example("cancelled while waiting, and while running") { script in
            script.submit()
            script.cancel(atOnce: true)
            script.see(HistoryOutcome(kind: .cancelled))
            script.submit(HistoryScript.other)
            script.deliver(HistoryScript.other)
            script.start(HistoryScript.other)
            script.cancel(HistoryScript.other, atOnce: false)
            script.settle(.final(HistoryOutcome(kind: .cancelled)), HistoryScript.other)
            script.see(HistoryOutcome(kind: .cancelled), of: HistoryScript.other)
        },
        Example("expired, poisoned") { script in
            script.submit { [time = script.time(5)] in $0.expires = time }
            script.submit(HistoryScript.other)
            for number in 1...3 {
                script.deliver(HistoryScript.other, token: UInt64(number), delivery: number)
                script.pass(8)
            }
            script.see(HistoryOutcome(kind: .expired))
            script.see(HistoryOutcome(kind: .failed, detail: "poisoned, attempt 0"), of: HistoryScript.other)
        },
        Example("a dead letter that was retried") { script in
            script.submit()
            script.deliver()
            script.settle(.final(HistoryScript.dead))
            script.see(HistoryScript.dead)
            script.add(.revived(job: HistoryScript.job))
            script.deliver(token: 2)
            script.start(token: 2)
            script.settle(.final(HistoryScript.done), token: 2)
            script.see()
        },
        Example("one key, one after the other") { script in
            script.submit { $0.uniqueKey = "k" }
            script.deliver()
            script.settle(.final(HistoryScript.done))
            script.submit(HistoryScript.other) { $0.uniqueKey = "k" }
            script.deliver(HistoryScript.other, token: 2)
            script.settle(.final(HistoryScript.done), HistoryScript.other, token: 2)
            script.see()
            script.see(of: HistoryScript.other)
        },
    ]
}
