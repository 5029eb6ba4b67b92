//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import ArgumentParser
import ExampleTerminal
import Lineshaft

/// Counts the jobs of a broker's queues.
struct QueuesCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "queues",
        abstract: "Count the jobs of each queue by state."
    )

    @OptionGroup var connection: ConnectionOptions

    @Flag(help: "Print JSON.")
    var json = false

    func ending() async throws -> Fleet.Ending {
        let queues = try await connection.inspect { inspector in
            var queues: [ListedQueue] = []
            for name in try await inspector.queues() {
                queues.append(ListedQueue(name, try await inspector.counts(of: name)))
            }
            return queues
        }
        if json {
            try Terminal.output.print(jsonText(queues))
        } else if queues.isEmpty {
            Terminal.output.print("No queue has been used.")
        } else {
            var table = Table(["QUEUE", "READY", "SCHEDULED", "RUNNING", "DEAD", "PAUSED"])
            for queue in queues { table.append(queue.cells) }
            Terminal.output.write(table.text)
        }
        return .complete
    }
}

/// A queue as it is listed.
private struct ListedQueue: Encodable {
    let name: String
    let ready: Int
    let scheduled: Int
    let running: Int
    let dead: Int
    let paused: Bool

    init(_ name: QueueName, _ counts: QueueCounts) {
        self.name = name.rawValue
        ready = counts.ready
        scheduled = counts.scheduled
        running = counts.running
        dead = counts.dead
        paused = counts.isPaused
    }

    var cells: [String] {
        [name, ready.grouped, scheduled.grouped, running.grouped, dead.grouped, paused ? "yes" : "no"]
    }
}
