//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Lineshaft
internal import Logging

extension RedisBroker {
    /// Gives out jobs that are ready, without waiting.
    ///
    /// - Parameter request: What the worker can take.
    /// - Returns: The jobs, and how long until the next thing falls due.
    /// - Throws: ``/Lineshaft/BrokerError`` when Redis cannot be reached.
    public nonisolated func claim(_ request: ClaimRequest) async throws(BrokerError) -> Claim {
        try await settle([], claiming: request).1
    }

    /// Applies settlements, each under its lease's token.
    ///
    /// - Parameter settlements: How deliveries ended.
    /// - Returns: One result for each, in the same order.
    /// - Throws: ``/Lineshaft/BrokerError`` when an unknown part was applied. Repeating the call is safe.
    public nonisolated func settle(_ settlements: [Settlement]) async throws(BrokerError) -> [SettlementResult] {
        let batch = SettlementBatch(settlements)
        let result: ExchangeResult = try await ask { broker, waiter in
            broker.exchange(broker.turns(batch, [], nil)) { broker.hand($0, to: waiter) }
        }
        return batch.results(result.results)
    }

    /// Applies settlements and claims; what concerns one queue is one call.
    ///
    /// - Parameters:
    ///   - settlements: How deliveries ended.
    ///   - request: What the worker can take.
    /// - Returns: One result for each settlement, and the claim.
    /// - Throws: ``/Lineshaft/BrokerError`` when an unknown part was applied.
    public nonisolated func settle(
        _ settlements: [Settlement],
        claiming request: ClaimRequest
    ) async throws(BrokerError) -> ([SettlementResult], Claim) {
        let batch = SettlementBatch(settlements)
        if !request.recorded.isEmpty { try await forget(request.recorded) }
        while true {
            let result: ExchangeResult? = try await ask { broker, waiter in
                if broker.isPrepared(for: request) {
                    broker.exchange(batch, request, waiter)
                } else {
                    waiter.resume(.success(nil))
                }
            }
            if let result {
                var claim = Claim(deliveries: result.deliveries, nextDue: result.nextDue, heldBack: result.heldBack)
                if !result.ending.isEmpty { claim.ended = await endings(for: request, of: result.ending) }
                return (batch.results(result.results), claim)
            }
            try await prepare(request)
        }
    }

    /// Settles and asks the queues of a request; those that have more, where there is room left, a second time.
    private func exchange(_ batch: SettlementBatch, _ request: ClaimRequest, _ waiter: Waiter<ExchangeResult?>) {
        let questions = attachedWorkers[request.worker, default: AttachedWorker()].interest.begin(
            request,
            at: clock.uptime
        )
        exchange(turns(batch, questions, request)) { first in
            guard case .success(let first) = first else {
                self.end(request, count: 0)
                return self.hand(first, to: waiter)
            }
            let others = self.attachedWorkers[request.worker]?.interest.goOn(
                request,
                taken: first.taken,
                asked: first.asked,
                at: self.clock.uptime
            )
            guard let others, !others.isEmpty, !waiter.isOver else {
                return self.conclude(first, request, waiter)
            }
            self.exchange(self.turns(SettlementBatch([]), others, request)) { second in
                var result = first
                switch second {
                case .success(let second): result.add(second)
                // What was settled and given already stands; the queues that failed are asked again the next time.
                case .failure: result.hasMore = true
                }
                self.conclude(result, request, waiter)
            }
        }
    }

    private func conclude(_ result: ExchangeResult, _ request: ClaimRequest, _ waiter: Waiter<ExchangeResult?>) {
        let due = attachedWorkers[request.worker]?.interest.nextDue(of: request, at: clock.uptime)
        end(request, count: result.deliveries.count)
        var result = result
        result.nextDue = result.hasMore ? .zero : due
        hand(.success(result), to: waiter)
    }

    /// Ends a wait; jobs that nobody waits for any more go back.
    private func hand(_ result: Result<ExchangeResult, BrokerError>, to waiter: Waiter<ExchangeResult>) {
        if !waiter.resume(result), case .success(let result) = result { giveBack(result.deliveries) }
    }

    private func hand(_ result: Result<ExchangeResult, BrokerError>, to waiter: Waiter<ExchangeResult?>) {
        if !waiter.resume(result.map { $0 }), case .success(let result) = result { giveBack(result.deliveries) }
    }

    /// Whether the queues of a request are known and listened to, so that it can be made at once.
    private func isPrepared(for request: ClaimRequest) -> Bool {
        // A worker that claims without a port is nobody that could be woken.
        guard let attached = attachedWorkers[request.worker], attached.port != nil else { return true }
        if request.shares.isEmpty { return !attached.interest.isCountedOn }
        if attached.interest.isCountedOn(by: request.leaves) { return false }
        let now = clock.uptime
        return request.shares.allSatisfy { attached.interest.knows($0.queue, at: now) }
    }

    /// Listens to what concerns the queues of a request, and passes on what the worker has given up.
    private func prepare(_ request: ClaimRequest) async throws(BrokerError) {
        // A worker that claims without a port is nobody that could be woken.
        guard var attached = attachedWorkers[request.worker], attached.port != nil else { return }
        if request.shares.isEmpty || !request.leaves.isEmpty {
            let told = attached.interest.withdraw(from: request.shares.isEmpty ? nil : request.leaves)
            attachedWorkers[request.worker] = attached
            for queue in told {
                try await call(LeaveCall(request.worker, passesOn: true, keys: keys(queue), settings: settings))
            }
        }
        for share in request.shares where !attached.interest.knows(share.queue, at: clock.uptime) {
            do throws(BrokerError) {
                try await register(share.queue)
                try await listen(to: settings.channel(of: share.queue))
                attachedWorkers[request.worker]?.interest.learn(share.queue)
            } catch {
                // A worker with nothing else to do says so; another one goes on with its other queues.
                guard error.isOfQueue, request.shares.count > 1 else { throw error }
                bar(share.queue, for: request.worker, error)
            }
        }
    }

    /// One turn for each queue that there is something to tell or to ask.
    ///
    /// Where replicas have to know what is settled, claiming is a turn of its own: it would be in vain if they did not, and
    /// the jobs would lose their leases.
    private func turns(
        _ batch: SettlementBatch,
        _ questions: [QueueInterest.Question],
        _ request: ClaimRequest?
    ) -> [QueueTurn] {
        let separates = configuration.replicas != nil
        let claims = questions.map { question in
            QueueTurn(
                queue: question.queue,
                settlements: separates ? [] : batch.settlements(of: question.queue),
                question: question,
                request: request,
                isAttached: request.map { attachedWorkers[$0.worker]?.port != nil } ?? false
            )
        }
        let settled = batch.queues.filter { queue in separates || !questions.contains { $0.queue == queue } }
        // Slots that are settled are free for what is claimed.
        return settled.map { queue in
            QueueTurn(queue: queue, settlements: batch.settlements(of: queue), question: nil, request: request)
        } + claims
    }

    private func call(_ turn: QueueTurn) -> TurnCall {
        let items = turn.settlements.map { TurnCall.Item($0, head: heads.head(of: $0.lease)) }
        return TurnCall(items, claiming: turn.claim, keys: keys(turn.queue), settings: settings)
    }

    /// Takes several turns at once.
    ///
    /// When one fails, jobs that another has brought, or brings later, go back.
    ///
    /// - Parameters:
    ///   - turns: At most one for each queue.
    ///   - completion: Called on the loop's thread with what all of them have brought.
    private func exchange(_ turns: [QueueTurn], completion: @escaping (Result<ExchangeResult, BrokerError>) -> Void) {
        if turns.isEmpty { return completion(.success(ExchangeResult())) }
        let exchange = Exchange(turns: turns.count, completion: completion)
        for turn in turns {
            post(call(turn)) { self.took($0, of: turn, exchange) }
        }
    }

    private func took(_ result: Result<Turn, BrokerError>, of turn: QueueTurn, _ exchange: Exchange) {
        switch result {
        case .success(let answer): exchange.take(answer, of: turn, deliveries: note(answer, of: turn))
        case .failure(let error):
            noteFailure(of: turn)
            if error.isOfQueue, let request = turn.request, request.shares.count > 1 {
                bar(turn.queue, for: request.worker, error)
                exchange.leaveOut(turn)
            } else {
                exchange.fail(error)
            }
        }
        guard exchange.isOver else { return }
        if let failure = exchange.failure {
            giveBack(exchange.result.deliveries)
            exchange.completion(.failure(failure))
        } else {
            exchange.completion(.success(exchange.result))
        }
    }

    /// How long a queue is left alone in which something cannot be used.
    private static let barTime = Duration.seconds(15)

    private func bar(_ queue: QueueName, for worker: WorkerID, _ error: BrokerError) {
        attachedWorkers[worker]?.interest.bar(queue, until: clock.uptime + Self.barTime)
        // Looked at again before it is used.
        knownQueues.remove(queue)
        logger.error(
            "A queue cannot be used; the worker leaves it alone for a while and goes on with the others",
            metadata: ["job.queue": "\(queue)", "error": "\(error)"]
        )
    }

    /// Takes in what a turn came to.
    ///
    /// - Returns: The jobs that can be run.
    private func note(_ answer: Turn, of turn: QueueTurn) -> [Delivery] {
        for settlement in turn.settlements { heads.forget(settlement.lease) }
        if let question = turn.question, let worker = turn.request?.worker {
            if answer.isIdle, attachedWorkers[worker] == nil {
                // It has left meanwhile, and must not be counted on; what was meant for it is for others.
                passOn(turn.queue, from: worker)
            }
            attachedWorkers[worker]?.interest.answered(
                question,
                count: answer.jobs.count,
                isNoted: answer.isIdle,
                hasMore: answer.hasMore,
                delay: answer.nextDue,
                at: clock.uptime
            )
        }
        return answer.jobs.compactMap { job in
            switch job.envelope {
            case .success(let envelope):
                heads.remember(job.head, of: job.lease)
                return Delivery(envelope: envelope, lease: job.lease, attempt: job.attempt, delivery: job.delivery)
            case .failure(let error):
                putAside(job, error)
                return nil
            }
        }
    }

    /// Puts a job aside that this program cannot read: one of a newer version for a newer worker, a damaged one among the
    /// dead letters.
    private func putAside(_ job: ClaimedJob, _ error: StorageError) {
        let disposition: Settlement.Disposition
        if error.code == .newer {
            disposition = .parked(for: .seconds(30))
        } else {
            let failure = JobFailure(
                code: .undecodablePayload,
                message: error.message,
                type: "StorageError",
                attempt: 0,
                time: clock.now
            )
            disposition = .failed(failure)
        }
        logger.warning(
            "A job that this program cannot read is put aside",
            metadata: ["job.id": "\(job.lease.id)", "job.queue": "\(job.lease.queue)", "error": "\(error)"]
        )
        let settlement = Settlement(lease: job.lease, disposition: disposition)
        post(call(QueueTurn(queue: job.lease.queue, settlements: [settlement], question: nil, request: nil))) { _ in
            // Lost, its lease runs out and it comes again.
        }
    }

    private func noteFailure(of turn: QueueTurn) {
        guard let question = turn.question, let worker = turn.request?.worker else { return }
        attachedWorkers[worker]?.interest.failed(question)
    }

    /// A claim is over: whoever was woken for jobs that this worker has no room for passes the wake on.
    private func end(_ request: ClaimRequest, count: Int) {
        let isFull = count >= request.limit
        guard let woken = attachedWorkers[request.worker]?.interest.end(isFull: isFull) else { return }
        // Nothing is kept of one that nobody can wake.
        if attachedWorkers[request.worker]?.port == nil { attachedWorkers[request.worker] = nil }
        for queue in woken { passOn(queue, from: request.worker) }
    }

    /// Has somebody else woken in place of a worker.
    func passOn(_ queue: QueueName, from worker: WorkerID) {
        post(LeaveCall(worker, passesOn: true, keys: keys(queue), settings: settings)) { _ in
            // Lost, the jobs wait until somebody's idle interval is over.
        }
    }

    /// Gives back jobs that nobody has taken in.
    private func giveBack(_ deliveries: [Delivery]) {
        // Each goes to the front of its queue, so the last one goes first.
        let batch = SettlementBatch(
            deliveries.reversed().map { Settlement(lease: $0.lease, disposition: .unstarted) }
        )
        for turn in turns(batch, [], nil) {
            post(call(turn)) { _ in
                // Lost, their leases run out.
            }
        }
    }

    /// Extends leases that are still held, counted from now.
    ///
    /// - Parameters:
    ///   - leases: The leases.
    ///   - duration: How long they run from now on.
    /// - Returns: How each stands, in the same order.
    /// - Throws: ``/Lineshaft/BrokerError`` when Redis cannot be reached.
    public func extend(_ leases: [Lease], by duration: Duration) async throws(BrokerError) -> [LeaseStatus] {
        var statuses = [LeaseStatus](repeating: .lost, count: leases.count)
        let groups = Dictionary(grouping: leases.indices) { leases[$0].queue }
        let calls = groups.sorted { $0.key < $1.key }.map { queue, places in
            let part = places.map { leases[$0] }
            return (places, ExtendCall(part, by: duration, keys: keys(queue), settings: settings))
        }
        for ((places, _), answer) in zip(calls, try await call(all: calls.map(\.1))) {
            for (place, status) in zip(places, answer) {
                statuses[place] = status
                if status == .lost { heads.forget(leases[place]) }
            }
        }
        return statuses
    }
}
