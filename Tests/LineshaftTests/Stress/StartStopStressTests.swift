//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting
import Logging
import Synchronization
import Testing

private struct Crumb: Job {
    static let name: JobName = "crumb"
    typealias Output = Int

    var number: Int
}

/// Which jobs have run, and how often.
private final class Runs: Sendable {
    private let counts = Mutex<[Int: Int]>([:])

    func note(_ number: Int) { counts.withLock { $0[number, default: 0] += 1 } }
    func count(of number: Int) -> Int { counts.withLock { $0[number, default: 0] } }
}

/// Workers that come and go at random while jobs are under way, on real threads and in virtual time.
@Suite(.timeLimit(.minutes(20)))
struct StartStopStressTests {
    private static func configuration(_ clock: VirtualClock) -> JobSystem.Configuration {
        var configuration = JobSystem.Configuration()
        configuration.clock = clock
        configuration.tracing = false
        configuration.logger.logLevel = .critical
        return configuration
    }

    private static func makeWorker(_ jobs: JobSystem, _ runs: Runs, seed: UInt64) -> Worker {
        var generator = Xoshiro256(seed: seed)
        var configuration = Worker.Configuration()
        configuration.name = "worker-\(seed)"
        configuration.prefetch = Int.random(in: 0...8, using: &generator)
        configuration.poisonLimit = 1_000
        configuration.shutdown.finish = .milliseconds(Int.random(in: 0...20, using: &generator))
        return Worker(
            jobs,
            queues: ["default": .init(concurrency: Int.random(in: 1...6, using: &generator))],
            configuration: configuration
        ) {
            Handler(for: Crumb.self) { crumb, context in
                if crumb.number % 3 == 0 { try await context.clock.sleep(for: .milliseconds(crumb.number % 7)) }
                if crumb.number % 5 == 0 { await Task.yield() }
                if crumb.number % 11 == 0 && context.attempt == 1 { throw Retry.after(.milliseconds(3)) }
                runs.note(crumb.number)
                return crumb.number
            }
        }
    }

    /// Runs one worker after the other, each until a random moment, then one that stays.
    private static func comeAndGo(_ jobs: JobSystem, _ runs: Runs, seed: UInt64, lives: Int, until end: Signal)
        async throws
    {
        var generator = Xoshiro256(seed: seed)
        for life in 0..<lives {
            let worker = makeWorker(jobs, runs, seed: seed &* 1_000 &+ UInt64(life))
            let yields = Int.random(in: 0...400, using: &generator)
            if Bool.random(using: &generator) {
                // Graceful shutdown at a random moment.
                try await worker.run { for _ in 0..<yields { await Task.yield() } }
            } else {
                // Cancellation at a random moment.
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await worker.run() }
                    for _ in 0..<yields { await Task.yield() }
                    group.cancelAll()
                    try await group.waitForAll()
                }
            }
        }
        try await makeWorker(jobs, runs, seed: seed &* 1_000 &+ 999).run { await end.wait() }
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `Nothing is lost while workers start, stop and are cancelled`(_ seed: UInt64) async throws {
        let clock = VirtualClock()
        let jobs = try await JobSystem(
            broker: MemoryBroker(clock: clock),
            configuration: Self.configuration(clock)
        )
        let runs = Runs()
        let count = 1_500
        let cancelled = Mutex<Set<Int>>([])
        let ends = (0..<4).map { _ in Signal() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, end) in ends.enumerated() {
                group.addTask {
                    try await Self.comeAndGo(jobs, runs, seed: seed * 10 + UInt64(number), lives: 30, until: end)
                }
            }
            // Time passes by itself while there is anything that waits for it.
            group.addTask {
                while !Task.isCancelled {
                    clock.advance(by: .milliseconds(1))
                    await Task.yield()
                }
            }
            var generator = Xoshiro256(seed: seed)
            var handles: [JobHandle<Int>] = []
            for number in 0..<count {
                let delay: Duration? = number % 4 == 0 ? .milliseconds(number % 9) : nil
                let handle = try await jobs.submit(Crumb(number: number), delay: delay)
                handles.append(handle)
                if Int.random(in: 0..<10, using: &generator) == 0 {
                    let result = try await handle.cancel()
                    if result != .alreadyFinished { cancelled.withLock { _ = $0.insert(number) } }
                }
                if number % 16 == 0 { await Task.yield() }
            }
            for (number, handle) in handles.enumerated() {
                switch try await handle.outcome.outcome {
                case .succeeded:
                    #expect(runs.count(of: number) >= 1)
                case .cancelled:
                    #expect(cancelled.withLock { $0.contains(number) }, "job \(number) was cancelled by nobody")
                case .failed(let failure):
                    Issue.record("Job \(number) failed: \(failure.message)")
                case .expired:
                    Issue.record("Job \(number) expired")
                }
            }
            let counts = try await jobs.inspector.counts(of: "default")
            #expect(counts == QueueCounts())
            for end in ends { end.raise() }
            for _ in ends { try await group.next() }
            group.cancelAll()
        }
        #expect(try await jobs.inspector.workers().isEmpty)
        await jobs.shutdown()
    }
}
