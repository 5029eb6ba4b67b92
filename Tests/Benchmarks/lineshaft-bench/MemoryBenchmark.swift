//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import ArgumentParser
internal import Lineshaft

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// A job that does nothing, to measure everything else.
struct Nothing: Job {
    static let name: JobName = "nothing"
}

struct MemoryBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "memory",
        abstract: "Jobs through the in-memory broker: submitted, run and their outcome awaited.",
        discussion: """
            Leases, results and retries are on. The floor is what Swift's runtime allows at best for one task a job: \
            adding an empty child task to a discarding task group, measured in turns with the rest.
            """
    )

    @Flag(help: "Print one JSON object a line: name, value, unit and, where compared, reference and ratio.")
    var json = false

    @Option(help: "How many jobs a round has.")
    var jobs = 200_000

    @Option(help: "How many rounds are measured; the median counts.")
    var rounds = 5

    @Option(parsing: .upToNextOption, help: "How many tasks submit at once.")
    var submitters = [1, 16, 64]

    func validate() throws {
        guard jobs >= 1_000, rounds >= 1, !submitters.isEmpty, submitters.allSatisfy({ $0 >= 1 }) else {
            throw ValidationError("--jobs must be 1,000 or more, --rounds and --submitters 1 or more.")
        }
    }

    func run() async throws {
        // First, while freed memory that could be used again does not hide what is taken.
        let bytesPerJob = try await Self.bytesPerJob(200_000)
        let printer = FigurePrinter(asJSON: json)
        printer.title("In-memory broker, \(jobs) no-op jobs a round, median of \(rounds) rounds")
        var floors: [Speed] = []
        var speeds: [Int: [Speed]] = [:]
        for _ in 0..<rounds {
            floors.append(await Self.floor(jobs))
            for submitters in submitters {
                let count = submitters == 1 ? jobs / 4 : jobs
                speeds[submitters, default: []].append(try await Self.throughput(count, submitters: submitters))
            }
        }
        let floor = floors.map(\.rate).median
        let floorCPU = floors.map(\.cpuMicroseconds).median
        try printer.show(Figure("memory.floor", floor, "jobs/s"))
        for submitters in submitters {
            try printer.show(
                Figure(
                    "memory.throughput.\(submitters)",
                    speeds[submitters, default: []].map(\.rate).median,
                    "jobs/s",
                    reference: floor,
                    comparedWith: "floor"
                )
            )
        }
        for submitters in submitters {
            try printer.show(
                Figure(
                    "memory.cpu_per_job.\(submitters)",
                    speeds[submitters, default: []].map(\.cpuMicroseconds).median,
                    "µs",
                    reference: floorCPU,
                    comparedWith: "floor"
                )
            )
        }
        let trips = try await Self.roundTrips(20_000)
        try printer.show(Figure("memory.roundtrip.p50", trips.quantile(0.5) * 1e6, "µs"))
        try printer.show(Figure("memory.roundtrip.p99", trips.quantile(0.99) * 1e6, "µs"))
        try printer.show(Figure("memory.bytes_per_job", bytesPerJob, "bytes"))
    }

    /// The rate at which one task adds empty child tasks to a discarding group and they end.
    @concurrent
    private static func floor(_ count: Int) async -> Speed {
        await Speed.measure(count) {
            await withDiscardingTaskGroup { group in
                for _ in 0..<count { group.addTask {} }
            }
        }
    }

    /// The rate at which jobs are submitted, run and awaited by so many tasks, each one job at a time.
    @concurrent
    private static func throughput(_ count: Int, submitters: Int) async throws -> Speed {
        try await withWorker { jobs in
            try await Speed.measure(count / submitters * submitters) {
                try await withThrowingDiscardingTaskGroup { group in
                    for _ in 0..<submitters {
                        group.addTask {
                            for _ in 0..<(count / submitters) { _ = try await jobs.submit(Nothing()).value }
                        }
                    }
                }
            }
        }
    }

    /// How long lone jobs take from submission to their value, in seconds.
    @concurrent
    private static func roundTrips(_ count: Int) async throws -> [Double] {
        try await withWorker { jobs in
            for _ in 0..<1_000 { _ = try await jobs.submit(Nothing()).value }
            var trips: [Double] = []
            trips.reserveCapacity(count)
            for _ in 0..<count {
                let start = ContinuousClock.now
                _ = try await jobs.submit(Nothing()).value
                trips.append((ContinuousClock.now - start).seconds)
            }
            return trips
        }
    }

    /// How much the process grows for each job that waits, its handle let go.
    @concurrent
    private static func bytesPerJob(_ count: Int) async throws -> Double {
        let jobs = try await JobSystem(url: "memory:")
        // Warms up what is allocated once.
        try await jobs.submit(Nothing(), delay: .seconds(3600))
        let before = try residentBytes()
        for _ in 0..<count { try await jobs.submit(Nothing()) }
        // The broker takes in what has arrived before it counts.
        _ = try await jobs.inspector.counts(of: .default)
        let after = try residentBytes()
        await jobs.shutdown()
        return Double(after - before) / Double(count)
    }

    private static func residentBytes() throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        let fields = text.split(separator: " ")
        guard fields.count > 1, let pages = Int(fields[1]) else {
            throw ValidationError("/proc/self/statm cannot be read: “\(text)”.")
        }
        return pages * 4096
    }

    private static func withWorker<Result: Sendable>(
        _ body: (JobSystem) async throws -> Result
    ) async throws -> Result {
        let jobs = try await JobSystem(url: "memory:")
        let worker = Worker(jobs, queues: ["default": 64]) {
            Handler(for: Nothing.self) { _, _ in }
        }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await worker.run() }
            let result = try await body(jobs)
            group.cancelAll()
            try await group.waitForAll()
            await jobs.shutdown()
            return result
        }
    }
}
