//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import Logging

extension RedisBroker {
    /// What queues have ended by themselves and workflows are to be told.
    ///
    /// When it cannot be had now, it is given out with a later claim, and jobs that have been claimed are not lost for it.
    ///
    /// - Parameters:
    ///   - request: Who asks.
    ///   - queues: The queues that have such.
    /// - Returns: The endings.
    func endings(for request: ClaimRequest, of queues: [QueueName]) async -> [Ending] {
        let calls = queues.map { EndingsCall(lease: request.lease, keys: keys($0), settings: settings) }
        do {
            return try await call(all: calls).flatMap(\.self)
        } catch {
            logger.debug("Endings could not be read; they are given again", metadata: ["error": "\(error)"])
            return []
        }
    }

    /// Has queues forget what workflows have been told.
    ///
    /// - Parameter endings: What was given out before.
    /// - Throws: ``/Lineshaft/BrokerError`` when Redis cannot be reached.
    func forget(_ endings: [Ending]) async throws(BrokerError) {
        let calls = Dictionary(grouping: endings, by: \.queue).map { queue, endings in
            EndingsToldCall(endings, keys: keys(queue), settings: settings)
        }
        _ = try await call(all: calls)
    }
}
