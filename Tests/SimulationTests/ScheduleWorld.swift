//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting
import Logging
import Synchronization

/// One random history of schedules.
///
/// Schedulers that hold the same ones are killed, stopped and started again, their calls go wrong, and somebody sets the
/// clock. A worker to whom nothing happens notes the tick of each job, and outcomes are forgotten at once. Everything
/// follows from the seed.
final class ScheduleWorld: Sendable {
    /// What each tick submits.
    struct Beat: Job {
        static let name: JobName = "beat"
        static var options: JobOptions { JobOptions(retention: .zero) }
    }

    private let context: SimulationContext
    private let broker: MemoryBroker
    private let state = Mutex(State())

    private struct State {
        var isHealed = false
        var injectors: [FaultInjector] = []
        /// The jobs that ran, for each tick or run by hand.
        var runs: [ScheduleID: [(tick: Timestamp, job: JobID)]] = [:]
        /// Runs by hand of which the caller was given the identity, and how often one was asked for.
        var manual: [JobID] = []
        var asked = 0
    }

    init(_ context: SimulationContext) {
        self.context = context
        broker = MemoryBroker(clock: context.clock)
    }

    private var isHealed: Bool { state.withLock { $0.isHealed } }

    @ScheduleBuilder
    private static func schedules() -> [Schedule] {
        Schedule("sevens", .every(.seconds(7)), missed: .all(upTo: 1_000)) { Beat() }
        Schedule("minutes", .cron("* * * * *"), missed: .all(upTo: 1_000), jitter: .seconds(20)) { Beat() }
        Schedule("latest", .every(.seconds(5)), missed: .one) { Beat() }
        Schedule("alone", .every(.seconds(3)), overlap: .skip) { Beat() }
        Schedule("meddled", .every(.seconds(4)), missed: .all(upTo: 1_000), jitter: .seconds(9)) { Beat() }
    }

    /// Lives through the history.
    ///
    /// - Returns: What went wrong.
    func live() async throws -> [String] {
        var generator = context.generator("schedules")
        let steady = try await makeSystem("steady", FaultInjector(clock: context.clock))
        let count = Int.random(in: 1...3, using: &generator)
        let chaos = Duration.seconds(Int.random(in: 30...150, using: &generator))
        let jumps = generator.chance(0.4)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.work(steady) }
            for number in 0..<count { group.addTask { try await self.supervise(number) } }
            if jumps { group.addTask { try await self.setClock() } }
            group.addTask { try await self.meddle() }
            try await context.clock.sleep(for: chaos)
            let injectors = state.withLock { state in
                state.isHealed = true
                return state.injectors
            }
            for injector in injectors { injector.heal() }
            // Whoever was killed last has to be helped, and what was missed made up for.
            group.addTask { try await Scheduler(steady, schedules: Self.schedules).run() }
            try await context.clock.sleep(for: .seconds(50))
            // From here on nothing is in anybody's way.
            try await steady.schedules.resume("meddled")
            try await context.clock.sleep(for: .seconds(1))
            let quiet = Dictionary(
                uniqueKeysWithValues: try await steady.schedules.list().map { ($0.id, $0.nextTick ?? .distantFuture) }
            )
            // Not at a tick, which would be decided and not run.
            try await context.clock.sleep(for: .milliseconds(70_500))
            group.cancelAll()
            while let _ = await group.nextResult() {}
            return try await self.judge(steady, quiet)
        }
    }

    private func judge(_ system: JobSystem, _ quiet: [ScheduleID: Timestamp]) async throws -> [String] {
        let state = state.withLock { $0 }
        var problems: [String] = []
        var manual: [JobID] = []
        for status in try await system.schedules.list() {
            let definition = try RecurrenceTiming(status.recurrence)
            var found: [Timestamp] = []
            for run in state.runs[status.id, default: []] {
                let name = "lineshaft schedule \(status.id) \(status.created.nanosecondsSinceEpoch)"
                let tick = JobID(derivedFrom: "\(name) tick \(run.tick.nanosecondsSinceEpoch)")
                if run.job == tick { found.append(run.tick) } else { manual.append(run.job) }
            }
            found.sort()
            if Set(found).count < found.count { problems.append("A tick of “\(status.id)” fired twice: \(found)") }
            guard let next = status.nextTick else {
                problems.append("“\(status.id)” will not fire any more")
                continue
            }
            var all: [Timestamp] = []
            var time = status.created
            while let tick = definition.next(after: time, anchor: status.created), tick < next {
                all.append(tick)
                time = tick
            }
            let others = Set(found).subtracting(all).sorted()
            if !others.isEmpty { problems.append("These are no ticks of “\(status.id)”: \(others)") }
            // Those that leave nothing out have fired from the first on, and all of them since nothing was in their way.
            let isComplete = status.missed.limit > 1 && status.id != "meddled"
            let wanted = isComplete ? all : all.filter { $0 >= quiet[status.id] ?? .distantFuture }
            let missing = Set(wanted).subtracting(found).sorted()
            if !missing.isEmpty { problems.append("Of “\(status.id)” these did not fire: \(missing)") }
            if wanted.isEmpty { problems.append("“\(status.id)” had no ticks") }
        }
        if Set(manual).count < manual.count { problems.append("A run by hand ran twice: \(manual)") }
        let lost = Set(state.manual).subtracting(manual)
        if !lost.isEmpty { problems.append("These runs by hand did not run: \(lost)") }
        if manual.count > state.asked { problems.append("\(manual.count) runs by hand for \(state.asked) calls") }
        return problems
    }

    /// Asks for runs by hand, and pauses and resumes a schedule, over a connection with faults.
    private func meddle() async throws {
        var generator = context.generator("meddler")
        let plan = FaultPlan.random(
            seed: generator.next(),
            .init(
                drop: 0.05,
                loseAnswer: 0.05,
                delay: 0.05,
                delayAnswer: 0.05,
                duplicate: 0.05,
                maximumDelay: .seconds(8)
            )
        )
        let faults = FaultInjector(plan: plan, clock: context.clock)
        state.withLock { $0.injectors.append(faults) }
        let system = try await makeSystem("meddler", faults)
        while !isHealed {
            try await context.clock.sleep(for: .milliseconds(100) + generator.duration(upTo: .seconds(15)))
            let id: ScheduleID = ["sevens", "minutes", "alone", "meddled"][Int.random(in: 0..<4, using: &generator)]
            do {
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: try await system.schedules.pause("meddled")
                case 1: try await system.schedules.resume("meddled")
                default:
                    state.withLock { $0.asked += 1 }
                    let job = try await system.schedules.runNow(id)
                    state.withLock { $0.manual.append(job) }
                }
            } catch is BrokerError {
                // It may have been done or not; both are right.
                continue
            } catch is ConfigurationError {
                // No scheduler has brought it along yet.
                continue
            }
        }
    }

    private func makeSystem(_ name: String, _ faults: FaultInjector) async throws -> JobSystem {
        var configuration = JobSystem.Configuration()
        configuration.clock = context.clock
        configuration.logger = Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }
        var generator = context.generator("system of \(name)")
        configuration.seed = generator.next()
        configuration.tracing = false
        let faulty = FaultInjectingBroker(broker, faults: faults)
        while true {
            do {
                return try await JobSystem(broker: faulty, configuration: configuration)
            } catch let error as BrokerError where error.code == .unavailable {
                try await context.clock.sleep(for: .milliseconds(200))
            }
        }
    }

    private func work(_ system: JobSystem) async throws {
        let worker = Worker(system) {
            Handler(for: Beat.self) { [self] _, context in
                guard let tick = context.tick else { return NoValue() }
                state.withLock { $0.runs[tick.schedule, default: []].append((tick.time, context.id)) }
                return NoValue()
            }
        }
        try await worker.run()
    }

    /// Starts a scheduler again and again, and ends it in every way there is.
    private func supervise(_ number: Int) async throws {
        var generator = context.generator("scheduler \(number)")
        var generation = 0
        while !isHealed {
            generation += 1
            let process = SimulatedProcess(name: "scheduler \(number).\(generation)")
            let roughness = [0.01, 0.05, 0.1][Int.random(in: 0..<3, using: &generator)]
            let plan = FaultPlan.random(
                seed: generator.next(),
                .init(
                    drop: roughness,
                    loseAnswer: roughness,
                    delay: roughness,
                    delayAnswer: roughness,
                    duplicate: roughness,
                    die: roughness / 3,
                    dieAfter: roughness / 3,
                    maximumDelay: .seconds(generator.chance(0.3) ? 60 : 8)
                )
            )
            let faults = FaultInjector(plan: plan, clock: context.clock, process: process)
            state.withLock { $0.injectors.append(faults) }
            let lifetime = generator.duration(upTo: .seconds(40))
            let isKilled = generator.chance(0.6)
            try await process.run { [context] in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    let system = try await self.makeSystem(process.name, faults)
                    group.addTask { try await Scheduler(system, schedules: Self.schedules).run() }
                    group.addTask {
                        try await context.clock.sleep(for: lifetime)
                        if isKilled { process.die() }
                    }
                    try await group.next()
                    group.cancelAll()
                }
            }
            try await context.clock.sleep(for: generator.duration(upTo: .seconds(6)))
        }
    }

    private func setClock() async throws {
        var generator = context.generator("clock")
        while !isHealed {
            try await context.clock.sleep(for: .seconds(1) + generator.duration(upTo: .seconds(40)))
            context.clock.jump(by: .seconds(Int.random(in: -20...20, using: &generator)))
        }
    }
}
