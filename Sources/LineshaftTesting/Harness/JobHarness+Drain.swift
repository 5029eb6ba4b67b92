//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension JobHarness {
    /// Runs everything there is to run, moving virtual time whenever only time is waited for, until no job is left that
    /// could run.
    ///
    /// Jobs that cannot run end the drain and are reported: those of paused queues or of queues that the worker does not
    /// serve, and parked ones, whose names it does not know.
    ///
    /// - Parameter limit: The most virtual time that may go by: thirty days by default. A job that puts itself off for
    ///   ever reaches it.
    /// - Returns: How the jobs ended.
    /// - Throws: ``ExpectationFailure`` when the limit is reached, naming the jobs that are left; `CancellationError` when
    ///   the test is cancelled; ``/Lineshaft/ConfigurationError`` when the worker could not be run.
    @discardableResult
    public func drain(limit: Duration = .seconds(30 * 86_400)) async throws -> DrainReport {
        let start = clock.uptime
        while true {
            try await waitUntilOnlyTimeIsWaitedFor()
            let unfinished = try await unfinishedJobs()
            var canStillRun = unfinished.contains(where: \.canStillRun)
            if !canStillRun { canStillRun = try await waitsForRate(unfinished) }
            if !canStillRun { return try await report(unfinished, since: start) }
            // What is ready now and not taken waits for something else than time.
            let deadlines = [await worker.nextMoment, harnessClock.nextHandlerDeadline]
            guard let deadline = deadlines.compactMap({ $0 }).min() else {
                return try await report(unfinished, since: start)
            }
            guard deadline - start <= limit else { throw try await limitReached(limit, unfinished) }
            clock.advance(by: deadline - clock.uptime)
            await worker.look()
        }
    }

    /// Suspends until the worker has nothing to do and each running handler sleeps on the clock.
    private func waitUntilOnlyTimeIsWaitedFor() async throws {
        while true {
            try Task.checkCancellation()
            try end.check()
            if await worker.hasStopped {
                throw ExpectationFailure("The harness's worker has stopped, so nothing runs any more.")
            }
            if let running = await worker.runningWhileQuiet, running <= harnessClock.handlerSleeps { return }
            await activity.wait()
        }
    }

    /// The jobs of all queues that have not ended.
    private func unfinishedJobs() async throws -> [JobSnapshot] {
        let inspector = try jobs.inspector
        var found: [JobSnapshot] = []
        for queue in try await inspector.queues() {
            for state in [JobState.running, .ready, .scheduled] {
                var cursor: String?
                repeat {
                    let page = try await inspector.jobs(in: queue, state: state, after: cursor, limit: 1_000)
                    found += page.jobs
                    cursor = page.cursor
                } while cursor != nil
            }
        }
        return found
    }

    /// Whether time alone lets ready jobs begin that their queue's rate keeps back.
    private func waitsForRate(_ unfinished: [JobSnapshot]) async throws -> Bool {
        for queue in Set(unfinished.map(\.envelope.queue)) {
            if try await jobs.inspector.counts(of: queue).rateDelay != nil { return true }
        }
        return false
    }

    private func report(_ unfinished: [JobSnapshot], since start: Duration) async throws -> DrainReport {
        let ids = recorder.submissions.filter { !$0.isDuplicate }.map(\.id)
        return DrainReport(
            outcomes: try await jobs.results.outcomes(of: ids),
            unfinished: unfinished,
            elapsed: clock.uptime - start
        )
    }

    private func limitReached(_ limit: Duration, _ unfinished: [JobSnapshot]) async throws -> ExpectationFailure {
        var lines: [String] = []
        for job in unfinished.prefix(10) {
            lines.append("  “\(job.envelope.name)” (\(job.id)): \(try await jobs.explain(job.id))")
        }
        return ExpectationFailure(
            "After \(limit) of virtual time \(unfinished.count) job(s) have not ended:\n"
                + lines.joined(separator: "\n")
        )
    }
}

extension JobSnapshot {
    /// Whether time alone may bring this job to run.
    fileprivate var canStillRun: Bool {
        switch state {
        case .running: true
        case .scheduled: wait != .parked
        case .ready, .dead, .ended: false
        }
    }
}
