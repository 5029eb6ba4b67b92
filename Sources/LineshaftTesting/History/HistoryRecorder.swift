//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Lineshaft
internal import Synchronization

/// Collects a history, from any number of tasks.
public final class HistoryRecorder: Sendable {
    private struct State {
        var events: [HistoryEvent] = []
        var calls = 0
    }

    private let clock: any QueueClock
    private let sink: (@Sendable (HistoryEvent) -> Void)?
    private let state = Mutex(State())

    /// Creates a recorder that keeps events, or one that passes them on.
    ///
    /// - Parameters:
    ///   - clock: What events are dated by. Its ``/Lineshaft/QueueClock/uptime`` must be shared by all recorders whose histories are
    ///     merged; where processes are real, that is the wall clock of a machine on which nobody sets it.
    ///   - sink: Called with each event instead of keeping it, for instance to append a line to a file at once.
    public init(clock: any QueueClock, sink: (@Sendable (HistoryEvent) -> Void)? = nil) {
        self.clock = clock
        self.sink = sink
    }

    /// What was recorded up to now; empty when events are passed on.
    public var history: History { History(state.withLock { $0.events }) }

    /// Records an event.
    ///
    /// - Parameters:
    ///   - kind: What happened.
    ///   - process: Who did or saw it.
    public func record(_ kind: HistoryEvent.Kind, by process: String) {
        let event = HistoryEvent(
            steady: clock.uptime.saturatedNanoseconds,
            time: clock.now,
            process: process,
            kind: kind
        )
        if let sink { return sink(event) }
        state.withLock { $0.events.append(event) }
    }

    /// Records an event of a process, unless the process is dead.
    ///
    /// - Parameters:
    ///   - kind: What happened.
    ///   - process: Who did or saw it.
    public func record(_ kind: HistoryEvent.Kind, by process: SimulatedProcess) {
        if process.isAlive { record(kind, by: process.name) }
    }

    /// A number that ties the events of one call together.
    func nextCall() -> Int {
        state.withLock { state in
            state.calls += 1
            return state.calls
        }
    }
}

/// Records when handlers start and end.
///
/// Make it the innermost middleware of a worker.
public struct HistoryMiddleware: RunMiddleware {
    private let recorder: HistoryRecorder
    private let process: SimulatedProcess

    /// Creates the middleware.
    ///
    /// - Parameters:
    ///   - recorder: Where to record.
    ///   - process: The worker's process. Once it is dead nothing is recorded.
    public init(_ recorder: HistoryRecorder, process: SimulatedProcess) {
        self.recorder = recorder
        self.process = process
    }

    /// Records the start, runs the handler, and records its end.
    public func run(
        _ context: JobContext,
        next: @Sendable (JobContext) async throws -> [UInt8]
    ) async throws -> [UInt8] {
        let (job, token) = (context.id, context.fence)
        recorder.record(.started(job: job, token: token), by: process)
        do {
            let output = try await next(context)
            recorder.record(.ended(job: job, token: token, how: "returned"), by: process)
            return output
        } catch {
            recorder.record(.ended(job: job, token: token, how: "threw \(type(of: error))"), by: process)
            throw error
        }
    }
}
