//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import Synchronization

/// Runs the tasks of a test one after another and knows when nothing is left to run.
///
/// A task that prefers it takes along its structured children and the default actors that they call, so "everything that
/// could happen has happened" is a fact and not a guess: time need move only then. Work on other threads, such as a
/// socket's, is not seen; whoever has some must wait for it too.
final class QuietExecutor: TaskExecutor {
    private struct State {
        var runnable: [UnownedJob] = []
        var isOver = false
        var idlers: [UnsafeContinuation<Void, Never>] = []
    }

    private enum Step {
        case run([UnownedJob])
        case resume([UnsafeContinuation<Void, Never>])
        case wait
        case end
    }

    private let state = Mutex(State())
    private let news = Signal()

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.withLock { $0.runnable.append(job) }
        news.raise()
    }

    /// Suspends until nothing but the caller could go on.
    func waitUntilQuiet() async {
        await withUnsafeContinuation { continuation in
            state.withLock { $0.idlers.append(continuation) }
        }
    }

    /// Runs `body` and its children on a new executor, driven by the calling task.
    static func run<Value: Sendable>(
        _ body: @escaping @Sendable (QuietExecutor) async throws -> Value
    ) async throws -> Value {
        let executor = QuietExecutor()
        return try await withThrowingTaskGroup(of: Value.self) { group in
            group.addTask(executorPreference: executor) {
                defer { executor.end() }
                return try await ExecutorPreference.$current.withValue(executor) { try await body(executor) }
            }
            await executor.drive()
            guard let value = try await group.next() else { throw CancellationError() }
            return value
        }
    }

    private func end() {
        state.withLock { $0.isOver = true }
        news.raise()
    }

    private func drive() async {
        while true {
            switch nextStep() {
            case .run(let jobs):
                for job in jobs { job.runSynchronously(on: asUnownedTaskExecutor()) }
            case .resume(let idlers):
                for idler in idlers { idler.resume() }
            case .wait:
                await news.waitUncancelled()
            case .end:
                return
            }
        }
    }

    private func nextStep() -> Step {
        state.withLock { state in
            if !state.runnable.isEmpty {
                defer { state.runnable = [] }
                return .run(state.runnable)
            }
            if !state.idlers.isEmpty {
                defer { state.idlers = [] }
                return .resume(state.idlers)
            }
            return state.isOver ? .end : .wait
        }
    }
}
