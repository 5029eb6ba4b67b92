//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// The way from a broker into a worker: woken when there is work, told when a job is cancelled.
///
/// Its methods neither block nor suspend and may be called from any thread, a C callback included.
public final class WorkerPort: Sendable {
    /// The worker behind the port.
    public let worker: WorkerID
    private let onWake: @Sendable () -> Void
    private let onCancel: @Sendable ([JobID]) -> Void

    /// Creates a port.
    ///
    /// - Parameters:
    ///   - worker: The worker behind it.
    ///   - onWake: Called when work may be there. Must not block.
    ///   - onCancel: Called with jobs that somebody has cancelled. Must not block.
    public init(
        worker: WorkerID,
        onWake: @escaping @Sendable () -> Void,
        onCancel: @escaping @Sendable ([JobID]) -> Void
    ) {
        self.worker = worker
        self.onWake = onWake
        self.onCancel = onCancel
    }

    /// Says that work may be there.
    ///
    /// A worker that is busy may ignore it.
    public func wake() {
        onWake()
    }

    /// Says that these jobs are cancelled.
    ///
    /// Those that the worker does not run are ignored.
    public func cancel(_ ids: [JobID]) {
        onCancel(ids)
    }
}
