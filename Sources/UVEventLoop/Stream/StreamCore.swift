//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// A stream as the loop sees it: one connection from the first attempt to its end.
///
/// The loop keeps it from the attempt to connect until it is gone, and its socket keeps it as long.
// Sendable although it is not checked: it is touched on the loop's thread alone, but for making it.
final class StreamCore: LoopHandle, @unchecked Sendable {
    let loop: LoopCore
    var phase = StreamPhase.idle
    var address: UVAddress?
    /// What it does while it connects.
    var connecting: Connecting?
    var socket: Socket?
    var statistics = UVStream.Statistics()

    var onBytes: ((UnsafeRawBufferPointer) -> Void)?
    var onClose: ((UVError) -> Void)?
    var isReadingWanted = false

    var queue = WriteQueue()
    var isFlushAwaited = false
    /// How many bytes at the queue's front libuv is writing.
    var inFlight = 0
    var isEndWanted = false
    var hasEnded = false
    var roomWaiters: [(limit: Int, waiter: LoopWaiter<Void>)] = []

    private var hasBeenOpen = false
    private var closeWaiters: [LoopWaiter<UVError>] = []

    init(loop: LoopCore) {
        self.loop = loop
    }

    var peer: String { address.map { "\($0)" } ?? "nobody" }

    /// Begins to use a socket that has connected.
    func open(_ socket: Socket) {
        phase.opened()
        hasBeenOpen = true
        self.socket = socket
        if isReadingWanted { resumeReading() }
        if !queue.isEmpty || isEndWanted { awaitFlush() }
    }

    // MARK: Reading

    func resumeReading() {
        isReadingWanted = true
        guard phase.isOpen, let socket else { return }
        do {
            try socket.startReading()
        } catch {
            failed(error)
        }
    }

    func pauseReading() {
        isReadingWanted = false
        if phase.isOpen { socket?.stopReading() }
    }

    func received(_ bytes: UnsafeRawBufferPointer) {
        guard phase.isOpen, let action = onBytes else { return }
        statistics.reads += 1
        statistics.bytesRead += bytes.count
        action(bytes)
    }

    // MARK: Closing

    /// Closes because of what the system says.
    func failed(_ status: FailedStatus) {
        guard phase.reason == nil else { return }
        switch status.code {
        case .ended:
            close(
                UVError(
                    code: .ended,
                    message: "\(peer) closed the connection; connect again to go on.",
                    name: status.name
                )
            )
        default:
            close(UVError(status, "The connection to \(peer) broke", advice: "connect again to go on"))
        }
    }

    func loopCloses() {
        close(UVError.loopClosed(loop.name))
    }

    /// Begins to close; only the first reason counts.
    func close(_ reason: UVError) {
        guard phase.close(reason) else { return }
        if let connecting {
            self.connecting = nil
            connecting.end(reason)
        }
        for (_, waiter) in roomWaiters { waiter.resume(with: .failure(reason)) }
        roomWaiters = []
        if let socket {
            socket.close()
        } else {
            // As with a socket, the end is told of after the caller has returned.
            loop.perform { self.end() }
        }
    }

    /// Told by a socket that the system has let go of it.
    func released(_ socket: Socket) {
        guard socket === self.socket else { return }
        self.socket = nil
        end()
    }

    private func end() {
        guard let reason = phase.end() else { return }
        queue.removeAll()
        let action = hasBeenOpen ? onClose : nil
        onBytes = nil
        onClose = nil
        action?(reason)
        let waiters = closeWaiters
        closeWaiters = []
        for waiter in waiters { waiter.resume(with: .success(reason)) }
        loop.release(self)
    }

    /// Has `waiter` told when the stream is gone.
    func tellOfEnd(_ waiter: LoopWaiter<UVError>) {
        if case .closed(let reason) = phase {
            waiter.resume(with: .success(reason))
        } else {
            closeWaiters.removeAll { !$0.isWaiting }
            closeWaiters.append(waiter)
        }
    }
}
