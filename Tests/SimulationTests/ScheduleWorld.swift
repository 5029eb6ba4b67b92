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
        var ticks: [ScheduleID: [Timestamp]] = [:]
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
            try await context.clock.sleep(for: chaos)
            let injectors = state.withLock { state in
                state.isHealed = true
                return state.injectors
            }
            for injector in injectors { injector.heal() }
            // Whoever was killed last has to be helped, and what was missed made up for.
            group.addTask { try await Scheduler(steady, schedules: Self.schedules).run() }
            try await context.clock.sleep(for: .seconds(100))
            group.cancelAll()
            while let _ = await group.nextResult() {}
            return try await self.judge(steady)
        }
    }

    private func judge(_ system: JobSystem) async throws -> [String] {
        let ticks = state.withLock { $0.ticks }
        var problems: [String] = []
        for status in try await system.schedules.list() {
            let found = ticks[status.id, default: []].sorted()
            if Set(found).count < found.count { problems.append("A tick of “\(status.id)” fired twice: \(found)") }
            guard status.missed.limit > 1, let next = status.nextTick,
                let definition = try? RecurrenceTiming(status.recurrence)
            else { continue }
            var expected: [Timestamp] = []
            var time = status.created
            while let tick = definition.next(after: time, anchor: status.created), tick < next {
                expected.append(tick)
                time = tick
            }
            if found != expected {
                let missing = Set(expected).subtracting(found).sorted()
                let others = Set(found).subtracting(expected).sorted()
                problems.append(
                    "Of “\(status.id)” these did not fire: \(missing), and these should not have: \(others)"
                )
            }
        }
        return problems
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
                state.withLock { $0.ticks[tick.schedule, default: []].append(tick.time) }
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
