//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// What a worker asks a broker for.
public struct ClaimRequest: Sendable {
    /// How much a worker wants of one queue.
    public struct Share: Sendable, Hashable {
        /// The queue.
        public let queue: QueueName
        /// How many jobs are this queue's before other queues may take what is left.
        public let fair: Int
        /// How many jobs the worker can take from this queue at most.
        public let maximum: Int

        /// Creates a share.
        public init(queue: QueueName, fair: Int, maximum: Int) {
            self.queue = queue
            self.fair = fair
            self.maximum = maximum
        }
    }

    /// Who asks.
    public let worker: WorkerID
    /// The queues to take from, in order.
    ///
    /// First each gives up to its fair share, then each up to its maximum. One of which nothing is wanted is looked after
    /// all the same: time catches up with it, and its endings are given.
    public let shares: [Share]
    /// The most jobs to take in all.
    public let limit: Int
    /// How long the leases run unless extended.
    public let lease: Duration
    /// The number of leases run out at which a job is put among the dead letters: with 3, it is given out three times.
    public let poisonLimit: Int
    /// What this worker was given in ``Claim/ended`` and has stored since: the broker forgets it.
    public let recorded: [Ending]
    /// Queues that this worker wants nothing of any more, although it may have waited for their jobs.
    ///
    /// Whoever would have woken it for one of them wakes others. A request without shares leaves all queues.
    public let leaves: [QueueName]

    /// Creates a request.
    public init(
        worker: WorkerID,
        shares: [Share],
        limit: Int,
        lease: Duration,
        poisonLimit: Int,
        recorded: [Ending] = [],
        leaves: [QueueName] = []
    ) {
        self.worker = worker
        self.shares = shares
        self.limit = limit
        self.lease = lease
        self.poisonLimit = poisonLimit
        self.recorded = recorded
        self.leaves = leaves
    }
}

/// What a broker gives to a worker.
public struct Claim: Sendable {
    /// The jobs, leased to the worker.
    public var deliveries: [Delivery]
    /// How long until a job of these queues falls due, a lease runs out, or a queue's rate lets go on; `nil` when nothing is known to come.
    ///
    /// It is a duration, not a time, because the worker's clock may disagree with the broker's.
    public var nextDue: Duration?
    /// Those of the request's queues whose limits keep jobs back that the worker could have taken.
    ///
    /// A worker that settles a job of such a queue claims with it, for it may have freed the next one's place.
    public var heldBack: [QueueName]
    /// Jobs of the request's queues that the broker has ended by itself, and whose outcomes it cannot store.
    ///
    /// Whoever gets them stores them, then says so in a later request; until then they are given again, each after the
    /// request's lease. From a broker with ``Broker/results`` there are only those of workflows, which must be told.
    public var ended: [Ending]

    /// Creates a claim.
    public init(
        deliveries: [Delivery] = [],
        nextDue: Duration? = nil,
        heldBack: [QueueName] = [],
        ended: [Ending] = []
    ) {
        self.deliveries = deliveries
        self.nextDue = nextDue
        self.heldBack = heldBack
        self.ended = ended
    }
}

/// One job given to one worker, once.
public struct Delivery: Sendable {
    /// The job.
    public let envelope: Envelope
    /// The right to run it.
    public let lease: Lease
    /// The number of this attempt, from 1: one more than attempts that ran and failed.
    public let attempt: Int
    /// The number of this delivery, from 1: it also counts crashes, releases and snoozes.
    public let delivery: Int

    /// Creates a delivery.
    public init(envelope: Envelope, lease: Lease, attempt: Int, delivery: Int) {
        self.envelope = envelope
        self.lease = lease
        self.attempt = attempt
        self.delivery = delivery
    }
}
