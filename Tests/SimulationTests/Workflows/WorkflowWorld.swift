//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting
import Logging
import Synchronization

/// Returns its number; one that is negative fails.
struct Part: Job {
    static let name: JobName = "part"
    static let options = JobOptions(retry: .never)
    typealias Output = Int

    var number: Int
}

/// Adds up what it takes.
struct Sum: Job {
    static let name: JobName = "sum"
    typealias Input = [Int]
    typealias Output = Int

    var label: Int
}

/// Counts the members that succeeded.
struct Successes: Job {
    static let name: JobName = "successes"
    typealias Input = [MemberResult<Int>]
    typealias Output = Int
}

/// A callback.
struct Callback: Job {
    static let name: JobName = "callback"
    var label: Int
}

/// Turns out to be a chord of so many parts.
struct Fan: Job {
    static let name: JobName = "fan"
    typealias Output = Int
    var count: Int
}

/// Workers that die and lose calls on their way, and clients that die at submitting workflows.
final class WorkflowWorld: Sendable {
    struct Report: Sendable {
        var problems: [String] = []
    }

    private struct State {
        /// Under which identities each thing was done, by what and for which workflow.
        var submissions: [String: Set<JobID>] = [:]
        var injectors: [FaultInjector] = []
        /// The workflows whose submitters have heard that all is kept.
        var submitted: Set<JobID> = []
        var isHealed = false
        var isOver = false
    }

    private let context: SimulationContext
    private let broker: MemoryBroker
    private let apart: (any ResultStore)?
    private let state = Mutex(State())

    init(_ context: SimulationContext) {
        self.context = context
        var generator = context.generator("world")
        let keepsResults = generator.chance(0.7)
        broker = MemoryBroker(clock: context.clock, configuration: .init(keepsResults: keepsResults))
        apart = keepsResults ? nil : MemoryResultStore(clock: context.clock)
    }

    func live() async throws -> Report {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<2 { group.addTask { try await self.keepWorking(number) } }
            group.addTask {
                try await self.context.clock.sleep(for: .seconds(60))
                let injectors = self.state.withLock { state in
                    state.isHealed = true
                    return state.injectors
                }
                for injector in injectors { injector.heal() }
            }
            let problems = try await follow()
            state.withLock { $0.isOver = true }
            group.cancelAll()
            let repeated = state.withLock { $0.submissions }.filter { $0.value.count > 1 }.keys.sorted()
            return Report(problems: problems + repeated.map { "\($0) had several submissions" })
        }
    }

    // MARK: The client

    private func follow() async throws -> [String] {
        let jobs = try await system(broker, "client")
        var problems: [String] = []
        func expect<Value: Equatable>(_ what: String, _ value: Value?, _ wanted: Value) {
            if value != wanted { problems.append("\(what) came to \(String(describing: value)), not \(wanted)") }
        }
        let chord = Group((1...4).map { Part(number: $0) }).then(Sum(label: 1)).onSuccess(Callback(label: 1))
        let first = try await submit("first", chord.onFailure(Callback(label: 2)), jobs)
        let rows = [[11, 12], [13, -14], []].enumerated().map { row, numbers in
            Group(numbers.map { Part(number: $0) }).then(Sum(label: 10 + row)).onFailure(Callback(label: 10 + row))
        }
        let second = try await submit("second", Group(rows).collected().then(Successes()), jobs)
        let failing = Group([21, -22, 23].map { Part(number: $0) }).then(Sum(label: 20)).onFailure(Callback(label: 20))
        let third = try await submit("third", failing, jobs)
        let fourth = try await submit("fourth", Group([Fan(count: 2), Fan(count: 3)]).then(Sum(label: 30)), jobs)
        let none: [Part] = []
        let sixth = try await submit("sixth", Group(none), jobs)
        let expiring = Part(number: 41).with(JobOptions(expires: .after(.seconds(1))))
        let fifth = try await submit("fifth", Group([expiring, expiring]).collected().then(Successes()), jobs)

        expect("the chord", try await patiently { try await first.value }, 10)
        expect("the collected group", try await patiently { try await second.value }, 2)
        do {
            problems.append("the failing group came to \(try await patiently { try await third.value })")
        } catch let error as JobError {
            expect("the failing group", error.code, .failed)
        }
        expect("the expanded jobs", try await patiently { try await fourth.value }, 4)
        expect("nothing at all", try await patiently { try await sixth.value }, [])
        let count = try await patiently { try await fifth.value }
        if !(0...2 ~= count) { problems.append("of two expiring members, \(count) succeeded") }
        // Callbacks come after the end, and a worker may die on them as on anything else.
        try await context.clock.sleep(for: .seconds(200))
        let done = state.withLock { Set($0.submissions.keys) }
        for label in ["callback 1", "callback 11", "callback 20"] where !done.contains(label) {
            problems.append("\(label) was not run")
        }
        for label in ["callback 2", "callback 10", "callback 12", "sum 11", "sum 20"] where done.contains(label) {
            problems.append("\(label) was run")
        }
        return problems
    }

    /// Submits a workflow under an identity of its own, by clients that die at it, until one of them does not.
    private func submit<Submitted: Workflow>(
        _ name: String,
        _ workflow: Submitted,
        _ jobs: JobSystem
    ) async throws -> WorkflowHandle<Submitted.Output> where Submitted.Input == NoValue {
        var generator = context.generator("submitter of \(name)")
        let id = JobID(derivedFrom: name)
        for life in 1...10 {
            let process = SimulatedProcess(name: "submitter of \(name).\(life)")
            let plan = FaultPlan.random(
                seed: generator.next(),
                .init(drop: 0.03, loseAnswer: 0.03, delay: 0.05, duplicate: 0.03, die: 0.06, dieAfter: 0.06),
                on: Set(FaultPoint.allCases.filter { !$0.isPush })
            )
            let faults = FaultInjector(plan: plan, clock: context.clock, process: process)
            state.withLock { $0.injectors.append(faults) }
            try await process.run {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { await faults.run() }
                    do {
                        let broker = FaultInjectingBroker(self.broker, faults: faults)
                        let system = try await self.system(broker, process.name)
                        try await system.submit(workflow, id: id)
                        self.state.withLock { _ = $0.submitted.insert(id) }
                    } catch is BrokerError {
                        // It went wrong on the way; the next one completes it.
                    }
                    group.cancelAll()
                }
            }
            if state.withLock({ $0.submitted.contains(id) }) {
                return jobs.workflow(for: id, returning: Submitted.Output.self)
            }
            try await context.clock.sleep(for: generator.duration(upTo: .seconds(2)))
        }
        return try await jobs.submit(workflow, id: id)
    }

    /// Tries again when the broker could not be reached; gives up after an hour.
    private func patiently<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value
    {
        let clock = context.clock
        return try await withThrowingTaskGroup(of: Value.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await clock.sleep(for: .seconds(3_600))
                throw SimulationStall()
            }
            defer { group.cancelAll() }
            guard let value = try await group.next() else { throw SimulationStall() }
            return value
        }
    }

    private struct SimulationStall: Error {}

    // MARK: The workers

    private func keepWorking(_ number: Int) async throws {
        var generator = context.generator("worker \(number)")
        var life = 0
        while !state.withLock({ $0.isOver }) {
            life += 1
            let process = SimulatedProcess(name: "worker \(number).\(life)")
            try await work(process, &generator)
            try await context.clock.sleep(for: generator.duration(upTo: .seconds(4)))
        }
    }

    private func work(_ process: SimulatedProcess, _ generator: inout SeededGenerator) async throws {
        let isRough = state.withLock { !$0.isHealed }
        let calls = Set(FaultPoint.allCases.filter { !$0.isPush })
        let plan =
            isRough
            ? FaultPlan.random(
                seed: generator.next(),
                .init(drop: 0.03, loseAnswer: 0.03, delay: 0.05, duplicate: 0.03, die: 0.04, dieAfter: 0.04),
                on: calls
            ) : .none
        let faults = FaultInjector(plan: plan, clock: context.clock, process: process)
        state.withLock { $0.injectors.append(faults) }
        var configuration = Worker.Configuration()
        configuration.name = process.name
        // Dying on a job is what this is about.
        configuration.poisonLimit = 1_000
        configuration.concurrency = Int.random(in: 1...3, using: &generator)
        let fixed = configuration
        try await process.run {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await faults.run() }
                do {
                    let system = try await self.system(FaultInjectingBroker(self.broker, faults: faults), process.name)
                    let worker = Worker(system, configuration: fixed) { self.handlers }
                    try await worker.run()
                } catch is BrokerError {
                    // Its first call went wrong; the next life has more luck.
                }
                group.cancelAll()
            }
        }
    }

    private func note(_ what: String, by id: JobID) {
        state.withLock { _ = $0.submissions[what, default: []].insert(id) }
    }

    @HandlerBuilder private var handlers: [AnyHandler] {
        Handler(for: Part.self) { job, context in
            if job.number < 40 { self.note("part \(job.number)", by: context.id) }
            try await context.clock.sleep(for: .milliseconds(100 * (abs(job.number) % 5)))
            if job.number < 0 { throw PermanentFailure("No \(job.number).") }
            return job.number
        }
        Handler(for: Sum.self) { job, input, context in
            self.note("sum \(job.label)", by: context.id)
            return job.label == 30 ? input.count + 2 : input.reduce(0, +)
        }
        Handler(for: Successes.self) { _, input, _ in
            input.count { if case .succeeded = $0 { true } else { false } }
        }
        Handler(for: Callback.self) { (job, context) -> Void in self.note("callback \(job.label)", by: context.id) }
        Handler(
            for: Fan.self,
            expanding: { job, _, _ in
                Group((0..<job.count).map { Part(number: 40 + $0) }).then(Sum(label: 40 + job.count))
            }
        )
    }

    private func system(_ broker: any Broker, _ name: String) async throws -> JobSystem {
        var configuration = JobSystem.Configuration()
        configuration.clock = context.clock
        var generator = context.generator("system of \(name)")
        configuration.seed = generator.next()
        configuration.logger = Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }
        return try await JobSystem(broker: broker, results: apart, configuration: configuration)
    }
}
