//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

/// An answer that a task waits for, on a loop's thread; the first one counts.
// Unchecked: it is made, resumed and attached on the loop's thread alone.
final class Waiter<Value: Sendable>: @unchecked Sendable {
    private var continuation: UnsafeContinuation<Result<Value, BrokerError>, Never>?
    private var result: Result<Value, BrokerError>?

    /// Whether nobody waits any more, or ever did.
    private(set) var isOver = false

    /// Ends the wait.
    ///
    /// - Returns: Whether this was the answer; `false` when there was one before.
    @discardableResult
    func resume(_ result: Result<Value, BrokerError>) -> Bool {
        guard !isOver else { return false }
        isOver = true
        if let continuation { continuation.resume(returning: result) } else { self.result = result }
        continuation = nil
        return true
    }

    func attach(_ continuation: UnsafeContinuation<Result<Value, BrokerError>, Never>) {
        if let result { return continuation.resume(returning: result) }
        self.continuation = continuation
    }
}
