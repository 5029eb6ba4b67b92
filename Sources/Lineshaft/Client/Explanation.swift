//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// Why a job is where it is: what ``JobSystem/explain(_:)`` answers, as a type and, in `description`, in words.
///
/// More may come, so a switch outside this package keeps an `@unknown default`.
@nonexhaustive
public enum Explanation: Sendable, Hashable {
    /// It was submitted for later.
    case delayed(until: Timestamp)
    /// Its last attempt failed; the next is due then.
    case retrying(until: Timestamp, attempt: Int, failure: JobFailure?)
    /// Its handler put it off.
    case snoozed(until: Timestamp)
    /// No worker that was offered it knows its name, or its version; it is offered again then.
    case parked(until: Timestamp, name: JobName)
    /// It was submitted under a later version of its job type than the workers of its queue know; it is offered again then.
    case parkedAsNewer(until: Timestamp, name: JobName, version: Int, known: Int)
    /// Its lease has run out that many times: workers died on it, or on another job beside it. It is offered again then, apart
    /// from those.
    case suspected(until: Timestamp, lostLeases: Int)
    /// Its queue is paused.
    case queuePaused(QueueName)
    /// No worker serves its queue.
    case noWorker(QueueName)
    /// Workers serve its queue, but none of them knows its name, or its version.
    case noWorkerKnows(JobName, workers: [WorkerID])
    /// As many jobs of its queue run as the queue's limit allows, over all workers.
    case concurrencyLimited(QueueName, limit: Int)
    /// Its queue's rate lets the next job begin then.
    case rateLimited(QueueName, rate: RateLimit, until: Timestamp)
    /// Its tenant has reached its limits in this queue: its rate lets the next job begin then, or, without a time, as many
    /// of its jobs run as may.
    case tenantLimited(TenantName, PartLimits, until: Timestamp?)
    /// Its job type has reached its limits in this queue: its rate lets the next job begin then, or, without a time, as
    /// many of its jobs run as may.
    case jobLimited(JobName, PartLimits, until: Timestamp?)
    /// The workers of its queue run as many of its jobs as they may.
    case limitReached(QueueName, limit: Int)
    /// The workers of its queue are busy with jobs of this and other queues: they run as many as they may. That many of its
    /// queue go before it; `nil` where counting would be too slow.
    case workersBusy(QueueName, running: Int, ahead: Int?)
    /// It is ready, and that many jobs go before it; `nil` where counting would be too slow.
    case waiting(ahead: Int?)
    /// A worker runs it.
    case running(worker: WorkerID?, since: Timestamp?, isCancelRequested: Bool)
    /// It has ended.
    case ended(JobStatus)
}

extension Explanation: CustomStringConvertible {
    /// The explanation as a sentence.
    public var description: String {
        switch self {
        case .delayed(let time):
            return "It is delayed until \(time)."
        case .retrying(let time, let attempt, let failure):
            let reason = failure.map { ": \($0.message)" } ?? "."
            return "Attempt \(attempt) begins at \(time); the one before failed\(reason)"
        case .snoozed(let time):
            return "Its handler put it off until \(time)."
        case .parked(let time, let name):
            return "No worker that was offered it has a handler for the job name “\(name)” and its version; "
                + "it is offered again at \(time). Start a worker that has one."
        case .parkedAsNewer(let time, let name, let version, let known):
            return
                "It is of version \(version) of the job “\(name)”, and the workers of its queue know version \(known) at "
                + "most; it is offered again at \(time). Start a worker of the newer program."
        case .suspected(let time, let count):
            return "Its lease has run out \(count) times, because workers died on it or on another job beside it; "
                + "it is offered again at \(time), apart from those. See the logs of the workers."
        case .queuePaused(let queue):
            return "The queue “\(queue)” is paused. Resume it to have its jobs run."
        case .noWorker(let queue):
            return "No worker serves the queue “\(queue)”. Start one that does."
        case .noWorkerKnows(let name, let workers):
            return "The \(workers.count) worker(s) of its queue have no handler for the job name “\(name)” "
                + "and its version. Start one that has."
        case .concurrencyLimited(let queue, let limit):
            return "The queue “\(queue)” is limited to \(limit) running job(s) over all workers, and as many run."
        case .rateLimited(let queue, let rate, let time):
            return "The queue “\(queue)” is limited to \(rate.count) job(s) per \(rate.period); "
                + "the next one may begin at \(time)."
        case .tenantLimited(let tenant, let limits, let time):
            return "Its tenant “\(tenant)” \(Self.reached(limits, until: time))"
        case .jobLimited(let name, let limits, let time):
            return "The job “\(name)” \(Self.reached(limits, until: time))"
        case .limitReached(let queue, let limit):
            return "The workers of the queue “\(queue)” run \(limit) of its jobs, which is as many as they may."
        case .workersBusy(let queue, let count, let ahead):
            return
                "The workers of the queue “\(queue)” run \(count) jobs of this and other queues, which is as many as "
                + "they may. \(Self.place(ahead))"
        case .waiting(let ahead): return Self.place(ahead)
        case .running(let worker, let since, let isCancelRequested):
            let place = worker.map { " on \($0)" } ?? ""
            let time = since.map { " since \($0)" } ?? ""
            return "It is running\(place)\(time)"
                + (isCancelRequested ? "; its cancellation has been requested." : ".")
        case .ended(let status):
            switch status {
            case .succeeded: return "It has succeeded."
            case .failed(let failure): return "It has failed: \(failure.message)"
            case .cancelled: return "It was cancelled."
            case .expired: return "It was not started before its expiry."
            case .scheduled, .ready, .running: return "It has not ended."
            }
        }
    }

    private static func place(_ ahead: Int?) -> String {
        switch ahead {
        case .none: "It is ready and waits for its turn."
        case .some(0): "It is ready and next in its queue."
        case .some(let count): "It is ready and waits behind \(count) other job(s)."
        }
    }

    private static func reached(_ limits: PartLimits, until time: Timestamp?) -> String {
        if let time, let rate = limits.rate {
            return
                "is limited to \(rate.count) job(s) per \(rate.period) in its queue; the next one may begin at \(time)."
        }
        return "is limited to \(limits.concurrency ?? 1) running job(s) in its queue over all workers, and as many run."
    }
}

extension JobSystem {
    /// Says why a job is where it is, and so why it waits.
    ///
    /// - Parameter id: The job.
    /// - Returns: The first reason that holds; others may follow once that one is gone.
    /// - Throws: ``JobError`` with the code `notFound` when there is no such job or its outcome is no longer kept;
    ///   ``BrokerError`` when the broker cannot be reached.
    public func explain(_ id: JobID) async throws -> Explanation {
        let job: JobSnapshot
        switch try await locate(id) {
        case .ended: return .ended(try await status(of: id))
        case .open(let open): job = open
        }
        let due = job.due ?? clock.now
        switch job.state {
        case .ended: return .ended(try await status(of: id))
        case .dead: return .ended(.failed(job.lastFailure))
        case .running: return try await explainRunning(job)
        case .scheduled:
            switch job.wait {
            case .retrying: return .retrying(until: due, attempt: job.failedAttempts + 1, failure: job.failures.last)
            case .snoozed: return .snoozed(until: due)
            case .parked: return try await explainParked(job, until: due)
            case .suspected: return .suspected(until: due, lostLeases: job.lostLeases)
            case .delayed, .none: return .delayed(until: due)
            }
        case .ready: return try await explainReady(job)
        }
    }

    private func explainRunning(_ job: JobSnapshot) async throws -> Explanation {
        var (worker, since) = (job.worker, job.runningSince)
        // Not every broker knows to whom it gave a job, but the worker says what it runs.
        if worker == nil, let inspector = broker.inspector {
            for report in try await inspector.workers() {
                guard let run = report.runs.first(where: { $0.id == job.id }) else { continue }
                (worker, since) = (report.id, run.since)
            }
        }
        return .running(worker: worker, since: since, isCancelRequested: job.isCancelRequested)
    }

    private func explainParked(_ job: JobSnapshot, until due: Timestamp) async throws -> Explanation {
        let (queue, name, version) = (job.envelope.queue, job.envelope.name, job.envelope.version)
        let workers = try await broker.inspector?.workers() ?? []
        let known = workers.filter { $0.queues.contains { $0.name == queue } }.compactMap { $0.knownJobs[name] }.max()
        guard let known, known < version else { return .parked(until: due, name: name) }
        return .parkedAsNewer(until: due, name: name, version: version, known: known)
    }

    private func explainReady(_ job: JobSnapshot) async throws -> Explanation {
        guard let inspector = broker.inspector else { return .waiting(ahead: job.ahead) }
        let queue = job.envelope.queue
        let counts = try await inspector.counts(of: queue)
        if counts.isPaused { return .queuePaused(queue) }
        let everybody = try await inspector.workers()
        let workers = everybody.filter { $0.queues.contains { $0.name == queue } }
        if workers.isEmpty { return .noWorker(queue) }
        let able = workers.filter { $0.knownJobs[job.envelope.name, default: 0] >= job.envelope.version }
        if able.isEmpty { return .noWorkerKnows(job.envelope.name, workers: workers.map(\.id)) }
        if let limit = counts.limits.concurrency, counts.running >= limit {
            return .concurrencyLimited(queue, limit: limit)
        }
        if let rate = counts.limits.rate, let delay = counts.rateDelay {
            return .rateLimited(queue, rate: rate, until: clock.now + delay)
        }
        if let hold = job.hold {
            let time = hold.rateDelay.map { clock.now + $0 }
            switch hold.part {
            case .tenant(let tenant): return .tenantLimited(tenant, counts.limits.perTenant ?? .none, until: time)
            case .job(let name): return .jobLimited(name, counts.limits.perJob[name] ?? .none, until: time)
            }
        }
        let limit = workers.reduce(0) { sum, worker in
            sum + min(worker.concurrency, worker.queues.first { $0.name == queue }?.concurrency ?? 0)
        }
        if counts.running >= limit { return .limitReached(queue, limit: limit) }
        if let running = try await runningIfBusy(everybody, around: queue, inspector) {
            return .workersBusy(queue, running: running, ahead: job.ahead)
        }
        return .waiting(ahead: job.ahead)
    }

    /// The most queues that are counted to find out whether workers are busy.
    private static let countedQueues = 64

    /// How many jobs the workers run that serve a queue, or queues of theirs, if that is as many as they may.
    ///
    /// Workers say only now and then what they run, so the queues are counted instead: all that share workers with the queue.
    private func runningIfBusy(
        _ workers: [WorkerReport],
        around queue: QueueName,
        _ inspector: any QueueInspector
    ) async throws(BrokerError) -> Int? {
        var queues: Set<QueueName> = [queue]
        var involved: [WorkerReport] = []
        while true {
            involved = workers.filter { worker in worker.queues.contains { queues.contains($0.name) } }
            let all = Set(involved.flatMap { $0.queues.map(\.name) })
            if all.count == queues.count { break }
            if all.count > Self.countedQueues { return nil }
            queues = all
        }
        if queues.count == 1 { return nil }
        var running = 0
        for name in queues.sorted() { running += try await inspector.counts(of: name).running }
        return running >= involved.reduce(0) { $0 + $1.concurrency } ? running : nil
    }
}
