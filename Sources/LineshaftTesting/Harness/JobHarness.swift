//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Lineshaft
internal import Synchronization

/// A whole job system for a test: in-memory broker, worker and virtual time, so that retries, delays and timeouts of
/// hours take no time at all.
///
/// ```swift
/// try await withJobHarness {
///     Handler(for: SendInvitation.self) { job, context in try await mailer.send(job.address) }
/// } run: { harness in
///     try await harness.jobs.submit(SendInvitation(address: "ada@example.org"), delay: .seconds(3600))
///     let report = try await harness.drain()
///     #expect(report.succeeded == 1)
/// }
/// ```
///
/// Real code runs, with the real worker; only the clock is not real. Handlers that wait should do so on
/// ``/Lineshaft/JobContext/clock``; one that waits for anything else is waited for in real time.
public struct JobHarness: Sendable {
    /// The system to submit to.
    public let jobs: JobSystem
    /// The worker that runs the handlers.
    public let worker: Worker
    /// The clock of both.
    public let clock: VirtualClock
    /// What was submitted.
    public let recorder: SubmissionRecorder

    let harnessClock: HarnessClock
    let activity: Signal
    let end: WorkerEnd

    /// Submits a job, runs everything there is to run, and returns the job's value.
    ///
    /// - Parameters:
    ///   - job: The job.
    ///   - options: How to submit it.
    /// - Returns: What its handler returned.
    /// - Throws: ``/Lineshaft/JobError`` when the job did not succeed, and what submitting and ``drain(limit:)`` throw.
    public func run<J: Job>(
        _ job: J,
        options: JobOptions = JobOptions()
    ) async throws -> J.Output where J.Input == NoValue {
        let handle = try await jobs.submit(job, options: options)
        let report = try await drain()
        if let left = report.unfinished.first(where: { $0.id == handle.id }) {
            throw ExpectationFailure(
                "The job “\(J.name)” did not run. \(try await jobs.explain(left.id))"
            )
        }
        return try await handle.value
    }

    /// Checks that jobs of a type were submitted.
    ///
    /// - Parameters:
    ///   - type: The job type.
    ///   - count: How many are expected; at least one if left out.
    ///   - queue: The queue they are expected on; any if left out.
    ///   - matches: Which of them count; all if left out.
    /// - Returns: The jobs that count, in the order of submission.
    /// - Throws: ``ExpectationFailure``, which lists what was submitted.
    @discardableResult
    public func expectSubmitted<J: Job>(
        _ type: J.Type,
        count: Int? = nil,
        on queue: QueueName? = nil,
        where matches: (J) -> Bool = { _ in true }
    ) throws -> [J] {
        let found = try recorder.jobs(of: type, codec: jobs.configuration.codec)
            .filter { !$0.submission.isDuplicate }
            .filter { queue == nil || $0.submission.draft.queue == queue }
            .map(\.job)
            .filter(matches)
        if count.map({ $0 == found.count }) ?? !found.isEmpty { return found }
        let expected = count.map { "\($0) submission(s)" } ?? "a submission"
        let place = queue.map { " on “\($0)”" } ?? ""
        let all = recorder.submissions.map { "  “\($0.draft.name)” on “\($0.draft.queue)”" }
        throw ExpectationFailure(
            "Expected \(expected) of “\(J.name)”\(place) and found \(found.count). Submitted were:\n"
                + (all.isEmpty ? "  nothing" : all.joined(separator: "\n"))
        )
    }

    /// Checks that no job of a type was submitted.
    ///
    /// - Parameter type: The job type.
    /// - Throws: ``ExpectationFailure``, which lists what was submitted.
    public func expectNoneSubmitted<J: Job>(_ type: J.Type) throws {
        try expectSubmitted(type, count: 0)
    }
}

/// Why a harness's worker does not run, if it could not.
final class WorkerEnd: Sendable {
    private let failure = Mutex<(any Error)?>(nil)

    func set(_ error: any Error) {
        failure.withLock { $0 = error }
    }

    /// Throws what the worker threw.
    func check() throws {
        if let error = failure.withLock({ $0 }) { throw error }
    }
}

/// Runs a test in a ``JobHarness`` and takes it down afterwards.
///
/// - Parameters:
///   - queues: The queues that the worker serves.
///   - system: How the system works. Clock and seed are the harness's.
///   - worker: How the worker works.
///   - handlers: What runs the jobs.
///   - body: The test.
/// - Returns: What the test returns.
/// - Throws: What the test throws, or ``/Lineshaft/ConfigurationError`` when the set-up is wrong.
public func withJobHarness<Result: Sendable>(
    queues: WorkerQueues = ["default": 10],
    system: JobSystem.Configuration = JobSystem.Configuration(),
    worker: Worker.Configuration = Worker.Configuration(),
    @HandlerBuilder handlers: () -> [AnyHandler],
    run body: (JobHarness) async throws -> Result
) async throws -> Result {
    let clock = VirtualClock()
    let activity = Signal()
    let harnessClock = HarnessClock(base: clock, activity: activity)
    let recorder = SubmissionRecorder()
    var configuration = system
    configuration.clock = harnessClock
    configuration.seed = configuration.seed ?? 1
    configuration.middleware.append(recorder)
    let broker = MemoryBroker(clock: harnessClock, configuration: .init(retention: configuration.resultRetention))
    let jobs = try await JobSystem(broker: broker, configuration: configuration)
    let end = WorkerEnd()
    let list = handlers()
    let worker = Worker(jobs, queues: queues, configuration: worker) { list }
    let harness = JobHarness(
        jobs: jobs,
        worker: worker,
        clock: clock,
        recorder: recorder,
        harnessClock: harnessClock,
        activity: activity,
        end: end
    )
    await worker.raiseWhenQuiet(activity)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            // However it ends, whoever waits for it to be quiet looks again.
            defer { activity.raise() }
            do {
                try await worker.run()
            } catch {
                end.set(error)
                throw error
            }
        }
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await body(harness))
        } catch {
            result = .failure(error)
        }
        group.cancelAll()
        try await group.waitForAll()
        await jobs.shutdown()
        return try result.get()
    }
}
