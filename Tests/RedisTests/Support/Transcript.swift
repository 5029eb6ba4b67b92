//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Synchronization

/// What somebody says bit by bit, and those who wait until it has been said.
final class Transcript: Sendable {
    private struct State {
        var text = ""
        var hasEnded = false
        var waiting: [Int: (text: String, continuation: CheckedContinuation<Bool, Never>)] = [:]
        var cancelled: Set<Int> = []
        var last = 0
    }

    private let state = Mutex(State())

    /// All that has been said.
    var text: String { state.withLock(\.text) }

    /// Whether nothing more will be said.
    var hasEnded: Bool { state.withLock(\.hasEnded) }

    /// Adds to what has been said.
    func append(_ piece: String) {
        tell { $0.text += piece }
    }

    /// Nothing more will be said.
    func end() {
        tell { $0.hasEnded = true }
    }

    /// Suspends until something has been said.
    ///
    /// - Returns: Whether it has; otherwise nothing more will be said, or the calling task was cancelled.
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

    private func tell(_ change: (inout State) -> Void) {
        let answers = state.withLock { state in
            change(&state)
            var answers: [(CheckedContinuation<Bool, Never>, Bool)] = []
            for (number, waiter) in state.waiting {
                let isSaid = state.text.contains(waiter.text)
                guard isSaid || state.hasEnded else { continue }
                state.waiting[number] = nil
                answers.append((waiter.continuation, isSaid))
            }
            return answers
        }
        for (continuation, answer) in answers { continuation.resume(returning: answer) }
    }
}
