//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import ExampleSum
internal import Lineshaft
internal import Testing

@Suite("Summing", .timeLimit(.minutes(20)))
struct SummationTests {
    @Test("Chunks cover the integers once, and the last may be short", arguments: [1, 3, 7, 10, 1_000])
    func chunks(size: Int) {
        let chunks = Summation(of: 5..<15, chunkSize: size).chunks
        #expect(chunks.flatMap(\.integers) == Array(5..<15))
        #expect(chunks.dropLast().allSatisfy { $0.integers.count == size })
    }

    @Test("No integers make no jobs, and a size below one counts as one")
    func edges() {
        #expect(Summation(of: 3..<3, chunkSize: 10).chunks.isEmpty)
        #expect(Summation(of: 0..<3, chunkSize: 0).chunks.count == 3)
        #expect(Summation(of: (.max - 2)..<(.max), chunkSize: .max).chunks.count == 1)
    }

    @Test("Mishaps depend on nothing but seed, job and attempt, and come in about their share")
    func mishaps() {
        let plan = Mishaps(share: 0.1, seed: 7)
        let struck = (0..<10_000).filter { plan.strike($0, attempt: 1) }
        #expect(struck == (0..<10_000).filter { plan.strike($0, attempt: 1) })
        #expect(struck != (0..<10_000).filter { plan.strike($0, attempt: 2) })
        #expect(struck != (0..<10_000).filter { Mishaps(share: 0.1, seed: 8).strike($0, attempt: 1) })
        #expect((900...1_100).contains(struck.count))
        #expect(!Mishaps.none.strike(1, attempt: 1))
        #expect(Mishaps(share: 1, seed: 1).strike(1, attempt: 1))
    }

    @Test("A job that fails for good is missing from the sum and named in the total")
    func failure() async throws {
        let jobs = try await JobSystem(url: "memory:")
        let worker = Worker(jobs) {
            Handler(for: SumIntegers.self) { job, _ in
                if job.integers.lowerBound == 10 { throw PermanentFailure("ten is unlucky") }
                return job.integers.reduce(0, +)
            }
        }
        let total = try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await worker.run() }
            let total = try await Summation(of: 0..<30, chunkSize: 10).run(on: jobs)
            group.cancelAll()
            return total
        }
        #expect(total.sum == (0..<10).reduce(0, +) + (20..<30).reduce(0, +))
        #expect(total.failures.map(\.failure?.message) == ["ten is unlucky"])
    }
}
