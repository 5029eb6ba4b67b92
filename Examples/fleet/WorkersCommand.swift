//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import ArgumentParser
import ExampleTerminal
import Lineshaft

/// Lists the workers of a broker.
struct WorkersCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "workers",
        abstract: "List the workers: where they are, what they serve, know and run.",
        discussion: "What a worker runs is as of its last report, which may be some seconds old."
    )

    @OptionGroup var connection: ConnectionOptions

    @Flag(help: "Print JSON.")
    var json = false

    func ending() async throws -> Fleet.Ending {
        let workers = try await connection.inspect { try await $0.workers() }.map(ListedWorker.init)
        if json {
            try Terminal.output.print(jsonText(workers))
        } else if workers.isEmpty {
            Terminal.output.print("No worker is there. Start one with “fleet worker”.")
        } else {
            var table = Table(["WORKER", "HOST", "PID", "VERSION", "RUNNING", "QUEUES", "KNOWS"])
            for worker in workers { table.append(worker.cells) }
            Terminal.output.write(table.text)
        }
        return .complete
    }
}

/// A worker as it is listed.
private struct ListedWorker: Encodable {
    struct Queue: Encodable {
        let name: String
        let concurrency: Int
        let weight: Int
    }

    let name: String
    let host: String
    let processID: Int32
    let version: String?
    let started: String
    let queues: [Queue]
    let concurrency: Int
    let knownJobs: [String: Int]
    let running: Int
    let stuck: Int

    init(_ report: WorkerReport) {
        name = report.id.description
        host = report.host
        processID = report.processID
        version = report.version
        started = report.started.description
        queues = report.queues.map { Queue(name: $0.name.rawValue, concurrency: $0.concurrency, weight: $0.weight) }
        concurrency = report.concurrency
        knownJobs = Dictionary(uniqueKeysWithValues: report.knownJobs.map { ($0.key.rawValue, $0.value) })
        running = report.running
        stuck = report.stuck
    }

    var cells: [String] {
        let queues = queues.map { "\($0.name)=\($0.concurrency)\($0.weight == 1 ? "" : ":\($0.weight)")" }
        return [
            name, host, "\(processID)", version ?? "-", "\(running)" + (stuck > 0 ? " (\(stuck) stuck)" : ""),
            queues.joined(separator: ","), knownJobs.keys.sorted().joined(separator: ","),
        ]
    }
}
