//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// Settlements that the broker has not confirmed yet, in order.
package struct SettlementBox {
    /// A settlement, and the delivery that it ends.
    package struct Item: Sendable {
        package let settlement: Settlement
        package let delivery: Delivery
        /// How long the lease certainly runs, by the worker's uptime.
        package var heldUntil: Duration

        package init(settlement: Settlement, delivery: Delivery, heldUntil: Duration = .zero) {
            self.settlement = settlement
            self.delivery = delivery
            self.heldUntil = heldUntil
        }
    }

    private var waiting: [Item] = []

    package init() {}

    package var isEmpty: Bool { waiting.isEmpty }
    package var count: Int { waiting.count }

    package mutating func put(_ item: Item) {
        waiting.append(item)
    }

    /// Takes up to `limit` items out.
    ///
    /// What the broker does not confirm must be put back.
    package mutating func take(_ limit: Int) -> [Item] {
        if waiting.count <= limit {
            defer { waiting.removeAll(keepingCapacity: true) }
            return waiting
        }
        defer { waiting.removeFirst(limit) }
        return Array(waiting.prefix(limit))
    }

    /// Puts items back that were taken and not confirmed.
    package mutating func putBack(_ items: [Item]) {
        waiting.insert(contentsOf: items, at: 0)
    }
}
