//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Foundation
internal import Synchronization

/// Reads what a server writes until it ends, on a thread of its own, so that the server never waits for a reader.
final class ServerLog: Sendable {
    private struct State {
        var text = ""
        var hasEnded = false
        var waiting: [Int: (text: String, continuation: CheckedContinuation<Bool, Never>)] = [:]
        var cancelled: Set<Int> = []
        var last = 0
    }

    private let state = Mutex(State())
    private let ready = DispatchSemaphore(value: 0)

    init(_ output: FileHandle) {
        Thread.detachNewThread { [self] in
            var wasReady = false
            while true {
                let data = output.availableData
                let isReady = take(String(decoding: data, as: UTF8.self), isLast: data.isEmpty)
                if !wasReady, isReady || data.isEmpty {
                    wasReady = true
                    ready.signal()
                }
                if data.isEmpty { return }
            }
        }
    }

    var text: String { state.withLock(\.text) }

    /// Whether the server has got ready; otherwise it has ended.
    func waitUntilReady() -> Bool {
        ready.wait()
        return !state.withLock(\.hasEnded)
    }

    /// Suspends until the server has said something.
    ///
    /// - Returns: Whether it has; otherwise the server has ended, or the calling task was cancelled.
    func said(_ text: String) async -> Bool {
        let number = state.withLock { state in
            state.last += 1
            return state.last
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = state.withLock { state -> Bool? in
                    if state.text.contains(text) { return true }
                    if state.hasEnded || state.cancelled.remove(number) != nil { return false }
                    state.waiting[number] = (text, continuation)
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                let waiter = state.waiting.removeValue(forKey: number)
                if waiter == nil { state.cancelled.insert(number) }
                return waiter
            }
            waiter?.continuation.resume(returning: false)
        }
    }

    /// Adds to the text, and tells those who have waited for it.
    ///
    /// - Returns: Whether the server is ready.
    private func take(_ piece: String, isLast: Bool) -> Bool {
        let (isReady, answered) = state.withLock { state in
            state.text += piece
            state.hasEnded = isLast
            let answered = state.waiting.filter { state.text.contains($0.value.text) || isLast }
            for number in answered.keys { state.waiting[number] = nil }
            let text = state.text
            let answers = answered.values.map { ($0.continuation, text.contains($0.text)) }
            return (Self.says(text), answers)
        }
        for (continuation, answer) in answered { continuation.resume(returning: answer) }
        return isReady
    }

    /// Whether a server with this log takes connections on its socket in the file system; a Sentinel says it differently.
    private static func says(_ text: String) -> Bool {
        text.contains("eady to accept connections unix") || text.contains("server is now ready")
            || text.contains("Sentinel ID is")
    }
}
