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
    private let onExpect: @Sendable (Duration) -> Void
    private let onCancel: @Sendable ([JobID]) -> Void

    /// Creates a port.
    ///
    /// - Parameters:
    ///   - worker: The worker behind it.
    ///   - onWake: Called when work may be there. Must not block.
    ///   - onExpect: Called when work may be there after a while. Must not block.
    ///   - onCancel: Called with jobs that somebody has cancelled. Must not block.
    public init(
        worker: WorkerID,
        onWake: @escaping @Sendable () -> Void,
        onExpect: @escaping @Sendable (Duration) -> Void = { _ in },
        onCancel: @escaping @Sendable ([JobID]) -> Void
    ) {
        self.worker = worker
        self.onWake = onWake
        self.onExpect = onExpect
        self.onCancel = onCancel
    }

    /// Says that work may be there.
    ///
    /// A worker that is busy may ignore it.
    public func wake() {
        onWake()
    }

    /// Says that work may be there in a while: something falls due, or a lease runs out, sooner than the worker's last
    /// claim could tell.
    ///
    /// A broker that has a say in time may leave it to each worker to ask again when that has come.
    public func expect(after duration: Duration) {
        onExpect(duration)
    }

    /// Says that these jobs are cancelled.
    ///
    /// Those that the worker does not run are ignored.
    public func cancel(_ ids: [JobID]) {
        onCancel(ids)
    }
}
