//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import ArgumentParser
internal import Lineshaft
internal import LineshaftRedis

/// A member of a chord, with parameters of its own.
private struct Member: Job {
    static let name: JobName = "member"
    typealias Output = Int

    var number: Int
}

/// Takes what all members return.
private struct Join: Job {
    static let name: JobName = "join"
    typealias Input = [Int]
    typealias Output = Int
}

/// A link of a chain.
private struct Link: Job {
    static let name: JobName = "link"
    typealias Input = Int
    typealias Output = Int
}

struct WorkflowBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workflow",
        abstract: "What a member of a chord and a link of a chain cost, however many there are.",
        discussion: """
            Chords of each size are run in turns, as many of a small one as make the same number of members, and compared with \
            the smallest. Each is submitted, run, and its value awaited.
            """
    )

    @Flag(help: "Print one JSON object a line: name, value, unit and, where compared, reference and ratio.")
    var json = false

    @Option(help: "A Redis to use, or “memory:”; without it, in memory and then on a redis-server of its own.")
    var url: String?

    @Option(parsing: .upToNextOption, help: "How many members the chords have.")
    var sizes = [10, 1_000, 100_000]

    @Option(help: "How many links the chains have.")
    var links = 1_000

    @Option(help: "How many rounds are measured; the median counts.")
    var rounds = 3

    func validate() throws {
        guard !sizes.isEmpty, sizes.allSatisfy({ $0 >= 1 }), links >= 1, rounds >= 1 else {
            throw ValidationError("--sizes, --links and --rounds must be 1 or more.")
        }
    }

    func run() async throws {
        let printer = FigurePrinter(asJSON: json)
        printer.title("Workflows, median of \(rounds) rounds")
        if let url, url != "memory:" { return try await measure("redis", try await RedisBench.open(url), nil, printer) }
        try await measure("memory", try await JobSystem(url: "memory:"), nil, printer)
        guard url == nil else { return }
        let server = try BenchmarkServer()
        defer { server.stop() }
        let system = try await RedisBench.open("redis+unix://\(server.socket)")
        try await measure("redis", system, try ServerGauge(system), printer)
    }

    private func measure(
        _ name: String,
        _ system: JobSystem,
        _ gauge: ServerGauge?,
        _ printer: FigurePrinter
    ) async throws {
        let worker = Worker(system, queues: ["default": 256]) {
            Handler(for: Member.self) { job in job.number }
            Handler(for: Join.self) { (_: Join, input: [Int], _: JobContext) -> Int in input.count }
            Handler(for: Link.self) { (_: Link, input: Int, _: JobContext) -> Int in input + 1 }
        }
        try await worker.run {
            var speeds: [Int: [Speed]] = [:]
            var server: [Int: [Double]] = [:]
            let largest = sizes.max() ?? 1
            for round in 0...rounds {
                for size in sizes {
                    let count = max(min(largest, 20_000) / size, 1)
                    var speed: Speed?
                    let measured: () async throws -> Void = {
                        speed = try await Speed.measure(count * size) { try await runChords(system, count, of: size) }
                    }
                    var used: Double?
                    if let gauge {
                        used = try await gauge.reading(count * size, measured).serverMicroseconds
                    } else {
                        try await measured()
                    }
                    // The first round warms up.
                    guard round > 0 else { continue }
                    if let speed { speeds[size, default: []].append(speed) }
                    if let used { server[size, default: []].append(used) }
                }
            }
            for size in sizes {
                let own = speeds[size, default: []].map(\.cpuMicroseconds).median
                let least = speeds[sizes[0], default: []].map(\.cpuMicroseconds).median
                try show("\(name).chord.\(size).cpu", own, least, printer)
                guard let values = server[size] else { continue }
                try show("\(name).chord.\(size).server", values.median, server[sizes[0], default: []].median, printer)
            }
            if let gauge {
                // What is kept until its retention is over: members, parameters and results.
                let before = try await gauge.memory()
                try await runChords(system, 1, of: largest)
                let bytes = (try await gauge.memory() - before) / Double(largest)
                try printer.show(Figure("\(name).chord.\(largest).bytes", bytes, "bytes"))
            }
            let memory = try ScaleBenchmark.residentMegabytes()
            try printer.show(Figure("\(name).chord.\(largest).resident", memory, "MB"))
            let chain = try await Speed.measure(links) { try await runChain(system) }
            try printer.show(Figure("\(name).chain.\(links).cpu", chain.cpuMicroseconds, "µs"))
            try printer.show(Figure("\(name).chain.\(links).rate", chain.rate, "links/s"))
        }
        await system.shutdown()
    }

    private func show(_ name: String, _ value: Double, _ reference: Double, _ printer: FigurePrinter) throws {
        let other = "a member of a chord of \(sizes[0])"
        try printer.show(Figure(name, value, "µs", reference: reference, comparedWith: other))
    }

    private func runChords(_ system: JobSystem, _ count: Int, of size: Int) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<count {
                // As many members are under way at once as a large chord's worker has slots for, whatever the size.
                if number >= Self.chordsAtOnce { try await group.next() }
                group.addTask {
                    let chord = Group((0..<size).map { Member(number: $0) }).then(Join())
                    let value = try await system.submit(chord).value
                    guard value == size else {
                        throw ValidationError("A chord of \(size) members had \(value) results.")
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// How many chords are under way at once, if there are more than one.
    private static let chordsAtOnce = 64

    private func runChain(_ system: JobSystem) async throws {
        let chain = Member(number: 0).then(Series((1..<max(links, 2)).map { _ in Link() }))
        let value = try await system.submit(chain).value
        guard value == max(links, 2) - 1 else { throw ValidationError("A chain of \(links) links came to \(value).") }
    }
}
