//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import CUV

/// A socket as libuv has it, which the loop keeps until the system has let go of it.
final class Socket: LoopHandle {
    let loop: LoopCore
    /// The handle's head, which is of the kind `uv_tcp_t` or `uv_pipe_t`.
    let stream: UnsafeMutablePointer<uv_stream_t>
    /// Whose bytes it carries, until it is closed.
    private(set) var owner: StreamCore?
    private let isInternet: Bool
    private let memory: UnsafeMutableRawPointer
    private let connecting = UnsafeMutablePointer<uv_connect_t>.allocate(capacity: 1)
    private let writing = UnsafeMutablePointer<uv_write_t>.allocate(capacity: 1)
    private let ending = UnsafeMutablePointer<uv_shutdown_t>.allocate(capacity: 1)
    private var isClosing = false

    /// Makes a socket that is not connected.
    init(to candidate: ConnectionAttempts.Candidate, for owner: StreamCore) throws(FailedStatus) {
        loop = owner.loop
        let status: Int32
        switch candidate {
        case .internet:
            isInternet = true
            let handle = UnsafeMutablePointer<uv_tcp_t>.allocate(capacity: 1)
            memory = UnsafeMutableRawPointer(handle)
            status = uv_tcp_init(loop.loop, handle)
        case .unix:
            isInternet = false
            let handle = UnsafeMutablePointer<uv_pipe_t>.allocate(capacity: 1)
            memory = UnsafeMutableRawPointer(handle)
            status = uv_pipe_init(loop.loop, handle, 0)
        }
        stream = memory.assumingMemoryBound(to: uv_stream_t.self)
        try FailedStatus.check(status)
        self.owner = owner
        stream.pointee.data = Unmanaged.passUnretained(self).toOpaque()
        loop.keep(self)
    }

    deinit {
        connecting.deallocate()
        writing.deallocate()
        ending.deallocate()
        memory.deallocate()
    }

    /// The socket of a handle that libuv passes to a callback.
    ///
    /// It is there: the loop keeps it until it is closed.
    private static func of(_ stream: UnsafeMutablePointer<uv_stream_t>?) -> Socket? {
        guard let data = stream?.pointee.data else { return nil }
        return Unmanaged<Socket>.fromOpaque(data).takeUnretainedValue()
    }

    // MARK: Connecting

    /// Begins to connect; the owner is told how it ends, but for a failure that is thrown.
    func connect(to candidate: ConnectionAttempts.Candidate) throws(FailedStatus) {
        let onConnect: uv_connect_cb = { request, status in
            guard let socket = Socket.of(request?.pointee.handle) else { return }
            if status == 0 { socket.configure() }
            socket.owner?.attempt(of: socket, ended: status < 0 ? FailedStatus(status) : nil)
        }
        switch candidate {
        case .internet(let address):
            let tcp = memory.assumingMemoryBound(to: uv_tcp_t.self)
            try FailedStatus.check(address.withPointer { uv_tcp_connect(connecting, tcp, $0, onConnect) })
        case .unix(let path):
            uv_pipe_connect(connecting, memory.assumingMemoryBound(to: uv_pipe_t.self), path, onConnect)
        }
    }

    /// Small writes leave at once, and a peer that has vanished is noticed in the end.
    private func configure() {
        guard isInternet else { return }
        let tcp = memory.assumingMemoryBound(to: uv_tcp_t.self)
        // A system that refuses either still has a connection that works.
        uv_tcp_nodelay(tcp, 1)
        uv_tcp_keepalive(tcp, 1, 60)
    }

    // MARK: Reading

    func startReading() throws(FailedStatus) {
        let status = uv_read_start(
            stream,
            { handle, _, buffer in
                guard let socket = handle?.pointee.data.map({ Unmanaged<Socket>.fromOpaque($0).takeUnretainedValue() })
                else { return }
                // One for all streams of the loop: what is read is passed on before the next read.
                let memory = socket.loop.readBuffer
                buffer?.pointee = uv_buf_init(
                    memory.baseAddress?.assumingMemoryBound(to: CChar.self),
                    UInt32(memory.count)
                )
            },
            { stream, count, _ in
                guard count != 0, let socket = Socket.of(stream), let owner = socket.owner else { return }
                if count > 0 {
                    owner.received(UnsafeRawBufferPointer(rebasing: socket.loop.readBuffer[..<count]))
                } else {
                    owner.failed(FailedStatus(Int32(count)))
                }
            }
        )
        // The system is asked once; that it reads already is not a failure.
        if FailedStatus(status) != .already { try FailedStatus.check(status) }
    }

    func stopReading() {
        uv_read_stop(stream)
    }

    // MARK: Writing

    /// Hands as much to the system as it takes at once, and says how much.
    func write(now buffers: UnsafeMutableBufferPointer<uv_buf_t>) -> Result<Int, FailedStatus> {
        let status = uv_try_write(stream, buffers.baseAddress, UInt32(buffers.count))
        if status >= 0 { return .success(Int(status)) }
        let failure = FailedStatus(status)
        return failure == .tryAgain ? .success(0) : .failure(failure)
    }

    /// Writes as the peer makes room; the owner is told how it ends, but for a failure that is thrown.
    ///
    /// One at a time. The memory must stay where it is until then.
    func write(_ buffers: UnsafeMutableBufferPointer<uv_buf_t>) throws(FailedStatus) {
        let status = uv_write(writing, stream, buffers.baseAddress, UInt32(buffers.count)) { request, status in
            guard let socket = Socket.of(request?.pointee.handle) else { return }
            socket.owner?.wrote(status < 0 ? FailedStatus(status) : nil)
        }
        try FailedStatus.check(status)
    }

    /// Tells the peer that nothing more is written; the owner is told of a failure, unless it is thrown.
    func endWriting() throws(FailedStatus) {
        let status = uv_shutdown(ending, stream) { request, status in
            guard status < 0, let socket = Socket.of(request?.pointee.handle) else { return }
            socket.owner?.failed(FailedStatus(status))
        }
        try FailedStatus.check(status)
    }

    // MARK: Closing

    func loopCloses() {
        close()
    }

    /// Closes the socket; the owner is told when it is closed.
    func close() {
        if isClosing { return }
        isClosing = true
        uv_close(memory.assumingMemoryBound(to: uv_handle_t.self)) { handle in
            guard let data = handle?.pointee.data else { return }
            let socket = Unmanaged<Socket>.fromOpaque(data).takeUnretainedValue()
            let owner = socket.owner
            socket.owner = nil
            owner?.released(socket)
            socket.loop.release(socket)
        }
    }
}

@available(*, unavailable)
extension Socket: Sendable {}
