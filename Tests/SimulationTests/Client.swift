//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting

/// A process that submits, waits and cancels.
struct Client {
    let world: World
    let number: Int

    func run() async throws {
        let process = world.makeProcess("client \(number)")
        let faults = world.makeInjector(process)
        try await process.run {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await faults.run() }
                let system = try await world.makeSystem(faults)
                try await submitAll(system, process)
                group.cancelAll()
            }
        }
        process.retire(world.recorder)
    }

    private func submitAll(_ system: JobSystem, _ process: SimulatedProcess) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for job in 0..<world.climate.jobsOfClient {
                group.addTask {
                    var generator = world.context.generator("client \(number), job \(job)")
                    try await world.clock.sleep(for: generator.duration(upTo: world.climate.chaos))
                    do {
                        try await follow(job, system, process, &generator)
                    } catch let error as BrokerError {
                        // A client may give up; what was accepted goes on without it.
                        world.recorder.record(.note("gave up: \(error.code)"), by: process)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private func follow(
        _ job: Int,
        _ system: JobSystem,
        _ process: SimulatedProcess,
        _ generator: inout SeededGenerator
    ) async throws {
        var options = JobOptions.random(using: &generator)
        if world.climate.tenants > 0 {
            var other = world.context.generator("tenant of client \(number), job \(job)")
            let tenant = Int.random(in: 0...world.climate.tenants, using: &other)
            if tenant > 0 { options.tenant = TenantName("t\(tenant)") }
        }
        let id = generator.chance(0.5) ? JobID(high: world.context.seed, low: UInt64(number * 1_000 + job)) : nil
        switch Int.random(in: 0..<20, using: &generator) {
        case 0:
            try await wait(for: submit(Garbled(), options, id, system, &generator), process, &generator)
        case 1:
            options.deadline = .after(.seconds(30))
            try await wait(for: submit(Unheard(), options, id, system, &generator), process, &generator)
        default:
            let chore = Chore.random(using: &generator)
            try await wait(for: submit(chore, options, id, system, &generator), process, &generator)
        }
    }

    /// Submits; a job whose identity is ours is submitted again when the answer was lost.
    private func submit<J: Job>(
        _ job: J,
        _ options: JobOptions,
        _ id: JobID?,
        _ system: JobSystem,
        _ generator: inout SeededGenerator
    ) async throws -> JobHandle<J.Output> where J.Input == NoValue {
        while true {
            do {
                return try await system.submit(job, options: options, id: id)
            } catch let error as BrokerError where id != nil && error.code == .unavailable {
                try await world.clock.sleep(for: generator.duration(upTo: .seconds(2)))
            }
        }
    }

    private func wait<Output>(
        for handle: JobHandle<Output>,
        _ process: SimulatedProcess,
        _ generator: inout SeededGenerator
    ) async throws {
        if generator.chance(0.25) {
            try await world.clock.sleep(for: generator.duration(upTo: .seconds(10)))
            try await patiently { _ = try await handle.cancel() }
        }
        let handle = generator.chance(0.2) ? handle.system.handle(for: handle.id, returning: Output.self) : handle
        try await patiently {
            let record = try await handle.outcome
            world.recorder.record(.outcome(job: record.id, HistoryOutcome(record.outcome)), by: process)
        }
    }

    /// Tries again when the broker could not be reached.
    private func patiently(_ body: () async throws -> Void) async throws {
        while true {
            do {
                return try await body()
            } catch let error as BrokerError where error.code == .unavailable {
                try await world.clock.sleep(for: .milliseconds(300))
            }
        }
    }
}

extension SimulatedProcess {
    /// A process that has ended by itself is not one that died.
    func retire(_ recorder: HistoryRecorder) {
        recorder.record(.note("ended"), by: self)
    }
}

extension JobOptions {
    /// Options of every kind, most of them left out.
    static func random(using generator: inout SeededGenerator) -> JobOptions {
        func sometimes(_ chance: Double, _ generator: inout SeededGenerator) -> Duration? {
            generator.chance(chance) ? .milliseconds(100) + generator.duration(upTo: .seconds(15)) : nil
        }
        var options = JobOptions()
        options.queue = generator.chance(0.7) ? "a" : "b"
        options.priority = generator.chance(0.3) ? .high : nil
        options.start = sometimes(0.3, &generator).map(JobTime.after)
        options.expires = sometimes(0.2, &generator).map(JobTime.after)
        options.deadline = sometimes(0.1, &generator).map { .after($0 * 4) }
        // A chore may hang for ever, so every attempt has its time.
        options.timeout = sometimes(0.7, &generator) ?? .seconds(20)
        options.retry = .constant(
            generator.duration(upTo: .seconds(3)),
            maximumAttempts: Int.random(in: 1...4, using: &generator)
        )
        if generator.chance(0.3) { options.unique = .byKey(generator.chance(0.5) ? "x" : "y") }
        if generator.chance(0.2) { options.acknowledgement = .immediate }
        return options
    }
}
