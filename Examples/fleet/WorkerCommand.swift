//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import ArgumentParser
import ExampleManifest
import ExampleSum
import ExampleTerminal
import Lineshaft
import LineshaftConfiguration
import ServiceLifecycle

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A worker: runs what others send, until it is told to stop.
struct WorkerCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Run jobs until told to stop.",
        discussion: """
            Any number of workers may serve one broker. Ctrl-C or SIGTERM stops one cleanly: what it runs may finish, the rest \
            goes back. A second signal gives back what it runs as well.

            A worker that hashes files must find them at the same paths as the sender: on another machine, share the folder.
            """
    )

    /// The seed of the mishaps, so that the same attempts fail whichever worker makes them.
    private static let seed: UInt64 = 1_946

    @OptionGroup var connection: ConnectionOptions

    @Option(name: .shortAndLong, help: "The queues to serve, as QUEUE=CONCURRENCY[:WEIGHT] with commas between them.")
    var queues: String?

    @Option(name: .shortAndLong, help: "How many jobs to run at once over all queues.")
    var concurrency: String?

    @Option(name: .shortAndLong, help: "The worker's name; made from host and process if left out.")
    var name: String?

    @Option(name: .long, help: "The share of attempts at summing that fail, from 0 to 1, so that retries are seen.")
    var mishaps = 0.05

    func validate() throws {
        guard (0...1).contains(mishaps) else {
            throw ValidationError("“--mishaps” is \(mishaps), but must be from 0 to 1.")
        }
    }

    func ending() async throws -> Fleet.Ending {
        let tally = Tally()
        var defaults = Worker.Configuration()
        defaults.version = Fleet.version
        defaults.middleware = [tally.hooks]
        let settings = try await connection.settings(
            [
                "lineshaft.worker.queues": queues, "lineshaft.worker.concurrency": concurrency,
                "lineshaft.worker.name": name,
            ],
            system: ConnectionOptions.talkingSystem,
            worker: defaults
        )
        let jobs = try await connection.open(settings)
        let worker = Worker(
            jobs,
            queues: settings.queues ?? Self.defaultQueues,
            configuration: settings.worker
        ) {
            SumIntegers.handler(mishaps: Mishaps(share: mishaps, seed: Self.seed))
            HashFile.handler()
        }
        Terminal.output.print("Worker \(worker.id) runs jobs until Ctrl-C.")
        let services = SignalledServices([.init(service: worker)], logger: settings.system.logger)
        let ending: SignalledServices.Ending
        do {
            ending = try await services.run()
        } catch {
            await jobs.shutdown()
            throw error
        }
        await jobs.shutdown()
        let counts = tally.counts
        Terminal.output.print(
            "Worker \(worker.id) has stopped: \(counts.jobs.of("job")), \(counts.retries.grouped) retries, "
                + "\(counts.failedAttempts.grouped) failed attempts."
        )
        return ending == .cancelled ? .interrupted : .complete
    }

    /// What a worker of both examples serves: sums want processors, files wait for disks.
    private static var defaultQueues: WorkerQueues {
        [
            .default: 8,
            HashFile.queue: .init(concurrency: max(2, ProcessInfo.processInfo.activeProcessorCount)),
        ]
    }
}
