//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// What orders come to: of a part of a file, of a file, or of all.
public struct OrderTotals: Sendable, Hashable, Codable {
    /// What some orders come to.
    public struct Amount: Sendable, Hashable, Codable {
        /// How many orders.
        public var orders: Int64 = 0
        /// How many pieces.
        public var pieces: Int64 = 0
        /// What they cost, in cents.
        public var cents: Int64 = 0

        /// Adds another amount.
        mutating func add(_ other: Amount) {
            orders += other.orders
            pieces += other.pieces
            cents += other.cents
        }
    }

    /// The most products of one import: what is kept of each must not grow without bound.
    static let maximumProducts = 1_000

    /// All together.
    public private(set) var all = Amount()
    /// By country.
    public private(set) var countries: [String: Amount] = [:]
    /// By product.
    public private(set) var products: [String: Amount] = [:]
    /// The day of the first order; `nil` when there is none.
    public private(set) var firstDay: String?
    /// The day of the last order.
    public private(set) var lastDay: String?

    /// Creates the totals of nothing.
    public init() {}

    /// Adds an order.
    ///
    /// - Parameter order: The order.
    /// - Returns: Whether there was room for its product.
    public mutating func add(_ order: Order) -> Bool {
        let amount = Amount(orders: 1, pieces: order.quantity, cents: order.quantity * order.price)
        all.add(amount)
        countries[order.country, default: Amount()].add(amount)
        products[order.product, default: Amount()].add(amount)
        firstDay = min(firstDay ?? order.date, order.date)
        lastDay = max(lastDay ?? order.date, order.date)
        return products.count <= Self.maximumProducts
    }

    /// Adds other totals.
    public mutating func add(_ other: OrderTotals) {
        all.add(other.all)
        for (country, amount) in other.countries { countries[country, default: Amount()].add(amount) }
        for (product, amount) in other.products { products[product, default: Amount()].add(amount) }
        firstDay = [firstDay, other.firstDay].compactMap(\.self).min()
        lastDay = [lastDay, other.lastDay].compactMap(\.self).max()
    }
}
