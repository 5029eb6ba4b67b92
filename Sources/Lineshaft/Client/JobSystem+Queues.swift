//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension JobSystem {
    /// Stops giving out a queue's jobs, to all workers everywhere.
    ///
    /// Submitting goes on; running jobs run on.
    ///
    /// - Parameter queue: The queue.
    /// - Throws: ``BrokerError`` when the broker cannot be reached or cannot pause.
    public func pause(_ queue: QueueName) async throws {
        try await inspector.setPaused(true, queue: queue)
    }

    /// Gives out a paused queue's jobs again.
    ///
    /// - Parameter queue: The queue.
    /// - Throws: ``BrokerError`` when the broker cannot be reached or cannot pause.
    public func resume(_ queue: QueueName) async throws {
        try await inspector.setPaused(false, queue: queue)
    }

    /// The broker's view into its queues: counts, lists, dead letters, workers.
    ///
    /// It throws ``BrokerError`` with the code `unsupported` when the broker has none.
    public var inspector: any QueueInspector {
        get throws(BrokerError) {
            if let inspector = broker.inspector { return inspector }
            throw BrokerError(
                code: .unsupported,
                message: "This broker cannot look into its queues. Put a result store beside it that can."
            )
        }
    }
}
