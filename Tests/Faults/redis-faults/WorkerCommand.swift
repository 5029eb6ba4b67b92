//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import ArgumentParser
internal import Foundation
internal import Lineshaft
internal import LineshaftTesting
internal import Logging

/// A worker process: runs jobs and writes down what it does, until it is killed.
struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Run jobs and record what happens; started by the other commands.",
        shouldDisplay: false
    )

    @Option(help: "The broker's URL.")
    var url: String

    @Option(help: "The worker's name.")
    var name: String

    @Option(help: "The file that events are appended to.")
    var events: String

    @Option(help: "How long leases run, in milliseconds.")
    var lease = 8_000

    @Option(help: "How many jobs run at once.")
    var concurrency = 16

    @Option(help: "After how many lost leases a job counts as poisonous.")
    var poisonLimit: Int?

    func run() async throws {
        Self.endWithStarter()
        let file = try EventFile(events)
        let recorder = HistoryRecorder(clock: MonotonicClock()) { file.append($0) }
        recorder.record(.processStarted, by: name)
        let system = try await Opening.system(url: url, recorder: recorder, process: name)
        var configuration = Worker.Configuration(name: name, lease: .milliseconds(lease))
        if let poisonLimit { configuration.poisonLimit = poisonLimit }
        configuration.middleware = [HistoryMiddleware(recorder, process: SimulatedProcess(name: name))]
        let name = name
        let worker = Worker(system, queues: [.default: .init(concurrency: concurrency)], configuration: configuration) {
            Probe.handler(of: name)
            Chord.handlers
        }
        try await worker.run()
    }

    /// Ends this process when the one that has started it is gone, and with it the other end of the standard input.
    private static func endWithStarter() {
        Thread.detachNewThread {
            var byte: UInt8 = 0
            while read(STDIN_FILENO, &byte, 1) != 0 {}
            _exit(0)
        }
    }
}
