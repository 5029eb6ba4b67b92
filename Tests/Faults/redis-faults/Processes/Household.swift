//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import ArgumentParser
internal import Foundation
internal import Synchronization

/// Everything outside this process that a scenario has brought about, and how it is undone.
final class Household: Sendable {
    private struct State {
        var children: [ChildProcess] = []
        var undoing: [@Sendable () -> Void] = []
        var names = 0
    }

    /// A temporary folder.
    let folder: String
    private let state = Mutex(State())

    init() throws {
        // The path of a socket may have no more than about a hundred bytes.
        folder = "/tmp/lineshaft-faults-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    }

    /// Starts a program that is killed with everything else.
    func start(_ command: [String], log: String) throws -> ChildProcess {
        let child = try ChildProcess(command, log: folder + "/" + log)
        state.withLock { $0.children.append(child) }
        return child
    }

    /// Remembers what has to be undone, the last thing first.
    func undo(_ action: @escaping @Sendable () -> Void) {
        state.withLock { $0.undoing.append(action) }
    }

    /// A number that no other call gives.
    func nextNumber() -> Int {
        state.withLock { state in
            state.names += 1
            return state.names
        }
    }

    /// The number that was given last.
    var lastNumber: Int { state.withLock { $0.names } }

    /// Ends all children, undoes everything and removes the folder.
    func clear() {
        let (children, undoing) = state.withLock { state in
            defer { (state.children, state.undoing) = ([], []) }
            return (state.children, state.undoing)
        }
        for child in children.reversed() { child.end() }
        for action in undoing.reversed() { action() }
        guard FileManager.default.fileExists(atPath: folder) else { return }
        do {
            try FileManager.default.removeItem(atPath: folder)
        } catch {
            Talk.error("The folder \(folder) could not be removed: \(error)")
        }
    }

    /// Runs a program to its end, such as `ip`.
    ///
    /// - Throws: When it fails, with what it said.
    func run(_ command: [String]) throws {
        let child = try ChildProcess(command, log: folder + "/commands.log")
        while child.isRunning { usleep(1_000) }  // lint:allow(sleep) a program that ends at once
        guard child.hasSucceeded else {
            throw ValidationError("“\(command.joined(separator: " "))” failed: \(child.lastWords)")
        }
    }

    /// Clears up when the program is told to end.
    func clearOnSignals() -> [any DispatchSourceSignal] {
        [SIGINT, SIGTERM, SIGHUP].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { [self] in
                clear()
                exit(128 + number)
            }
            source.activate()
            return source
        }
    }
}
