//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import DequeModule
internal import UVEventLoop

/// A client of an echo server: many questions at once, answered in order.
///
/// It is written as a client of the real kind is: one actor, its executor the loop, that owns the stream and lets each
/// question wait in a queue for the bytes that answer it.
actor EchoClient {
    nonisolated let loop: UVEventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private typealias Answer = Result<[UInt8], UVError>

    private let stream: UVStream
    private var questions: Deque<(count: Int, continuation: UnsafeContinuation<Answer, Never>)> = []
    private var received: [UInt8] = []

    init(on loop: UVEventLoop) {
        self.loop = loop
        stream = UVStream(on: loop)
    }

    func connect(to address: UVAddress) async throws(UVError) {
        try await stream.connect(to: address)
        // These closures are inside the actor because they capture it, and keep it until the stream is gone.
        stream.onClose = { reason in self.closed(reason) }
        stream.startReading { bytes in self.received(bytes) }
    }

    func ask(_ question: [UInt8]) async throws(UVError) -> [UInt8] {
        if let reason = stream.closeReason { throw reason }
        let answer: Answer = await withUnsafeContinuation { continuation in
            // Both in one step, or the answers would go to others.
            stream.write(question)
            questions.append((question.count, continuation))
        }
        return try answer.get()
    }

    func close() async throws(UVError) {
        stream.close()
        try await stream.waitUntilClosed()
    }

    var statistics: UVStream.Statistics { stream.statistics }

    private func received(_ bytes: UnsafeRawBufferPointer) {
        received.append(contentsOf: bytes)
        var taken = 0
        while let first = questions.first, received.count - taken >= first.count {
            questions.removeFirst()
            first.continuation.resume(returning: .success(Array(received[taken..<(taken + first.count)])))
            taken += first.count
        }
        received.removeFirst(taken)
    }

    private func closed(_ reason: UVError) {
        for question in questions { question.continuation.resume(returning: .failure(reason)) }
        questions = []
    }
}
