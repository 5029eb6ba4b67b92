//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Lineshaft

/// A worker of this process.
struct AttachedWorker {
    let port: WorkerPort
    var interest = QueueInterest()
}

extension RedisBroker {
    /// Connects a worker's port, and listens to what is published to it before it claims anything.
    ///
    /// - Parameter port: What to call.
    /// - Throws: ``/Lineshaft/BrokerError`` when Redis cannot be reached.
    public func attach(_ port: WorkerPort) async throws(BrokerError) {
        workers[port.worker] = AttachedWorker(port: port)
        try await listen(to: storage.workerChannel(port.worker))
    }

    /// Forgets a worker's port and its entry among the workers; where it counted as idle, others are woken in its place.
    ///
    /// - Parameter worker: The worker that has stopped.
    public func detach(_ worker: WorkerID) async {
        guard var attached = workers.removeValue(forKey: worker) else { return }
        listener?.stopListening(to: storage.workerChannel(worker))
        for queue in attached.interest.queues where !workers.values.contains(where: { $0.interest.knows(queue) }) {
            listener?.stopListening(to: storage.queueChannel(queue))
        }
        let (noted, woken) = attached.interest.withdraw()
        do throws(BrokerError) {
            for queue in Set(noted + woken).sorted() {
                try await call(LeaveCall(storage: storage, queue: queue, worker: worker, passes: true))
            }
            try await call(ForgetWorkerCall(storage: storage, worker: worker))
        } catch {
            // Its report runs out, and whoever publishes to it finds that nobody hears it.
            logger.debug("A worker could not take its leave of Redis", metadata: ["error": "\(error)"])
        }
    }

    /// Publishes what a worker serves and knows.
    ///
    /// - Parameter report: The worker's description of itself.
    /// - Throws: ``/Lineshaft/BrokerError`` when Redis cannot be reached.
    public func announce(_ report: WorkerReport) async throws(BrokerError) {
        try await call(AnnounceCall(storage: storage, report: report))
    }
}
