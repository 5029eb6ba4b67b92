//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import Synchronization

/// What handlers note down for a case to read, and the gates at which they wait for it.
final class Notes: Sendable {
    private struct State {
        var lines: [String] = []
        var running = 0
        var mostRunning = 0
        var gates: [String: TrialGate] = [:]
        var runs: [String: [JobID]] = [:]
    }

    private let state = Mutex(State())

    /// What has been noted, in order.
    var lines: [String] { state.withLock { $0.lines } }

    func note(_ line: String) {
        state.withLock { $0.lines.append(line) }
    }

    /// Notes what a job does, and under which identity.
    func note(_ line: String, by id: JobID) {
        state.withLock { state in
            state.lines.append(line)
            state.runs[line, default: []].append(id)
        }
    }

    /// The runs of each job that noted its identity, by what it did.
    var runs: [String: [JobID]] { state.withLock { $0.runs } }

    /// How many times something was noted.
    func count(of line: String) -> Int {
        lines.filter { $0 == line }.count
    }

    /// Forgets what has been noted.
    func clear() {
        state.withLock { state in
            state.lines = []
            state.runs = [:]
        }
    }

    /// A gate that opens once; until then handlers wait before it.
    func gate(_ name: String = "") -> TrialGate {
        state.withLock { state in
            if let gate = state.gates[name] { return gate }
            let gate = TrialGate()
            state.gates[name] = gate
            return gate
        }
    }

    /// Closes all gates, for handlers that come to them from now on.
    func closeGates() { state.withLock { $0.gates = [:] } }

    func openAllGates() {
        for gate in state.withLock({ Array($0.gates.values) }) { gate.open() }
    }

    /// How many handlers were in `counting` at once, at most.
    var mostRunning: Int { state.withLock { $0.mostRunning } }

    /// Counts the caller among the running ones while `body` goes on.
    func counting<Value>(_ body: () async throws -> Value) async rethrows -> Value {
        state.withLock { state in
            state.running += 1
            state.mostRunning = max(state.mostRunning, state.running)
        }
        defer { state.withLock { $0.running -= 1 } }
        return try await body()
    }
}

/// Opens once; until then any number of tasks wait before it.
final class TrialGate: Sendable {
    private struct State {
        var isOpen = false
        var waiters: [Int: UnsafeContinuation<Void, Never>] = [:]
        var cancelled: Set<Int> = []
        var next = 0
    }

    private let state = Mutex(State())

    var isOpen: Bool { state.withLock { $0.isOpen } }

    func open() {
        let waiters = state.withLock { state in
            state.isOpen = true
            defer { state.waiters = [:] }
            return state.waiters.sorted { $0.key < $1.key }.map(\.value)
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Suspends until the gate is open, or the calling task is cancelled.
    func wait() async {
        let id = state.withLock { state in
            state.next += 1
            return state.next
        }
        await withTaskCancellationHandler {
            await park(id)
        } onCancel: {
            let waiter = state.withLock { state in
                let waiter = state.waiters.removeValue(forKey: id)
                if waiter == nil { state.cancelled.insert(id) }
                return waiter
            }
            waiter?.resume()
        }
    }

    /// Suspends until the gate is open, whatever becomes of the calling task.
    func waitStubbornly() async {
        let id = state.withLock { state in
            state.next += 1
            return state.next
        }
        await park(id)
    }

    private func park(_ id: Int) async {
        await withUnsafeContinuation { continuation in
            let passes = state.withLock { state in
                if state.isOpen || state.cancelled.remove(id) != nil { return true }
                state.waiters[id] = continuation
                return false
            }
            if passes { continuation.resume() }
        }
    }
}
