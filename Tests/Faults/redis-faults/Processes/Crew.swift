//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Foundation
internal import LineshaftTesting
internal import Synchronization

/// Worker processes, which come and go.
final class Crew: Sendable {
    /// How workers are started.
    struct Terms: Sendable {
        var url: String
        var lease = Duration.seconds(8)
        var concurrency = 16
        /// After how many lost leases a job counts as poisonous; the worker's own default if `nil`.
        var poisonLimit: Int?
        /// What the command line begins with, such as one that enters a network namespace.
        var prefix: [String] = []
    }

    /// One process.
    struct Member: Sendable {
        let name: String
        let child: ChildProcess
        let events: String
    }

    private struct State {
        var members: [Member] = []
        var files: [String] = []
    }

    private let household: Household
    private let recorder: HistoryRecorder
    private let state = Mutex(State())

    init(_ household: Household, recorder: HistoryRecorder) {
        self.household = household
        self.recorder = recorder
    }

    /// The files with what all workers have recorded, also of those that are gone.
    var files: [String] { state.withLock { $0.files } }

    /// Those that should be running.
    var members: [Member] { state.withLock { $0.members } }

    /// Starts workers.
    @discardableResult
    func start(_ count: Int, _ terms: Crew.Terms) throws -> [Member] {
        try (0..<count).map { _ in
            // A name of its own for each process: the numbers of calls begin anew with each.
            let name = "worker-\(household.nextNumber())"
            let events = household.folder + "/\(name).jsonl"
            let (seconds, attoseconds) = terms.lease.components
            let command =
                terms.prefix + [
                    "/proc/self/exe", "worker", "--url", terms.url, "--name", name, "--events", events,
                    "--lease", "\(seconds * 1_000 + attoseconds / 1_000_000_000_000_000)",
                    "--concurrency", "\(terms.concurrency)",
                ] + (terms.poisonLimit.map { ["--poison-limit", "\($0)"] } ?? [])
            let child = try household.start(
                command.map { $0 == "/proc/self/exe" ? Self.program : $0 },
                log: name + ".log"
            )
            let member = Member(name: name, child: child, events: events)
            state.withLock { state in
                state.members.append(member)
                state.files.append(events)
            }
            return member
        }
    }

    /// Kills a worker.
    func kill(_ member: Member) {
        state.withLock { $0.members.removeAll { $0.name == member.name } }
        member.child.end()
        recorder.record(.processDied, by: member.name)
    }

    /// Kills all workers.
    func killAll() {
        for member in members { kill(member) }
    }

    /// The workers that have ended although nobody killed them.
    var casualties: [Member] { members.filter { !$0.child.isRunning } }

    /// This program.
    private static let program: String = {
        do {
            return try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        } catch {
            return CommandLine.arguments[0]
        }
    }()
}
