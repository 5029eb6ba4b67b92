//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import UVEventLoop

/// An actor on a loop that owns one stream, and notes what comes.
actor StreamOwner {
    nonisolated let loop: UVEventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    let stream: UVStream
    private(set) var received: [UInt8] = []
    private var wanted: (count: Int, continuation: CheckedContinuation<[UInt8], Never>)?

    init(on loop: UVEventLoop) {
        self.loop = loop
        stream = UVStream(on: loop)
    }

    /// Runs a test's steps on the loop.
    func run<Value: Sendable>(_ body: @Sendable (isolated StreamOwner) async throws -> Value) async rethrows -> Value {
        try await body(self)
    }

    func connect(to address: UVAddress, timeout: Duration? = nil) async throws(UVError) {
        try await stream.connect(to: address, timeout: timeout)
        stream.startReading(for: self) { owner, bytes in owner.note(bytes) }
        stream.onClose(for: self) { owner, _ in owner.wake(isOver: true) }
    }

    private func note(_ bytes: UnsafeRawBufferPointer) {
        received.append(contentsOf: bytes)
        wake(isOver: false)
    }

    private func wake(isOver: Bool) {
        guard let wanted, isOver || received.count >= wanted.count else { return }
        self.wanted = nil
        wanted.continuation.resume(returning: received)
    }

    /// What has come, when it is as much as that or the stream is gone.
    func bytes(count: Int) async -> [UInt8] {
        if received.count >= count || stream.closeReason != nil { return received }
        return await withCheckedContinuation { wanted = (count, $0) }
    }
}
