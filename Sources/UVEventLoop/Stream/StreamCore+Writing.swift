//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import CUV

extension StreamCore {
    /// How many pieces of memory travel with one call of the system.
    static let maximumBuffers = 64
    /// How many bytes libuv gets to write at a time, so that those who wait for room are told often.
    static let maximumInFlight = 1 << 20

    func write(_ bytes: UnsafeRawBufferPointer) {
        precondition(!isEndWanted, "Bytes were written after `endWriting()`.")
        // The end of the stream is told of once, and not by every write after it.
        guard phase.reason == nil, !bytes.isEmpty else { return }
        queue.append(bytes)
        awaitFlush()
    }

    func awaitFlush() {
        guard !isFlushAwaited, inFlight == 0, phase.isOpen else { return }
        isFlushAwaited = true
        loop.flushAtEndOfTurn(self)
    }

    /// Called by the loop at the end of a turn in which something was written.
    func flushTurn() {
        isFlushAwaited = false
        flush()
    }

    /// Writes what the system takes, and has libuv write the rest as there is room.
    func flush() {
        guard phase.isOpen, inFlight == 0, let socket else { return }
        while !queue.isEmpty {
            var offered = 0
            let result = withBuffers(limit: .max) { buffers, count in
                offered = count
                return socket.write(now: buffers)
            }
            switch result {
            case .failure(let status):
                failed(status)
                return
            case .success(let written):
                statistics.writeCalls += 1
                took(written)
                if written < offered {
                    writeRest(to: socket)
                    return
                }
            }
        }
        endIfWanted(socket)
    }

    private func writeRest(to socket: Socket) {
        let result = withBuffers(limit: Self.maximumInFlight) { buffers, count in
            inFlight = count
            do throws(FailedStatus) {
                try socket.write(buffers)
                return Result<Int, FailedStatus>.success(count)
            } catch {
                return .failure(error)
            }
        }
        if case .failure(let status) = result {
            inFlight = 0
            failed(status)
        }
    }

    /// Told by the socket that libuv has written what it was given, or could not.
    func wrote(_ failure: FailedStatus?) {
        let written = inFlight
        inFlight = 0
        // A socket that closes gives its writes up as well.
        guard phase.isOpen else { return }
        if let failure {
            failed(failure)
        } else {
            statistics.writeCalls += 1
            took(written)
            flush()
        }
    }

    /// Runs `body` with pieces from the queue's front and the number of their bytes.
    private func withBuffers(
        limit: Int,
        _ body: (UnsafeMutableBufferPointer<uv_buf_t>, Int) -> Result<Int, FailedStatus>
    ) -> Result<Int, FailedStatus> {
        let capacity = min(queue.chunks.count, Self.maximumBuffers)
        return withUnsafeTemporaryAllocation(of: uv_buf_t.self, capacity: capacity) { buffers in
            var used = 0
            var count = 0
            for chunk in queue.chunks.prefix(capacity) where count < limit {
                let bytes = chunk.waiting
                let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
                buffers.initializeElement(at: used, to: uv_buf_init(start, UInt32(bytes.count)))
                used += 1
                count += bytes.count
            }
            return body(UnsafeMutableBufferPointer(rebasing: buffers[..<used]), count)
        }
    }

    // MARK: Room

    private func took(_ count: Int) {
        guard count > 0 else { return }
        statistics.bytesWritten += count
        queue.consume(count)
        if !roomWaiters.isEmpty { offerRoom() }
    }

    private func offerRoom() {
        var left: [(limit: Int, waiter: LoopWaiter<Void>)] = []
        for entry in roomWaiters where entry.waiter.isWaiting {
            if queue.count < entry.limit { entry.waiter.resume() } else { left.append(entry) }
        }
        roomWaiters = left
    }

    /// Has `waiter` told when fewer bytes than `limit` wait.
    func tellOfRoom(_ waiter: LoopWaiter<Void>, below limit: Int) {
        if let reason = phase.reason {
            waiter.resume(with: .failure(reason))
        } else if queue.count < limit {
            waiter.resume()
        } else {
            roomWaiters.append((limit, waiter))
        }
    }

    // MARK: Ending

    func endWriting() {
        guard !isEndWanted else { return }
        isEndWanted = true
        awaitFlush()
    }

    private func endIfWanted(_ socket: Socket) {
        guard isEndWanted, !hasEnded else { return }
        hasEnded = true
        do {
            try socket.endWriting()
        } catch {
            failed(error)
        }
    }
}
