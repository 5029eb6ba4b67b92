//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Lineshaft
internal import Logging

/// A worker of this process.
struct AttachedWorker {
    /// What to call; `nil` for one that claims and nobody can wake.
    var port: WorkerPort?
    var interest = QueueInterest()
}

extension RedisBroker {
    /// Connects a worker's port, and listens to what is published to it before it claims anything.
    ///
    /// - Parameter port: What to call.
    /// - Throws: ``/Lineshaft/BrokerError`` when Redis cannot be reached.
    public func attach(_ port: WorkerPort) async throws(BrokerError) {
        attachedWorkers[port.worker] = AttachedWorker(port: port)
        try await listen(to: settings.channel(of: port.worker))
    }

    /// Forgets a worker's port and its entry among the workers; where it counted as idle, others are woken in its place.
    ///
    /// - Parameter worker: The worker that has stopped.
    public func detach(_ worker: WorkerID) async {
        var left: [QueueName] = []
        let now = clock.uptime
        if var attached = attachedWorkers.removeValue(forKey: worker) {
            listener?.stopListening(to: settings.channel(of: worker))
            for queue in attached.interest.queues
            where !attachedWorkers.values.contains(where: { $0.interest.knows(queue, at: now) }) {
                listener?.stopListening(to: settings.channel(of: queue))
            }
            left = attached.interest.withdraw()
        }
        do throws(BrokerError) {
            for queue in left {
                try await call(LeaveCall(worker, passesOn: true, keys: keys(queue), settings: settings))
            }
            try await call(ForgetWorkerCall(worker, settings: settings))
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
        try await call(AnnounceCall(report, settings: settings))
    }
}
