//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Logging

extension JobSystem {
    /// How long whoever was given an ending is trusted to store it.
    private static let endingLease = Duration.seconds(8)

    /// Stores what the broker has ended by itself in some queues, where the store is not the broker's own.
    ///
    /// Workers do so in passing. A process that has just cancelled a job, or that waits for one which lapses, does it
    /// itself, for there may be no worker.
    ///
    /// - Parameter queues: The queues.
    /// - Throws: ``BrokerError`` when broker or store cannot be reached; the broker then keeps what was not stored.
    func storeEndings(of queues: some Collection<QueueName>) async throws(BrokerError) {
        guard storesResultsApart || broker.workflows != nil, !queues.isEmpty else { return }
        var recorded: [Ending] = []
        repeat {
            let request = ClaimRequest(
                worker: WorkerID("client-\(inbox.client)"),
                shares: queues.map { ClaimRequest.Share(queue: $0, fair: 0, maximum: 0) },
                limit: 0,
                lease: Self.endingLease,
                poisonLimit: 1,
                recorded: recorded
            )
            let claim = try await broker.claim(request)
            if !claim.ended.isEmpty, storesResultsApart { _ = try await results.record(claim.ended.map(\.record)) }
            recorded = try await tellWorkflows(claim.ended)
        } while !recorded.isEmpty
    }

    /// Stores endings for whoever waits for them; if that fails, the next worker does it.
    func storeEndingsNow(of queues: some Collection<QueueName>) async {
        do {
            try await storeEndings(of: queues)
        } catch {
            configuration.logger.debug(
                "An outcome could not be stored yet; the broker keeps it for a worker to store",
                metadata: ["error": "\(error)"]
            )
        }
    }
}
