//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// One line of the data: so many pieces of a product, sold to a customer.
public struct Order: Sendable, Hashable {
    /// The columns, as the first line of each file has them.
    public static let columns = ["order", "date", "customer", "country", "product", "quantity", "price"]

    /// The most pieces, and the highest price in cents: with the largest import, totals stay far below what an `Int64` holds.
    static let limits = (quantity: Int64(1_000), price: Int64(10_000_000))

    /// When it was ordered, as `2025-03-09`.
    public let date: String
    /// The customer's country, as `DE`.
    public let country: String
    /// The product's number, as `LAMP-20`.
    public let product: String
    /// How many pieces.
    public let quantity: Int64
    /// What one piece costs, in cents.
    public let price: Int64

    /// Reads and checks a record.
    ///
    /// - Parameter record: The record.
    /// - Throws: ``ImportProblem`` that points at the first field that is wrong.
    public init(_ record: CSVReader.Record) throws(ImportProblem) {
        let fields = record.fields
        guard fields.count == Self.columns.count else {
            throw ImportProblem(
                line: record.line,
                text: "there are \(fields.count) columns, and must be \(Self.columns.count)"
            )
        }
        func check(_ column: Int, _ isRight: Bool, _ wanted: String) throws(ImportProblem) {
            if isRight { return }
            let shown = fields[column].count > 40 ? fields[column].prefix(40) + "…" : fields[column][...]
            throw ImportProblem(line: record.line, column: column + 1, text: "“\(shown)” is no \(wanted)")
        }
        try check(0, Self.isNumber(fields[0], in: 1...Int64.max), "order number: use digits alone")
        try check(1, Self.isDate(fields[1]), "date: write it as 2025-03-09")
        try check(2, !fields[2].isEmpty, "customer: a name is needed")
        try check(3, fields[3].utf8.count == 2 && fields[3].utf8.allSatisfy(Self.isLetter), "country: write it as DE")
        try check(4, Self.isProduct(fields[4]), "product: write it as LAMP-20")
        try check(
            5,
            Self.isNumber(fields[5], in: 1...Self.limits.quantity),
            "quantity: use a whole number from 1 to \(Self.limits.quantity)"
        )
        let price = Self.cents(fields[6])
        try check(6, price != nil, "price: write it as 12.50, from 0.01 to \(Self.limits.price / 100).00")
        date = fields[1]
        country = fields[3]
        product = fields[4]
        quantity = Int64(fields[5]) ?? 0
        self.price = price ?? 0
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) }

    private static func isNumber(_ text: String, in range: ClosedRange<Int64>) -> Bool {
        text.utf8.allSatisfy(isDigit) && Int64(text).map(range.contains) ?? false
    }

    /// Capital letters, a hyphen, and digits; no more than 16 of them.
    private static func isProduct(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        return text.utf8.count <= 16 && parts.count == 2 && parts.allSatisfy { !$0.isEmpty }
            && parts[0].utf8.allSatisfy(isLetter) && parts[1].utf8.allSatisfy(isDigit)
    }

    private static func isDate(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [4, 2, 2], parts.allSatisfy({ $0.utf8.allSatisfy(isDigit) }),
            let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2]), (1...12).contains(month)
        else { return false }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return (1...lengths[month - 1]).contains(day)
    }

    private static func cents(_ text: String) -> Int64? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1].utf8.count == 2, !parts[0].isEmpty,
            parts.allSatisfy({ $0.utf8.allSatisfy(isDigit) }), let cents = Int64(parts[0] + parts[1]),
            (1...limits.price).contains(cents)
        else { return nil }
        return cents
    }
}
