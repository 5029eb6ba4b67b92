//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import Synchronization

/// What a worker's port was told, for cases to wait for.
final class Told: Sendable {
    private struct State {
        var wakes = 0
        /// When there may be work, counted from when it was said.
        var expected: [Duration] = []
        var cancelled: Set<JobID> = []
    }

    private let state = Mutex(State())
    private let signal = Signal()

    func port(_ worker: WorkerID) -> WorkerPort {
        WorkerPort(
            worker: worker,
            onWake: {
                self.state.withLock { $0.wakes += 1 }
                self.signal.raise()
            },
            onExpect: { delay in
                self.state.withLock { $0.expected.append(delay) }
                self.signal.raise()
            },
            onCancel: { ids in
                self.state.withLock { $0.cancelled.formUnion(ids) }
                self.signal.raise()
            }
        )
    }

    var wakes: Int { state.withLock { $0.wakes } }

    /// Suspends until the port was woken this many times in all.
    func wait(forWakes count: Int = 1, file: String = #fileID, line: Int = #line) async throws {
        while wakes < count {
            if Task.isCancelled { throw ConformanceFailure("The worker was not woken.", file: file, line: line) }
            await signal.wait()
        }
    }

    /// Suspends until the port was told of work within a time, or was woken to see for itself.
    func wait(forWorkWithin limit: Duration, file: String = #fileID, line: Int = #line) async throws {
        while !state.withLock({ $0.wakes > 0 || $0.expected.contains { $0 <= limit } }) {
            if Task.isCancelled { throw ConformanceFailure("The worker was not told.", file: file, line: line) }
            await signal.wait()
        }
    }

    /// Suspends until the port was told that these jobs are cancelled.
    func wait(for ids: Set<JobID>, file: String = #fileID, line: Int = #line) async throws {
        while !state.withLock({ $0.cancelled.isSuperset(of: ids) }) {
            if Task.isCancelled { throw ConformanceFailure("The worker was not told.", file: file, line: line) }
            await signal.wait()
        }
    }
}
