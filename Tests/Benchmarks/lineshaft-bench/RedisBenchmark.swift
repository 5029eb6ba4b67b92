//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import ArgumentParser
internal import Lineshaft
internal import LineshaftRedis
internal import Logging

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// A job that does nothing, to measure everything else.
private struct Nothing: Job {
    static let name: JobName = "nothing"
}

struct RedisBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "redis",
        abstract: "Jobs through Redis: submitted, run in this process and their outcome awaited.",
        discussion: """
            Leases, results and retries are on. Without --url a redis-server of its own is started on a socket in a temporary \
            folder, without persistence, and stopped at the end. With --url, the server must be idle otherwise: its \
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
        let system = try await open(server)
        let gauge = try ServerGauge(system)
        try printer.show(Figure("redis.bytes_per_job", try await bytesPerJob(system, gauge), "bytes"))
        try await measureSpeed(system, gauge, printer)
        try await measureTrips(system, gauge, printer)
        try await measureIdling(system, gauge, printer)
        await system.shutdown()
    }

    private func open(_ server: BenchmarkServer?) async throws -> JobSystem {
        var configuration = JobSystem.Configuration()
        configuration.logger = Logger(label: "bench")
        configuration.logger.logLevel = .error
        let url = url ?? server.map { "redis+unix://\($0.socket)" } ?? ""
        return try await JobSystem(
            url: url + "?prefix=lineshaft-bench",
            adapters: [.redis],
            configuration: configuration
        )
    }

    private func worker(_ system: JobSystem) -> Worker {
        Worker(system, queues: ["default": 256]) {
            Handler(for: Nothing.self) { _, _ in }
        }
    }

    /// Jobs a second and what each costs Redis, submitted in batches and one by one.
    private func measureSpeed(_ system: JobSystem, _ gauge: ServerGauge, _ printer: FigurePrinter) async throws {
        let load = Load(jobs: jobs, submitters: submitters)
        let rounds = rounds
        let (batched, single) = try await worker(system).run {
            var (batched, single): ([Reading], [Reading]) = ([], [])
            for round in 0...rounds {
                let inBatches = try await gauge.reading(load.jobs) {
                    try await load.submit(to: system, inBatchesOf: 16)
                }
                let oneByOne = try await gauge.reading(load.jobs) { try await load.submit(to: system, inBatchesOf: 1) }
                // The first round warms up.
                if round == 0 { continue }
                batched.append(inBatches)
                single.append(oneByOne)
            }
            return (batched, single)
        }
        try printer.show(Figure("redis.cpu_per_job.batched", batched.map(\.serverMicroseconds).median, "µs"))
        try printer.show(Figure("redis.cpu_per_job.single", single.map(\.serverMicroseconds).median, "µs"))
        try printer.show(Figure("redis.throughput", batched.map(\.speed.rate).median, "jobs/s"))
        try printer.show(Figure("redis.throughput.single", single.map(\.speed.rate).median, "jobs/s"))
        try printer.show(Figure("redis.client_cpu_per_job.batched", batched.map(\.speed.cpuMicroseconds).median, "µs"))
        try printer.show(Figure("redis.client_cpu_per_job.single", single.map(\.speed.cpuMicroseconds).median, "µs"))
    }

    /// How long lone jobs take, beside the round trip of a `PING`.
    private func measureTrips(_ system: JobSystem, _ gauge: ServerGauge, _ printer: FigurePrinter) async throws {
        let (pings, trips) = try await worker(system).run {
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

    /// How many commands a worker sends that has nothing to do.
    private func measureIdling(_ system: JobSystem, _ gauge: ServerGauge, _ printer: FigurePrinter) async throws {
        let seconds = idle
        let commands = try await worker(system).run {
            // What a worker says when it begins is not what it says while it waits.
            _ = try await system.submit(Nothing()).value
            try await Task.sleep(for: .seconds(1))
            let before = try await gauge.commands()
            try await Task.sleep(for: .seconds(seconds))
            return try await gauge.commands() - before
        }
        try printer.show(Figure("redis.idle_commands_per_s", commands / Double(seconds), "commands/s"))
    }

    /// How much the server grows for each job that waits.
    private func bytesPerJob(_ system: JobSystem, _ gauge: ServerGauge) async throws -> Double {
        let count = 100_000
        let before = try await gauge.memory()
        for _ in 0..<(count / 1_000) {
            _ = try await system.submit(contentsOf: [Nothing](repeating: Nothing(), count: 1_000))
        }
        let bytes = (try await gauge.memory() - before) / Double(count)
        // They are out of the way before anything else is measured.
        try await worker(system).run {
            while try await system.inspector.counts(of: .default).ready > 0 {
                try await Task.sleep(for: .milliseconds(50))
            }
        }
        return bytes
    }
}

/// Jobs that many tasks submit and await.
private struct Load: Sendable {
    let jobs: Int
    let submitters: Int

    func submit(to system: JobSystem, inBatchesOf size: Int) async throws {
        let rounds = jobs / submitters / size
        try await withThrowingDiscardingTaskGroup { group in
            for _ in 0..<submitters {
                group.addTask {
                    for _ in 0..<rounds {
                        let handles = try await system.submit(contentsOf: [Nothing](repeating: Nothing(), count: size))
                        for handle in handles { _ = try await handle.value }
                    }
                }
            }
        }
    }
}
