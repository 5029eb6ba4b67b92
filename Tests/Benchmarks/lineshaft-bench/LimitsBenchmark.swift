//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import ArgumentParser
internal import Lineshaft
internal import LineshaftRedis
internal import Synchronization

struct LimitsBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "limits",
        abstract: "What tenants and limits cost, and how long one tenant's job waits behind another's many.",
        discussion: """
            The same jobs go in turns through a queue without tenants, one with many tenants, one that limits each tenant, and \
            one that limits the job's type; each is compared with the first. Then one job of one tenant is submitted behind \
            very many of another, and the jobs that were started before it are counted.
            """
    )

    @Flag(help: "Print one JSON object a line: name, value, unit and, where compared, reference and ratio.")
    var json = false

    @Option(help: "How many jobs a round has.")
    var jobs = 50_000

    @Option(help: "How many tenants take part.")
    var tenants = 1_000

    @Option(help: "How many jobs of another tenant are there before the one.")
    var backlog = 100_000

    @Option(help: "How many rounds are measured; the median counts.")
    var rounds = 3

    func validate() throws {
        guard jobs >= 2_000, tenants >= 1, backlog >= 1, rounds >= 1 else {
            throw ValidationError("--jobs must be 2,000 or more, --tenants, --backlog and --rounds 1 or more.")
        }
    }

    func run() async throws {
        let printer = FigurePrinter(asJSON: json)
        printer.title("Tenants and limits, \(jobs) no-op jobs a round, median of \(rounds) rounds")
        try await measure("memory", try await JobSystem(url: "memory:"), nil, printer)
        let server = try BenchmarkServer()
        defer { server.stop() }
        let system = try await RedisBench.open("redis+unix://\(server.socket)")
        try await measure("redis", system, try ServerGauge(system), printer)
    }

    /// A queue, and whether its jobs have tenants.
    private struct Way {
        let queue: QueueName
        let hasTenants: Bool
        var limits = QueueLimits.none
    }

    private func measure(
        _ name: String,
        _ system: JobSystem,
        _ gauge: ServerGauge?,
        _ printer: FigurePrinter
    ) async throws {
        let ways = [
            Way(queue: "plain", hasTenants: false),
            Way(queue: "tenants", hasTenants: true),
            // More than there is to do at once, so that what is measured is not waiting.
            Way(queue: "limited", hasTenants: true, limits: QueueLimits(perTenant: PartLimits(concurrency: 1_000))),
            Way(
                queue: "typed",
                hasTenants: false,
                limits: QueueLimits(perJob: ["nothing": PartLimits(concurrency: 1_000)])
            ),
        ]
        for way in ways { try await system.inspector.setLimits(way.limits, queue: way.queue) }
        var readings: [QueueName: [Reading]] = [:]
        for round in 0...rounds {
            for way in ways {
                let reading = try await RedisBench.worker(system, queues: WorkerQueues([way.queue: 256])).run {
                    if let gauge { return try await gauge.reading(jobs) { try await submit(way, to: system) } }
                    let speed = try await Speed.measure(jobs) { try await submit(way, to: system) }
                    return Reading(speed: speed, serverMicroseconds: 0)
                }
                // The first round warms up.
                if round > 0 { readings[way.queue, default: []].append(reading) }
            }
        }
        for way in ways {
            let (own, plain) = (readings[way.queue, default: []], readings[ways[0].queue, default: []])
            func show(_ what: String, _ unit: String, _ value: (Reading) -> Double) throws {
                let figure = Figure(
                    "\(name).\(way.queue).\(what)",
                    own.map(value).median,
                    unit,
                    reference: plain.map(value).median,
                    comparedWith: "plain"
                )
                try printer.show(figure)
            }
            try show("time", "µs") { 1e6 / $0.speed.rate }
            try show("cpu", "µs") { $0.speed.cpuMicroseconds }
            if gauge != nil { try show("server", "µs") { $0.serverMicroseconds } }
        }
        let before = try await startedBefore(system)
        try printer.show(Figure("\(name).started_before", Double(before), "jobs"))
        await system.shutdown()
    }

    private func submit(_ way: Way, to system: JobSystem) async throws {
        let (rounds, tenants) = (jobs / 64 / 16, tenants)
        try await withThrowingDiscardingTaskGroup { group in
            for submitter in 0..<64 {
                group.addTask {
                    for round in 0..<rounds {
                        var options = JobOptions(queue: way.queue)
                        if way.hasTenants {
                            options.tenant = TenantName("tenant \((submitter + 64 * round) % tenants)")
                        }
                        let jobs = [Nothing](repeating: Nothing(), count: 16)
                        let handles = try await system.submit(contentsOf: jobs, options: options)
                        for handle in handles { _ = try await handle.value }
                    }
                }
            }
        }
    }

    /// How many jobs of another tenant are started before the one that was submitted after them.
    private func startedBefore(_ system: JobSystem) async throws -> Int {
        var left = backlog
        while left > 0 {
            let part = [Turn](repeating: Turn(isLast: false), count: min(left, 1_000))
            _ = try await system.submit(contentsOf: part, options: JobOptions(queue: "turns", tenant: "big"))
            left -= part.count
        }
        let one = try await system.submit(Turn(isLast: true), on: "turns", tenant: "small")
        let started = Mutex(0)
        let before = Mutex(0)
        let worker = Worker(system, queues: ["turns": 64]) {
            Handler(for: Turn.self) { job, _ in
                let count = started.withLock { count in
                    count += 1
                    return count
                }
                if job.isLast { before.withLock { $0 = count - 1 } }
            }
        }
        try await worker.run { _ = try await one.value }
        return before.withLock { $0 }
    }
}

private struct Turn: Job {
    static let name: JobName = "turn"

    var isLast: Bool
}
