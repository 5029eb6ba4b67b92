//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import ArgumentParser
import ExampleSum
import ExampleTerminal
import Lineshaft

/// The quickstart's sum, on workers elsewhere.
struct SendSumCommand: FleetCommand {
    /// The most integers whose sum is an `Int`.
    private static let mostIntegers = 4_294_967_296
    /// The most jobs, so that a slip of the pen does not fill the broker.
    private static let mostJobs = 1_000_000

    static let configuration = CommandConfiguration(
        commandName: "sum",
        abstract: "Sum integers in many jobs."
    )

    @OptionGroup var connection: ConnectionOptions

    @Option(name: .long, help: "How many integers to sum, from 0 on.")
    var integers = 1_000_000

    @Option(name: .long, help: "How many of them make one job.")
    var chunkSize = 1_000

    func validate() throws {
        guard (1...Self.mostIntegers).contains(integers) else {
            throw ValidationError("“--integers” is \(integers), but must be from 1 to \(Self.mostIntegers).")
        }
        guard chunkSize >= 1, integers / chunkSize <= Self.mostJobs else {
            throw ValidationError(
                "“--chunk-size” is \(chunkSize), but must be 1 or more, and make no more than \(Self.mostJobs) jobs."
            )
        }
    }

    func ending() async throws -> Fleet.Ending {
        let sender = try await Sender(connection)
        let summation = Summation(of: 0..<integers, chunkSize: chunkSize)
        let count = summation.chunks.count
        let display = ProgressDisplay(on: .output)
        let start = sender.jobs.clock.uptime
        let ending = try await sender.send(SumIntegers.name) { jobs in
            try await summation.run(on: jobs) { ended, all in
                await display.show("\(ProgressLine.bar(ended, of: all))  \(ended) of \(all) jobs")
            }
        }
        let duration = sender.jobs.clock.uptime - start
        await display.finish()
        let total: Summation.Total
        switch ending {
        case .done(let value): total = value
        case .interrupted(let rest):
            Terminal.errors.print("Interrupted: the sum is not known. \(rest)")
            return .interrupted
        }
        let failed = total.failures.count
        Terminal.output.print(
            """
            \(count.grouped) jobs ran, \(total.retries.grouped) retries, \(failed.grouped) failed, in \(duration.inWords)
            \(total.sum)
            """
        )
        for failure in total.failures { Terminal.errors.print("Failed: \(failure)") }
        return failed == 0 ? .complete : .someFailed
    }
}
