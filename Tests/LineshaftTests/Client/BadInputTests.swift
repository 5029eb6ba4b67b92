//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting
import Testing

private struct Errand: Job {
    static let name: JobName = "errand"
    typealias Output = Double

    var distance = 1.0
}

private struct SameName: Job {
    static let name: JobName = "errand"
}

private struct OldVersion: Job {
    static let name: JobName = "old"
    static let version = 0
}

@Suite(.timeLimit(.minutes(20)))
struct BadInputTests {
    private func problem(_ body: () async throws -> Void) async -> ConfigurationError? {
        do {
            try await body()
            return nil
        } catch {
            return error as? ConfigurationError
        }
    }

    private func run(
        _ queues: WorkerQueues = ["default": 1],
        _ change: (inout Worker.Configuration) -> Void = { _ in },
        @HandlerBuilder handlers: () -> [AnyHandler] = { [] }
    ) async -> ConfigurationError? {
        var configuration = Worker.Configuration()
        configuration.name = "worker"
        change(&configuration)
        let list = handlers()
        return await problem {
            let jobs = try await JobSystem(url: "memory:")
            try await Worker(jobs, queues: queues, configuration: configuration) { list }.run()
        }
    }

    @Test
    func `Two handlers of one name are refused by that name`() async {
        let error = await run(handlers: {
            Handler(for: Errand.self) { _, _ in 1 }
            Handler(for: SameName.self) { _, _ in }
        })
        #expect(error?.code == .duplicateName)
        #expect(error?.message.contains("“errand”") == true && error?.message.contains("remove one") == true)
        let version = await run(handlers: { Handler(for: OldVersion.self) { _, _ in } })
        #expect(version?.message.contains("version 0") == true)
    }

    @Test
    func `A handler's retry policy is checked before it is needed`() async {
        for (policy, words) in [
            (RetryPolicy.constant(.seconds(-1)), "duration is negative"),
            (RetryPolicy(maximumAttempts: 0), "must allow 1 or more"),
        ] {
            let error = await run(handlers: { Handler(for: Errand.self, retry: .policy(policy)) { _, _ in 1 } })
            #expect(error?.code == .invalidValue && error?.message.contains("“errand”") == true)
            #expect(error?.message.contains(words) == true)
        }
    }

    @Test
    func `Queues that cannot be served are refused, with the number and its range`() async {
        #expect(await run([:])?.message.contains("no queue") == true)
        for number in [0, -1, 1_000_001, .min, .max] {
            let error = await run(["mail": .init(concurrency: number)])
            #expect(error?.message.contains("“mail”") == true && error?.message.contains("from 1 to 1,000,000") == true)
            #expect(await run(["mail": .init(concurrency: 1, weight: number)])?.message.contains("weight") == true)
        }
        let twice: WorkerQueues = ["a": 1, "a": 2]
        #expect(await run(twice)?.code == .duplicateName)
        #expect(await run(["": 1])?.code == .invalidName)
    }

    @Test
    func `Numbers and times out of range are refused by name, and nothing traps`() async {
        let cases: [(String, (inout Worker.Configuration) -> Void)] = [
            ("concurrency", { $0.concurrency = 0 }), ("concurrency", { $0.concurrency = .max }),
            ("prefetch", { $0.prefetch = -1 }), ("prefetch", { $0.prefetch = .max }),
            ("poisonLimit", { $0.poisonLimit = 0 }), ("lease", { $0.lease = .zero }),
            ("parkDelay", { $0.parkDelay = .zero }), ("stuckGrace", { $0.stuckGrace = .seconds(-1) }),
            ("shutdown.finish", { $0.shutdown.finish = .seconds(-1) }),
            ("shutdown.cancel", { $0.shutdown.cancel = .seconds(-1) }),
            ("shutdown.release", { $0.shutdown.release = .seconds(-1) }),
            ("metricsInterval", { $0.metricsInterval = .zero }),
        ]
        for (word, change) in cases {
            let error = await run(["default": 1], change)
            #expect(error?.code == .invalidValue && error?.message.contains("`\(word)`") == true, "\(word)")
        }
        #expect(await run(["default": 1], { $0.name = "" })?.code == .invalidName)
    }

    @Test
    func `A worker runs once, also when it is run twice at the same time`() async throws {
        let jobs = try await JobSystem(url: "memory:")
        let worker = Worker(jobs) { Handler(for: Errand.self) { _, _ in 1 } }
        let refused = await withTaskGroup(of: ConfigurationError?.self) { group in
            for _ in 0..<8 { group.addTask { await problem { try await worker.run() } } }
            var errors: [ConfigurationError] = []
            for _ in 0..<7 {
                if let error = await group.next(), let error { errors.append(error) }
            }
            group.cancelAll()
            return errors
        }
        #expect(refused.count == 7)
        #expect(refused.allSatisfy { $0.code == .invalidState && $0.message.contains("Make a new one") })
        #expect(await problem { try await worker.run() }?.code == .invalidState)
    }

    @Test(arguments: ["", "memory", "//x", ":", "1redis://x", "re dis:x", "memory:something", "memory://host"])
    func `A URL without a scheme, or with too much, is refused and not repeated`(_ url: String) async {
        let error = await problem { _ = try await JobSystem(url: url) }
        #expect(error?.code == .invalidURL && error?.message.contains("memory:") == true)
    }

    @Test
    func `An unknown scheme is named, with the known ones and where to get it`() async {
        for (url, remedy) in [
            ("redis://:secret@host", "LineshaftRedis"), ("rediss://h", "LineshaftRedis"),
            ("AMQP://u:secret@h", "no adapter for RabbitMQ yet"),
            ("kafka://secret", "spelling"),
        ] {
            let error = await problem { _ = try await JobSystem(url: url) }
            #expect(error?.code == .unknownScheme && error?.message.contains(remedy) == true, "\(url)")
            #expect(error?.message.contains("`memory:`") == true && error?.message.contains("secret") == false)
        }
        let adapter = BrokerAdapter(schemes: ["memory"]) { _, environment in
            BrokerConnection(broker: MemoryBroker(clock: environment.clock))
        }
        #expect(await problem { _ = try await JobSystem(url: "MEMORY:anything", adapters: [adapter]) } == nil)
    }

    @Test
    func `A system's own numbers are checked`() async {
        var configuration = JobSystem.Configuration()
        configuration.resultRetention = .seconds(-1)
        #expect(
            await problem { _ = try await JobSystem(url: "memory:", configuration: configuration) }?.message.contains(
                "resultRetention"
            ) == true
        )
        configuration = .init()
        configuration.retry = .constant(.seconds(-1))
        #expect(
            await problem { _ = try await JobSystem(url: "memory:", configuration: configuration) }?.message.contains(
                "retry"
            ) == true
        )
        configuration = .init()
        configuration.lengthLimits["mail"] = .init(maximumLength: 0)
        #expect(
            await problem { _ = try await JobSystem(url: "memory:", configuration: configuration) }?.message.contains(
                "“mail”"
            ) == true
        )
    }

    @Test
    func `Queues of no name, or of too long a one, cannot be paused, resumed or limited`() async throws {
        let jobs = try await JobSystem(url: "memory:")
        for queue: QueueName in ["", QueueName(String(repeating: "q", count: 201)), "a\u{85}b", "{mail}"] {
            for body: () async throws -> Void in [
                { try await jobs.pause(queue) }, { try await jobs.resume(queue) },
                { try await jobs.limit(queue, concurrency: 1) }, { try await jobs.removeLimits(of: queue) },
            ] {
                #expect(await problem(body)?.code == .invalidName)
            }
        }
        #expect(try await jobs.inspector.queues().isEmpty)
        await jobs.shutdown()
    }

    @Test
    func `Parameters that cannot be encoded are refused, with the type and what to check`() async throws {
        let jobs = try await JobSystem(url: "memory:")
        do {
            try await jobs.submit(Errand(distance: .nan))
            Issue.record("It was accepted")
        } catch let error as JobError {
            #expect(error.code == .unencodablePayload)
            #expect(error.message.contains("Errand") && error.message.contains("not-a-number"))
        }
    }

    @Test
    func `Queues that a worker does not serve cannot be steered`() async throws {
        let worker = Worker(try await JobSystem(url: "memory:"), queues: ["mail": 1]) {}
        for body: () async throws -> Void in [
            { try await worker.pause("other") }, { try await worker.resume("other") },
            { try await worker.setConcurrency(1, of: "other") },
        ] {
            #expect(await problem(body)?.message.contains("It serves “mail”") == true)
        }
        #expect(await problem { try await worker.setConcurrency(0, of: "mail") }?.code == .invalidValue)
    }
}
