//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Lineshaft

extension RedisBroker {
    private typealias QueuedJob = (queue: QueueName, job: EncodedJob)

    /// Accepts jobs, in order.
    ///
    /// What other tasks submit to the same queue at the same time travels in the same call.
    ///
    /// - Parameter submissions: The jobs and the conditions for accepting them.
    /// - Returns: One receipt for each, in the same order.
    /// - Throws: ``/Lineshaft/BrokerError`` when none, or an unknown part, was accepted. Repeating the call is safe.
    public nonisolated func enqueue(_ submissions: [Submission]) async throws(BrokerError) -> [Receipt] {
        if submissions.isEmpty { return [] }
        // On the caller's thread, for the loop has enough to do.
        var jobs: [QueuedJob] = []
        jobs.reserveCapacity(submissions.count)
        for submission in submissions { jobs.append((submission.envelope.queue, try encode(submission))) }
        return try await enqueue(jobs)
    }

    nonisolated func encode(_ submission: Submission) throws(BrokerError) -> EncodedJob {
        let job: EncodedJob
        do throws(StorageError) {
            job = try EncodedJob(submission)
        } catch {
            throw BrokerError(error)
        }
        guard job.size > Self.maximumEnvelope else { return job }
        throw BrokerError(
            code: .rejected,
            message:
                "Job \(submission.envelope.id), “\(submission.envelope.name)”, is \(job.size) bytes long; Redis takes "
                + "\(Self.maximumEnvelope). Pass large data by reference."
        )
    }

    /// The longest envelope; Redis allows strings of 512 MiB, and the parts around the payload need room.
    private static let maximumEnvelope = (512 << 20) - (64 << 10)

    private nonisolated func enqueue(_ jobs: [QueuedJob]) async throws(BrokerError) -> [Receipt] {
        while true {
            let receipts: [Receipt]? = try await ask { broker, waiter in
                if broker.areKnown(jobs) { broker.add(jobs, waiter) } else { waiter.resume(.success(nil)) }
            }
            if let receipts { return receipts }
            try await register(jobs)
        }
    }

    private func areKnown(_ jobs: [QueuedJob]) -> Bool {
        jobs.allSatisfy { knownQueues.contains($0.queue) }
    }

    private func register(_ jobs: [QueuedJob]) async throws(BrokerError) {
        for (queue, _) in jobs where !knownQueues.contains(queue) { try await register(queue) }
    }

    private func add(_ jobs: [QueuedJob], _ waiter: Waiter<[Receipt]?>) {
        let group = EnqueueBatcher.Group(count: jobs.count, waiter: waiter)
        for (index, (queue, job)) in jobs.enumerated() { batcher(of: queue).add(job, of: group, at: index) }
    }

    private func batcher(of queue: QueueName) -> EnqueueBatcher {
        if let batcher = batchers[queue] { return batcher }
        let batcher = EnqueueBatcher(loop: loop) { [settings, topology, keys = keys(queue)] jobs, completion in
            let call = EnqueueCall(jobs, keys: keys, settings: settings)
            topology.post(call.command(completion), slot: call.slot)
        }
        batchers[queue] = batcher
        return batcher
    }

    /// Notes a queue's name where tools find it, and sees that its keys hold what they should, before the first job is in it.
    func register(_ queue: QueueName) async throws(BrokerError) {
        guard !knownQueues.contains(queue) else { return }
        try await call(CheckCall(keys: keys(queue)))
        let key = settings.queuesKey
        _ = try await send(["SADD", .bytes(key), .string(queue.rawValue)], key: key)
        knownQueues.insert(queue)
    }

    /// Suspends until the queue may have room for another job.
    ///
    /// - Parameters:
    ///   - queue: The queue.
    ///   - maximumLength: The length that counted as full.
    /// - Throws: ``/Lineshaft/BrokerError`` when Redis cannot be reached, or with the code `cancelled`.
    public func waitForRoom(in queue: QueueName, maximumLength: Int) async throws(BrokerError) {
        try await listen(to: settings.channel(of: roomClient))
        let waiter = Waiter<Void>()
        roomWaiters[queue, default: []].append(waiter)
        defer { roomWaiters[queue]?.removeAll { $0 === waiter } }
        let question = RoomCall(roomClient, maximumLength: maximumLength, keys: keys(queue), settings: settings)
        if try await call(question) { return }
        try await wait(for: waiter)
    }
}
