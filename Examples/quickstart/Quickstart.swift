//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import ExampleSum
import ExampleTerminal
import Lineshaft
import Logging

/// Sums the integers 0…999,999 on a pool of workers inside this process.
///
/// A few attempts fail, so that retries are seen.
@main
struct Quickstart {
    static func main() async {
        Terminal.prepare()
        if let argument = CommandLine.arguments.dropFirst().first {
            Terminal.errors.print(
                "quickstart: it takes no arguments, and was given “\(argument)”. Run: swift run quickstart"
            )
            Terminal.exit(64)
        }
        do {
            Terminal.exit(try await sum() ? 0 : 1)
        } catch {
            Terminal.errors.print("quickstart: \(error)")
            Terminal.exit(1)
        }
    }

    /// Returns whether the whole sum was found; it is not when the user pressed Ctrl-C.
    static func sum() async throws -> Bool {
        // The way into the queue. `memory:` is inside this process and needs no server; with another URL, the workers may
        // run elsewhere, and all the rest stays the same.
        var configuration = JobSystem.Configuration()
        configuration.logger.logLevel = .warning
        let jobs = try await JobSystem(url: "memory:", configuration: configuration)

        // A worker: the queues that it serves, how many jobs of each run at once, and what runs them.
        let tally = Tally()
        var workerConfiguration = Worker.Configuration()
        workerConfiguration.middleware = [tally.hooks]
        let worker = Worker(jobs, queues: ["default": 8], configuration: workerConfiguration) {
            SumIntegers.handler(mishaps: Mishaps(share: 0.05, seed: 1_946))
        }

        // The main job: 1,000 jobs of 1,000 integers each. They are submitted, awaited and joined in `Summation.run`.
        let summation = Summation(of: 0..<1_000_000, chunkSize: 1_000)
        let display = ProgressDisplay(on: .output)
        let start = jobs.clock.uptime
        let total = try await Errand {
            try await summation.run(on: jobs) { ended, all in
                let text = "\(ended) of \(all) jobs, \(tally.counts.retries) retries"
                await display.show("\(ProgressLine.bar(ended, of: all))  \(text)")
            }
        }.run(beside: worker)
        await display.finish()
        await jobs.shutdown()

        guard let total else {
            Terminal.errors.print("quickstart: interrupted; the sum is not known.")
            return false
        }
        let counts = tally.counts
        let duration = jobs.clock.uptime - start
        Terminal.output.print(
            """
            \(counts.jobs.grouped) jobs ran, \(counts.retries) retries, \(total.failures.count) failed, in \(duration.inWords)
            \(total.sum)
            """
        )
        for failure in total.failures { Terminal.errors.print("quickstart: \(failure)") }
        return total.failures.isEmpty
    }
}
