//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import ArgumentParser
internal import Foundation
internal import Lineshaft
internal import LineshaftRedis

struct ScaleBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scale",
        abstract: "What a job costs Redis when a great many others are there.",
        discussion: """
            Each figure is compared with the same jobs in an empty queue, measured in turns with it. Without --url a redis-server \
            of its own is started. A million queued jobs take about 150 MB there.
            """
    )

    @Flag(help: "Print one JSON object a line: name, value, unit and, where compared, reference and ratio.")
    var json = false

    @Option(help: "A Redis to use instead of starting one; nothing else may use it.")
    var url: String?

    @Option(help: "How many jobs are queued.")
    var queued = 1_000_000

    @Option(help: "How many queues there are.")
    var queues = 1_000

    @Option(help: "How many jobs fall due at once.")
    var due = 100_000

    @Option(help: "How many jobs a round measures.")
    var jobs = 50_000

    @Option(help: "How many rounds are measured; the median counts.")
    var rounds = 5

    func validate() throws {
        guard queued >= 1, queues >= 1, due >= 1, jobs >= 1_000, rounds >= 1 else {
            throw ValidationError("--jobs must be 1,000 or more, and everything else 1 or more.")
        }
    }

    func run() async throws {
        let server = try url == nil ? BenchmarkServer() : nil
        defer { server?.stop() }
        let url = url ?? server.map { "redis+unix://\($0.socket)" } ?? ""
        let printer = FigurePrinter(asJSON: json)
        printer.title("Redis processor time a job, \(jobs) jobs a round, median of \(rounds) rounds")
        let system = try await RedisBench.open(url)
        let gauge = try ServerGauge(system)
        try await measureQueued(system, gauge, printer)
        try await measureRunning(system, gauge, printer)
        try await measureQueues(system, gauge, printer)
        try await measureDue(system, gauge, printer)
        try printer.show(Figure("redis.scale.worker_memory", try Self.residentMegabytes(), "MB"))
        await system.shutdown()
    }

    /// The processor time of the server for a job that is submitted, run and awaited.
    private func cost(
        _ system: JobSystem,
        _ gauge: ServerGauge,
        on queue: QueueName,
        _ count: Int
    ) async throws -> Double {
        try await gauge.reading(count) {
            try await withThrowingDiscardingTaskGroup { group in
                for _ in 0..<16 {
                    group.addTask {
                        for _ in 0..<(count / 16 / 16) {
                            let batch = [Nothing](repeating: Nothing(), count: 16)
                            for handle in try await system.submit(contentsOf: batch, on: queue) {
                                _ = try await handle.value
                            }
                        }
                    }
                }
            }
        }.serverMicroseconds
    }

    /// Compares what `usual` and `many` measure, in turns.
    private func compare(
        _ name: String,
        _ printer: FigurePrinter,
        usual: () async throws -> Double,
        many: () async throws -> Double
    ) async throws {
        var values: (usual: [Double], many: [Double]) = ([], [])
        for round in 0...rounds {
            let pair = (try await usual(), try await many())
            // The first round warms up.
            if round == 0 { continue }
            values.usual.append(pair.0)
            values.many.append(pair.1)
        }
        try printer.show(
            Figure(
                name,
                values.many.median,
                "µs",
                reference: values.usual.median,
                comparedWith: "in an empty queue"
            )
        )
    }

    /// A queue with very many jobs, beside an empty one: jobs go in at its end and come out at its front.
    private func measureQueued(_ system: JobSystem, _ gauge: ServerGauge, _ printer: FigurePrinter) async throws {
        try await RedisBench.fill(system, queued, on: "many")
        try await compare("redis.scale.queued.\(queued)", printer) {
            try await through(system, gauge, "few")
        } many: {
            try await through(system, gauge, "many")
        }
    }

    /// Submits jobs, then has a worker do as many; nobody waits for any, for in a long queue it would take for ever.
    private func through(_ system: JobSystem, _ gauge: ServerGauge, _ queue: QueueName) async throws -> Double {
        let before = try await system.inspector.counts(of: queue).ready
        return try await gauge.reading(jobs) {
            try await RedisBench.fill(system, jobs, on: queue)
            try await RedisBench.worker(system, queues: [queue: 256]).run {
                while try await system.inspector.counts(of: queue).ready > before {
                    try await Task.sleep(for: .milliseconds(5))
                }
            }
        }.serverMicroseconds
    }

    /// A worker that has very many jobs in hand while others are run.
    private func measureRunning(_ system: JobSystem, _ gauge: ServerGauge, _ printer: FigurePrinter) async throws {
        let count = 1_000
        let worker = Worker(system, queues: ["long": .init(concurrency: count), "other": 256]) {
            Handler(for: Nothing.self) { _, _ in }
            Handler(for: Waiting.self) { _, context in try await context.clock.sleep(for: .seconds(3_600)) }
        }
        try await worker.run {
            try await compare("redis.scale.running.\(count)", printer) {
                try await cost(system, gauge, on: "other", jobs)
            } many: {
                let waiting = try await system.submit(
                    contentsOf: [Waiting](repeating: Waiting(), count: count),
                    on: "long"
                )
                while try await system.inspector.counts(of: "long").running < count {
                    try await Task.sleep(for: .milliseconds(5))
                }
                let cost = try await cost(system, gauge, on: "other", jobs)
                for handle in waiting { _ = try await handle.cancel() }
                try await RedisBench.waitUntilEmpty(system, "long")
                return cost
            }
        }
    }

    /// A worker that serves very many queues, of which one is busy.
    private func measureQueues(_ system: JobSystem, _ gauge: ServerGauge, _ printer: FigurePrinter) async throws {
        var all: [QueueName: WorkerQueues.Settings] = ["busy": 256]
        for number in 1..<max(queues, 2) { all[QueueName("idle-\(number)")] = 1 }
        let queues = WorkerQueues(all)
        try await compare("redis.scale.queues.\(self.queues)", printer) {
            try await RedisBench.worker(system, queues: ["busy": 256]).run {
                try await cost(system, gauge, on: "busy", jobs)
            }
        } many: {
            try await RedisBench.worker(system, queues: queues).run {
                // Its first look at each queue is over when the first job is.
                _ = try await system.submit(Nothing(), on: "busy").value
                return try await cost(system, gauge, on: "busy", jobs)
            }
        }
    }

    /// Very many jobs that fall due at the same moment.
    private func measureDue(_ system: JobSystem, _ gauge: ServerGauge, _ printer: FigurePrinter) async throws {
        try await compare("redis.scale.due.\(due)", printer) {
            try await delayed(system, gauge, jobs, spread: true)
        } many: {
            try await delayed(system, gauge, due, spread: false)
        }
    }

    private func delayed(_ system: JobSystem, _ gauge: ServerGauge, _ count: Int, spread: Bool) async throws -> Double {
        let start = system.clock.now + .seconds(3)
        return try await gauge.reading(count) {
            for part in 0..<(count / 1_000) {
                var options = JobOptions()
                options.start = .at(spread ? start + .milliseconds(part * 20) : start)
                _ = try await system.submit(
                    contentsOf: [Nothing](repeating: Nothing(), count: 1_000),
                    on: "due",
                    options: options
                )
            }
            try await RedisBench.worker(system, queues: ["due": 256]).run {
                try await RedisBench.waitUntilEmpty(system, "due")
            }
        }.serverMicroseconds
    }

    static func residentMegabytes() throws -> Double {
        let text = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        guard let match = text.firstMatch(of: /VmHWM:\s+(\d+) kB/) else { return 0 }
        return (Double(match.1) ?? 0) / 1_024
    }
}

/// A job that runs until it is cancelled.
private struct Waiting: Job {
    static let name: JobName = "waiting"
}
