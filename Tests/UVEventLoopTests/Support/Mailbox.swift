//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// Values from threads and callbacks for a test that waits for them, in order.
final class Mailbox<Value: Sendable>: Sendable {
    private let stream: AsyncStream<Value>
    private let continuation: AsyncStream<Value>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream()
    }

    func put(_ value: Value) {
        continuation.yield(value)
    }

    /// The next value, or `nil` when the calling task is cancelled.
    func next() async -> Value? {
        await stream.first { _ in true }
    }

    /// The next values.
    func next(_ count: Int) async -> [Value] {
        var values: [Value] = []
        while values.count < count, let value = await next() { values.append(value) }
        return values
    }
}
