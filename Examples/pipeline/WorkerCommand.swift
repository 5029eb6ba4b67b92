//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import ArgumentParser
import ExampleTerminal
import Lineshaft
import LineshaftConfiguration
import ServiceLifecycle

/// A worker: runs what others import, until it is told to stop.
struct WorkerCommand: PipelineCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Run jobs of imports until told to stop.",
        discussion: """
            Any number of workers may serve one broker, and any of them may be killed: what it did goes on elsewhere within \
            seconds. Ctrl-C or SIGTERM stops one cleanly; a second signal gives back what it runs as well.
            """
    )

    @OptionGroup var connection: Connection

    @Flag(name: .shortAndLong, help: "Print a line when a job begins.")
    var verbose = false

    func ending() async throws -> Pipeline.Ending {
        var defaults = Worker.Configuration()
        if verbose {
            defaults.middleware = [Hooks(beforeRun: { context in Terminal.output.print("began \(context.name)") })]
        }
        let settings = try await connection.settings(worker: defaults)
        guard settings.url != nil else {
            throw ConfigurationError(
                code: .invalidURL,
                message:
                    "No broker is named. Say where it is with --url redis://127.0.0.1:6379/0, or in the environment "
                    + "variable LINESHAFT_URL."
            )
        }
        let jobs = try await connection.open(settings)
        let worker = connection.worker(jobs, settings)
        Terminal.output.print("Worker \(worker.id) runs jobs until Ctrl-C.")
        let services = SignalledServices([.init(service: worker)], logger: settings.system.logger)
        do {
            let ending = try await services.run()
            await jobs.shutdown()
            Terminal.output.print("Worker \(worker.id) has stopped.")
            return ending == .cancelled ? .interrupted : .complete
        } catch {
            await jobs.shutdown()
            throw error
        }
    }
}
