//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// A connection over TCP or a unix socket, for one actor of an event loop.
///
/// All of it, but for making and releasing it, happens on the loop's thread, and traps elsewhere: an actor whose executor
/// is the loop keeps the stream in a property and calls it without suspending. A stream connects once.
///
/// What is written is gathered, and leaves at the end of the loop's turn in as few calls of the system as it takes. A
/// stream does not keep the loop. One that is released is closed; while it is open, it keeps its callbacks and what they
/// capture.
package final class UVStream {
    /// What a stream has done so far.
    package struct Statistics: Sendable, Hashable {
        /// How many bytes have come.
        package var bytesRead = 0
        /// In how many pieces they came.
        package var reads = 0
        /// How many bytes the system has taken.
        package var bytesWritten = 0
        /// How often the system was asked to take some.
        package var writeCalls = 0
    }

    private let core: StreamCore
    private var hasStarted = false

    /// Creates a stream that is not connected; may be called on any thread.
    package init(on loop: UVEventLoop) {
        core = StreamCore(loop: loop.core)
    }

    deinit {
        // The last reference may go on any thread.
        if hasStarted { core.loop.perform { [core] in core.close(Self.closed) } }
    }

    private static let closed = UVError(
        code: .closed,
        message: "The connection was closed by this side; make a new one to go on."
    )

    // MARK: Connecting

    /// Connects, trying each address of a host in turn.
    ///
    /// What is written before is sent when the stream is connected. After a failure the stream is closed.
    ///
    /// - Parameters:
    ///   - address: Where to.
    ///   - timeout: How long it may take in all, the look-up of the host included; without it, as long as the system
    ///     tries. A unix socket whose listener is busy is tried again until then.
    /// - Throws: ``UVError`` that names the address; with the code `cancelled` when the calling task is cancelled, which
    ///   closes the stream.
    package func connect(to address: UVAddress, timeout: Duration? = nil) async throws(UVError) {
        core.loop.checkThread()
        hasStarted = true
        let core = core
        let result: Result<Void, UVError> = await core.loop.wait {
            core.connect(to: address, timeout: timeout, waiter: $0)
        } cancel: { waiter in
            if waiter.isWaiting { core.close(.cancelled) }
        }
        try result.get()
    }

    /// Connects, trying each address of a host in turn, for callers that are no tasks.
    ///
    /// - Parameters:
    ///   - address: Where to.
    ///   - timeout: How long it may take in all; without it, as long as the system tries.
    ///   - completion: Called once on the loop's thread, perhaps before this returns; also when the stream is closed first.
    package func connect(
        to address: UVAddress,
        timeout: Duration? = nil,
        completion: @escaping (Result<Void, UVError>) -> Void
    ) {
        core.loop.checkThread()
        hasStarted = true
        core.connect(to: address, timeout: timeout, waiter: LoopWaiter(completion))
    }

    /// Whether the stream is connected and has not begun to close.
    package var isOpen: Bool {
        core.loop.checkThread()
        return core.phase.isOpen
    }

    /// Whether the stream looks for a way to its address.
    package var isConnecting: Bool {
        core.loop.checkThread()
        return core.phase.isConnecting
    }

    /// Why the stream closes or has closed.
    package var closeReason: UVError? {
        core.loop.checkThread()
        return core.phase.reason
    }

    /// What the stream has done so far.
    package var statistics: Statistics {
        core.loop.checkThread()
        return core.statistics
    }

    // MARK: Reading

    /// Reads from now on, or as soon as the stream is connected.
    ///
    /// The peer's end of the stream closes it; so does an error. Neither is noticed while nothing is read.
    ///
    /// - Parameter onBytes: Called on the loop's thread with bytes that are valid during the call. It may close or pause
    ///   the stream. It is released when the stream is gone.
    package func startReading(_ onBytes: @escaping (UnsafeRawBufferPointer) -> Void) {
        core.loop.checkThread()
        guard core.phase.reason == nil else { return }
        hasStarted = true
        core.onBytes = onBytes
        core.resumeReading()
    }

    /// Reads nothing until ``resumeReading()``, so that the peer has to wait in the end.
    package func pauseReading() {
        core.loop.checkThread()
        core.pauseReading()
    }

    /// Goes on to read.
    package func resumeReading() {
        core.loop.checkThread()
        precondition(core.onBytes != nil || core.phase.reason != nil, "Nobody reads; call `startReading(_:)` first.")
        if core.phase.reason == nil { core.resumeReading() }
    }

    // MARK: Writing

    /// Queues a copy of some bytes, which leave at the end of the loop's turn.
    ///
    /// A stream that closes or has closed takes no notice of them.
    package func write(_ bytes: UnsafeRawBufferPointer) {
        core.loop.checkThread()
        core.write(bytes)
    }

    /// Queues some bytes, which leave at the end of the loop's turn.
    ///
    /// A stream that closes or has closed takes no notice of them.
    package func write(_ bytes: [UInt8]) {
        core.loop.checkThread()
        bytes.withUnsafeBytes { core.write($0) }
    }

    /// Queues some bytes, such as the UTF-8 of a string, which leave at the end of the loop's turn.
    ///
    /// A stream that closes or has closed takes no notice of them.
    package func write(_ bytes: some Collection<UInt8>) {
        core.loop.checkThread()
        let isDone: Void? = bytes.withContiguousStorageIfAvailable { core.write(UnsafeRawBufferPointer($0)) }
        if isDone == nil { Array(bytes).withUnsafeBytes { core.write($0) } }
    }

    /// Writes what is queued now instead of at the end of the turn, as far as the system takes it.
    package func flush() {
        core.loop.checkThread()
        core.flush()
    }

    /// How many bytes are queued that the system has not yet taken.
    package var bufferedBytes: Int {
        core.loop.checkThread()
        return core.queue.count
    }

    /// Suspends while `limit` or more bytes are queued, so that a fast writer waits for a slow peer.
    ///
    /// - Throws: ``UVError``: why the stream has closed, or with the code `cancelled`.
    package func waitUntilBuffered(below limit: Int) async throws(UVError) {
        core.loop.checkThread()
        precondition(limit > 0, "Fewer than no bytes can never be queued; wait for fewer than one.")
        if core.phase.reason == nil, core.queue.count < limit { return }
        let core = core
        let result: Result<Void, UVError> = await core.loop.wait { core.tellOfRoom($0, below: limit) }
        try result.get()
    }

    /// Tells the peer, after all that is queued, that nothing more is written; reading goes on.
    ///
    /// Calling it again does nothing; writing after it traps.
    package func endWriting() {
        core.loop.checkThread()
        core.endWriting()
    }

    // MARK: Closing

    /// Called once on the loop's thread when a stream that was connected is gone, whoever has closed it.
    ///
    /// Never called from within a method of the stream. It is released afterwards.
    package var onClose: ((UVError) -> Void)? {
        get {
            core.loop.checkThread()
            return core.onClose
        }
        set {
            core.loop.checkThread()
            if core.phase.reason == nil { core.onClose = newValue }
        }
    }

    /// Closes the stream at once, and drops what is queued.
    ///
    /// Those who wait for it fail with `reason`. Calling it again does nothing.
    ///
    /// - Parameter reason: Why; by default an error with the code `closed`.
    package func close(because reason: UVError? = nil) {
        core.loop.checkThread()
        core.close(reason ?? Self.closed)
    }

    /// Suspends until the stream is gone.
    ///
    /// - Returns: Why it closed.
    /// - Throws: ``UVError`` with the code `cancelled` when the calling task is cancelled first; the stream takes no
    ///   notice of that.
    @discardableResult
    package func waitUntilClosed() async throws(UVError) -> UVError {
        core.loop.checkThread()
        let core = core
        let result: Result<UVError, UVError> = await core.loop.wait { core.tellOfEnd($0) }
        return try result.get()
    }
}

@available(*, unavailable)
extension UVStream: Sendable {}
