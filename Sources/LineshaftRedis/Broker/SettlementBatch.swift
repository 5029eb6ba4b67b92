//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

/// Settlements, put together by queue, for what concerns one queue is one call.
struct SettlementBatch {
    /// The queues, in the order in which they first come.
    private(set) var queues: [QueueName] = []
    private var groups: [QueueName: [Settlement]] = [:]
    /// Where each settlement of a queue stood.
    private var places: [QueueName: [Int]] = [:]
    private let count: Int

    init(_ settlements: [Settlement]) {
        count = settlements.count
        for (place, settlement) in settlements.enumerated() {
            let queue = settlement.lease.queue
            if groups[queue] == nil { queues.append(queue) }
            groups[queue, default: []].append(settlement)
            places[queue, default: []].append(place)
        }
    }

    /// The settlements of a queue, in order.
    func settlements(of queue: QueueName) -> [Settlement] { groups[queue] ?? [] }

    /// Puts the results of all queues in the order of the settlements.
    func results(_ answers: [QueueName: [SettlementResult]]) -> [SettlementResult] {
        var results = [SettlementResult](repeating: .refused, count: count)
        for (queue, places) in places {
            for (place, result) in zip(places, answers[queue] ?? []) { results[place] = result }
        }
        return results
    }
}
