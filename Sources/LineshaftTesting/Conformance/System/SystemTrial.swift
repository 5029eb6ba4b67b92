//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import Logging
internal import Synchronization

/// One run of one case: a broker, power over its time, hosts with workers, and a note book for handlers.
final class SystemTrial: Sendable {
    let fixture: any BrokerFixture
    /// The broker that all hosts share.
    let broker: any Broker
    /// The store beside a broker that keeps no outcomes.
    let store: (any ResultStore)?
    let notes = Notes()
    private let executor: QuietExecutor

    init(fixture: any BrokerFixture, broker: any Broker, store: (any ResultStore)?, executor: QuietExecutor) {
        self.fixture = fixture
        self.broker = broker
        self.store = store
        self.executor = executor
    }

    var clock: VirtualClock { fixture.clock }

    // MARK: Making things

    /// A system on the shared broker.
    func system(
        _ broker: (any Broker)? = nil,
        _ change: (inout JobSystem.Configuration) -> Void = { _ in }
    ) async throws -> JobSystem {
        var configuration = JobSystem.Configuration()
        configuration.clock = clock
        configuration.tracing = false
        configuration.logger.logLevel = .critical
        configuration.retry = .constant(.seconds(1), maximumAttempts: 3)
        change(&configuration)
        return try await JobSystem(broker: broker ?? self.broker, results: store, configuration: configuration)
    }

    /// A host: a system with its own way to the broker, and a worker.
    func host(
        _ name: String = "host-1",
        queues: WorkerQueues = ["default": 4],
        _ configure: (inout Worker.Configuration) -> Void = { _ in },
        system change: (inout JobSystem.Configuration) -> Void = { _ in },
        @HandlerBuilder handlers: () -> [AnyHandler]
    ) async throws -> TrialHost {
        let way = HostBroker(broker)
        let system = try await system(way, change)
        var configuration = Worker.Configuration()
        configuration.name = name
        configure(&configuration)
        let list = handlers()
        return TrialHost(
            way: way,
            system: system,
            worker: Worker(system, queues: queues, configuration: configuration) { list }
        )
    }

    // MARK: Time

    /// Waits until everything has happened that can happen without time passing.
    func settleDown() async throws {
        // What the broker answers may let tasks go on, and what they do may have it answer again.
        var calm = 0
        while calm < 2 {
            await executor.waitUntilQuiet()
            calm = try await fixture.settleDown() ? 0 : calm + 1
        }
        await executor.waitUntilQuiet()
    }

    /// Lets time pass, stopping at every moment at which something is to happen.
    func pass(_ duration: Duration) async throws {
        let end = clock.uptime + duration
        try await settleDown()
        while clock.uptime < end {
            try await fixture.advance(by: min(clock.nextDeadline ?? end, end) - clock.uptime)
            try await settleDown()
        }
    }

    /// Does something that takes virtual time, and lets pass as much as it takes.
    func within<Value: Sendable>(
        _ limit: Duration = .seconds(300),
        _ what: String = "What was waited for",
        file: String = #fileID,
        line: Int = #line,
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let end = clock.uptime + limit
        let result = TrialResult<Value>()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await result.set(body) }
            while true {
                try await settleDown()
                if let value = try result.value { return value }
                guard let next = clock.nextDeadline, next <= end else {
                    group.cancelAll()
                    let when = clock.nextDeadline.map { "the next thing is due at \($0)" } ?? "nothing is due"
                    throw ConformanceFailure("\(what) did not happen by \(end); \(when).", file: file, line: line)
                }
                try await fixture.advance(by: next - clock.uptime)
            }
        }
    }

    // MARK: Running hosts

    /// Runs hosts while `body` goes on, then shuts them down and sees to it that they stop.
    func running(_ hosts: TrialHost..., body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for host in hosts { group.addTask { try await host.run() } }
            do {
                try await settleDown()
                try await body()
                for host in hosts { await host.stop() }
                try await within(.seconds(120), "The end of all hosts") {
                    for host in hosts { await host.end.wait() }
                }
            } catch {
                notes.openAllGates()
                for host in hosts { await host.way.cut() }
                group.cancelAll()
                throw error
            }
            while try await group.next() != nil {}
        }
    }

    // MARK: Looking

    /// The output of a job, for which as much time passes as it takes.
    func value<Output>(
        of handle: JobHandle<Output>,
        file: String = #fileID,
        line: Int = #line
    ) async throws -> Output {
        try await within(.seconds(4_000), "The end of job \(handle.id)", file: file, line: line) {
            try await handle.value
        }
    }

    /// How a job ended, for which as much time passes as it takes.
    func outcome<Output>(
        of handle: JobHandle<Output>,
        file: String = #fileID,
        line: Int = #line
    ) async throws -> Outcome {
        try await within(.seconds(4_000), "The end of job \(handle.id)", file: file, line: line) {
            try await handle.outcome.outcome
        }
    }

    /// The failure that a job ended with.
    func failure<Output>(
        of handle: JobHandle<Output>,
        file: String = #fileID,
        line: Int = #line
    ) async throws -> JobFailure {
        let outcome = try await outcome(of: handle, file: file, line: line)
        if case .failed(let failure) = outcome { return failure }
        throw ConformanceFailure("Expected a failure, got \(outcome)", file: file, line: line)
    }

    func inspector() throws -> any QueueInspector {
        if let inspector = broker.inspector { return inspector }
        throw ConformanceFailure("The broker has no inspector.")
    }
}

/// Where the result of something that goes on is left.
private final class TrialResult<Value: Sendable>: Sendable {
    private let stored = Mutex<Result<Value, any Error>?>(nil)

    /// The value, or `nil` while there is none.
    var value: Value? {
        get throws { try stored.withLock { $0 }?.get() }
    }

    func set(_ body: @Sendable () async throws -> Value) async {
        do {
            let value = try await body()
            stored.withLock { $0 = .success(value) }
        } catch {
            stored.withLock { $0 = .failure(error) }
        }
    }
}
