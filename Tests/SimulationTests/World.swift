//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting
import Logging
import Synchronization

/// One random history.
///
/// Clients submit, wait and cancel; workers are killed, stopped and started again; calls go wrong, and somebody sets the
/// clock. Everything follows from the seed.
final class World: Sendable {
    /// Something that never came although everything had been well for long enough.
    struct Stalled: Error, CustomStringConvertible {
        let description: String
    }

    let context: SimulationContext
    let recorder: HistoryRecorder
    let broker: any Broker
    /// The store beside a broker that keeps no outcomes.
    let apart: (any ResultStore)?
    let climate: Climate
    let witness: StepWitness
    private let injectors = Mutex<[FaultInjector]>([])
    private let progress = Mutex(Progress())

    /// How far the history has come.
    struct Progress {
        /// From here on nothing goes wrong any more, and workers are left alone.
        var isHealed = false
        /// From here on workers stop.
        var isOver = false
    }

    init(
        _ context: SimulationContext,
        recorder: HistoryRecorder,
        witness: StepWitness,
        wrap: (any Broker) -> any Broker
    ) {
        self.witness = witness
        self.context = context
        self.recorder = recorder
        climate = Climate(seed: context.seed)
        let memory = MemoryBroker(
            clock: context.clock,
            configuration: .init(retention: .seconds(864_000), keepsResults: !climate.storesApart)
        )
        broker = wrap(memory)
        apart = climate.storesApart ? MemoryResultStore(clock: context.clock) : nil
    }

    var clock: SimulationClock { context.clock }
    var store: (any ResultStore)? { apart ?? broker.results }
    var isHealed: Bool { progress.withLock { $0.isHealed } }
    var isOver: Bool { progress.withLock { $0.isOver } }

    /// Lives through the history.
    func live() async throws {
        try await setLimits()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<climate.workers {
                group.addTask { try await WorkerSupervisor(world: self, number: number).run() }
            }
            if climate.jumpsClock { group.addTask { try await self.jumpClock() } }
            if climate.pauses { group.addTask { try await self.pauseNowAndThen() } }
            try await withThrowingTaskGroup(of: Void.self) { clients in
                for number in 0..<climate.clients {
                    clients.addTask { try await Client(world: self, number: number).run() }
                }
                try await clock.sleep(for: climate.chaos)
                heal()
                try await waitForOutcomes()
                try await finish(&clients)
            }
            // Handles that have had a failure keep it, so this is done when nobody waits.
            if climate.revives { try await Operator(world: self).run() }
            progress.withLock { $0.isOver = true }
            try await group.waitForAll()
            try await look()
        }
    }

    /// Makes the injector of one process, which this world heals in the end.
    ///
    /// - Parameters:
    ///   - process: The process.
    ///   - isRough: Whether things go wrong; by default until the world is healed.
    /// - Returns: The injector.
    func makeInjector(_ process: SimulatedProcess, isRough: Bool? = nil) -> FaultInjector {
        var plan = FaultPlan.none
        if isRough ?? !isHealed {
            var generator = context.generator("faults of \(process.name)")
            let pushes = Set(FaultPoint.allCases.filter(\.isPush))
            let calls = Set(FaultPoint.allCases).subtracting(pushes)
            plan = FaultPlan.random(seed: generator.next(), climate.chances, on: calls)
                .and(climate.pushChances, on: pushes)
        }
        let injector = FaultInjector(plan: plan, clock: clock, process: process) { [recorder] point, fault in
            recorder.record(.note("fault: \(point.rawValue) \(fault)"), by: process)
        }
        injectors.withLock { $0.append(injector) }
        return injector
    }

    /// A job system of one process.
    func makeSystem(_ faults: FaultInjector) async throws -> JobSystem {
        let process = faults.process
        let recording = RecordingBroker(broker, recorder: recorder, process: process.name)
        var configuration = JobSystem.Configuration()
        configuration.clock = clock
        configuration.logger = Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }
        var generator = context.generator("system of \(process.name)")
        configuration.seed = generator.next()
        configuration.retry = .constant(.milliseconds(500), maximumAttempts: 3)
        configuration.resultRetention = .seconds(864_000)
        let faulty = FaultInjectingBroker(away(recording, process), faults: faults)
        while true {
            do {
                let store = apart.map {
                    FaultInjectingResultStore(
                        RecordingResultStore($0, recorder: recorder, process: process.name),
                        faults: faults
                    )
                }
                return try await JobSystem(broker: faulty, results: store, configuration: configuration)
            } catch let error as BrokerError where error.code == .unavailable {
                try await clock.sleep(for: .milliseconds(200))
            }
        }
    }

    /// The broker at the end of a way that takes time, if this world has one.
    private func away(_ broker: any Broker, _ process: SimulatedProcess) -> any Broker {
        guard let distance = climate.distance else { return broker }
        var generator = context.generator("distance of \(process.name)")
        return FaultInjectingBroker(
            broker,
            faults: .distance(distance, seed: generator.next(), clock: clock, process: process)
        )
    }

    /// A process whose death is recorded.
    func makeProcess(_ name: String) -> SimulatedProcess {
        recorder.record(.processStarted, by: name)
        return SimulatedProcess(name: name) { [recorder] in recorder.record(.processDied, by: $0.name) }
    }

    /// From now on nothing goes wrong any more.
    private func heal() {
        recorder.record(.note("healed"), by: "world")
        progress.withLock { $0.isHealed = true }
        for injector in injectors.withLock({ $0 }) { injector.heal() }
    }

    /// Sets the limits that hold for the whole history.
    private func setLimits() async throws {
        for (queue, limits) in climate.limits { try await broker.inspector?.setLimits(limits, queue: queue) }
    }

    private func pauseNowAndThen() async throws {
        var generator = context.generator("pauses")
        while !isHealed {
            try await clock.sleep(for: .milliseconds(100) + generator.duration(upTo: .seconds(8)))
            let queue: QueueName = generator.chance(0.5) ? "a" : "b"
            recorder.record(.note("\(queue) is paused"), by: "world")
            try await broker.inspector?.setPaused(true, queue: queue)
            try await clock.sleep(for: generator.duration(upTo: .seconds(6)))
            try await broker.inspector?.setPaused(false, queue: queue)
            recorder.record(.note("\(queue) is resumed"), by: "world")
        }
    }

    private func jumpClock() async throws {
        var generator = context.generator("clock")
        while !isHealed {
            try await clock.sleep(for: .milliseconds(100) + generator.duration(upTo: .seconds(15)))
            clock.jump(by: .seconds(Int.random(in: -20...20, using: &generator)))
            recorder.record(.note("the clock was set"), by: "world")
        }
    }

    func acceptedJobs() -> [JobID] {
        var seen: Set<JobID> = []
        return recorder.history.events.compactMap { event in
            guard case .accepted(_, let job) = event.kind, seen.insert(job).inserted else { return nil }
            return job
        }
    }

    /// Waits until every accepted job has an outcome, or it has been far too long; the checker judges which.
    func waitForOutcomes() async throws {
        let end = clock.uptime + .seconds(4_000)
        while clock.uptime < end {
            let jobs = acceptedJobs()
            if let found = try await store?.outcomes(of: jobs) {
                let missing = jobs.filter { found[$0] == nil }
                if try await areDeadLetters(missing) { return }
            }
            try await clock.sleep(for: .seconds(5))
        }
    }

    /// Whether the jobs' outcomes were withdrawn by somebody who died before the jobs were made ready again.
    private func areDeadLetters(_ ids: [JobID]) async throws -> Bool {
        for id in ids where try await broker.inspector?.find(id)?.state != .dead { return false }
        return true
    }

    /// Clients that wait for outcomes must have seen them a minute after they were there.
    private func finish(_ clients: inout ThrowingTaskGroup<Void, any Error>) async throws {
        let (clock, recorder) = (clock, recorder)
        clients.addTask {
            do {
                try await clock.sleep(for: .seconds(120))
            } catch {
                return
            }
            recorder.record(.note("a client waits for ever"), by: "world")
            throw Stalled(description: "A client was never told an outcome that it waited for.")
        }
        for _ in 0..<climate.clients { try await clients.next() }
        clients.cancelAll()
    }

    /// Looks at all outcomes at the very end: they must not have changed.
    private func look() async throws {
        let store = store.map { RecordingResultStore($0, recorder: recorder, process: "auditor") }
        _ = try await store?.outcomes(of: acceptedJobs())
    }
}
