//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import ArgumentParser
internal import Lineshaft
internal import LineshaftRedis

struct RedisBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "redis",
        abstract: "Jobs through Redis: submitted, run in this process and their outcome awaited.",
        discussion: """
            Leases, results and retries are on. Without --url a redis-server of its own is started on a socket in a temporary \
            folder, without persistence, and stopped at the end; beside it a C program sends the same scripts and does nothing \
            else, and a proxy adds a delay. With --url, these two are left out, and the server must be idle otherwise: its \
            processor time and its commands are counted.
            """
    )

    @Flag(help: "Print one JSON object a line: name, value, unit and, where compared, reference and ratio.")
    var json = false

    @Option(help: "A Redis to use instead of starting one.")
    var url: String?

    @Option(help: "How many jobs a round has.")
    var jobs = 100_000

    @Option(help: "How many rounds are measured; the median counts.")
    var rounds = 3

    @Option(help: "How many tasks submit at once.")
    var submitters = 64

    @Option(help: "How many seconds to watch a worker that has nothing to do.")
    var idle = 20

    func validate() throws {
        guard jobs >= 1_000, rounds >= 1, submitters >= 1, idle >= 1 else {
            throw ValidationError("--jobs must be 1,000 or more, --rounds, --submitters and --idle 1 or more.")
        }
    }

    func run() async throws {
        let server = try url == nil ? BenchmarkServer() : nil
        defer { server?.stop() }
        let printer = FigurePrinter(asJSON: json)
        printer.title("Redis, \(jobs) no-op jobs a round, \(submitters) tasks, median of \(rounds) rounds")
        let system = try await RedisBench.open(url ?? server.map { "redis+unix://\($0.socket)" } ?? "")
        let gauge = try ServerGauge(system)
        try printer.show(Figure("redis.bytes_per_job", try await bytesPerJob(system, gauge), "bytes"))
        let rate = try await measureSpeed(system, gauge, server, printer)
        try await measureTrips(system, gauge, printer)
        try await measureQueue(system, printer)
        try await measureIdling(system, gauge, printer)
        await system.shutdown()
        if let server { try await measureDelay(server, rate, printer) }
    }

    /// Jobs a second and what each costs Redis, submitted in batches and one by one.
    private func measureSpeed(
        _ system: JobSystem,
        _ gauge: ServerGauge,
        _ server: BenchmarkServer?,
        _ printer: FigurePrinter
    ) async throws -> Double {
        let load = Load(jobs: jobs, submitters: submitters)
        let companion = server.map { Companion(in: $0.folder) }
        let rounds = rounds
        var (batched, single, floors): ([Reading], [Reading], [Companion.Floor]) = ([], [], [])
        for round in 0...rounds {
            let before = try await gauge.calls(of: ["evalsha", "lpop"])
            let (inBatches, oneByOne) = try await RedisBench.worker(system).run {
                let inBatches = try await gauge.reading(load.jobs) {
                    try await load.submit(to: system, inBatchesOf: 16)
                }
                let middle = try await gauge.calls(of: ["evalsha", "lpop"])
                let oneByOne = try await gauge.reading(load.jobs) { try await load.submit(to: system, inBatchesOf: 1) }
                return ((inBatches, middle), oneByOne)
            }
            // The first round warms up.
            if round == 0 { continue }
            batched.append(inBatches.0)
            single.append(oneByOne)
            let (calls, turns) = (inBatches.1[0] - before[0], inBatches.1[1] - before[1])
            if let server, let companion {
                floors.append(
                    try companion.floor(
                        server.socket,
                        jobs: jobs,
                        batch: Double(jobs) / max(calls - turns, 1),
                        claim: Double(jobs) / max(turns, 1)
                    )
                )
            }
        }
        let floor = floors.isEmpty ? nil : floors.map(\.rate).median
        let floorCost = floors.isEmpty ? nil : floors.map(\.serverMicroseconds).median
        let rate = batched.map(\.speed.rate).median
        let figures = [
            Figure(
                "redis.cpu_per_job.batched",
                batched.map(\.serverMicroseconds).median,
                "µs",
                reference: floorCost,
                comparedWith: "C program"
            ),
            Figure("redis.cpu_per_job.single", single.map(\.serverMicroseconds).median, "µs"),
            Figure("redis.throughput", rate, "jobs/s", reference: floor, comparedWith: "C program"),
            Figure("redis.throughput.single", single.map(\.speed.rate).median, "jobs/s"),
            Figure("redis.client_cpu_per_job.batched", batched.map(\.speed.cpuMicroseconds).median, "µs"),
            Figure("redis.client_cpu_per_job.single", single.map(\.speed.cpuMicroseconds).median, "µs"),
            Figure("redis.cores.server", batched.map { $0.serverMicroseconds * $0.speed.rate / 1e6 }.median, "cores"),
            Figure(
                "redis.cores.client",
                batched.map { $0.speed.cpuMicroseconds * $0.speed.rate / 1e6 }.median,
                "cores"
            ),
        ]
        for figure in figures { try printer.show(figure) }
        return rate
    }

    /// The same with a network between that takes a millisecond in each direction.
    private func measureDelay(_ server: BenchmarkServer, _ rate: Double, _ printer: FigurePrinter) async throws {
        let (socket, proxy) = try Companion(in: server.folder).delay(server.socket, by: 1_000)
        defer { proxy.stop() }
        let system = try await RedisBench.open("redis+unix://\(socket)")
        let load = Load(jobs: jobs, submitters: submitters)
        let rounds = rounds
        let rates = try await RedisBench.worker(system).run {
            var rates: [Double] = []
            for round in 0...rounds {
                let speed = try await Speed.measure(load.jobs) { try await load.submit(to: system, inBatchesOf: 16) }
                if round > 0 { rates.append(speed.rate) }
            }
            return rates
        }
        await system.shutdown()
        try printer.show(
            Figure("redis.throughput.1ms", rates.median, "jobs/s", reference: rate, comparedWith: "without delay")
        )
    }

    /// How long lone jobs take, beside the round trip of a `PING`.
    private func measureTrips(_ system: JobSystem, _ gauge: ServerGauge, _ printer: FigurePrinter) async throws {
        let (pings, trips) = try await RedisBench.worker(system).run {
            var pings: [Double] = []
            var trips: [Double] = []
            for number in 0..<5_500 {
                let start = ContinuousClock.now
                try await gauge.ping()
                let middle = ContinuousClock.now
                _ = try await system.submit(Nothing()).value
                if number < 500 { continue }
                pings.append((middle - start).seconds)
                trips.append((ContinuousClock.now - middle).seconds)
            }
            return (pings, trips)
        }
        for (name, part) in [("p50", 0.5), ("p99", 0.99)] {
            try printer.show(
                Figure(
                    "redis.roundtrip.\(name)",
                    trips.quantile(part) * 1e6,
                    "µs",
                    reference: pings.quantile(part) * 1e6,
                    comparedWith: "PING"
                )
            )
        }
    }

    /// How fast one task submits, and how fast one worker does what is queued: what other queues are measured by.
    private func measureQueue(_ system: JobSystem, _ printer: FigurePrinter) async throws {
        let one = try await Speed.measure(jobs / 10) {
            for _ in 0..<(jobs / 10) { _ = try await system.submit(Nothing()) }
        }
        let bulk = try await Speed.measure(jobs) { try await RedisBench.fill(system, jobs) }
        let drain = try await Speed.measure(jobs + jobs / 10) {
            try await RedisBench.worker(system).run { try await RedisBench.waitUntilEmpty(system) }
        }
        try printer.show(Figure("redis.enqueue", one.rate, "jobs/s"))
        try printer.show(Figure("redis.enqueue.bulk", bulk.rate, "jobs/s"))
        try printer.show(Figure("redis.drain", drain.rate, "jobs/s"))
    }

    /// How many commands a worker sends that has nothing to do, and what that costs.
    private func measureIdling(_ system: JobSystem, _ gauge: ServerGauge, _ printer: FigurePrinter) async throws {
        let seconds = idle
        let (commands, speed) = try await RedisBench.worker(system).run {
            // What a worker says when it begins is not what it says while it waits.
            _ = try await system.submit(Nothing()).value
            try await Task.sleep(for: .seconds(1))
            // Redis counts what scripts call as well; these are what clients send.
            let names = ["evalsha", "ping", "subscribe", "unsubscribe", "wait"]
            let before = try await gauge.calls(of: names).reduce(0, +)
            let speed = try await Speed.measure(1) { try await Task.sleep(for: .seconds(seconds)) }
            return (try await gauge.calls(of: names).reduce(0, +) - before, speed)
        }
        try printer.show(Figure("redis.idle_commands_per_s", commands / Double(seconds), "commands/s"))
        try printer.show(Figure("redis.idle_cpu", speed.cpuMicroseconds / Double(seconds), "µs a second"))
    }

    /// How much the server grows for each job that waits.
    private func bytesPerJob(_ system: JobSystem, _ gauge: ServerGauge) async throws -> Double {
        let count = 100_000
        let before = try await gauge.memory()
        try await RedisBench.fill(system, count)
        let bytes = (try await gauge.memory() - before) / Double(count)
        // They are out of the way before anything else is measured.
        try await RedisBench.worker(system).run { try await RedisBench.waitUntilEmpty(system) }
        return bytes
    }
}
