//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import ExampleTerminal

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// What the orders of one file come to.
public struct FileTotals: Sendable, Hashable, Codable {
    /// The file.
    public let name: String
    /// What its orders come to.
    public let totals: OrderTotals
}

/// What an import comes to: the same for the same data, whoever made it and however often.
public struct Report: Sendable, Hashable, Codable {
    /// The files, by name.
    public let files: [FileTotals]
    /// All together.
    public let totals: OrderTotals
    /// Files that were left out, because their names do not end in `.csv`.
    public let ignored: [String]

    /// Joins what files come to.
    public init(files: [FileTotals], ignored: [String]) {
        self.files = files
        self.ignored = ignored
        totals = files.reduce(into: OrderTotals()) { $0.add($1.totals) }
    }

    /// The report as JSON text: indented, with sorted keys and a line end.
    ///
    /// - Returns: UTF-8.
    /// - Throws: `EncodingError`, which would be a mistake in this program.
    public func json() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
    }

    /// How many lines a table has at most; the file has all of them.
    private static let shown = 10

    /// The report for people, as lines.
    public var lines: [String] {
        var lines = Self.table("FILE", files.map { ($0.name, $0.totals.all) })
        lines.append("")
        lines += Self.table("COUNTRY", Self.byRevenue(totals.countries))
        lines.append("")
        lines += Self.table("PRODUCT", Self.byRevenue(totals.products))
        lines.append("")
        let span = totals.firstDay.map { ", from \($0) to \(totals.lastDay ?? $0)" } ?? ""
        let all = totals.all
        lines.append(
            "\(Int(all.orders).of("order")) in \(files.count.of("file")), \(Self.money(all.cents)) in all\(span)"
        )
        if !ignored.isEmpty { lines.append("Left out: \(ignored.joined(separator: ", "))") }
        return lines
    }

    private static func byRevenue(_ amounts: [String: OrderTotals.Amount]) -> [(String, OrderTotals.Amount)] {
        amounts.sorted { ($1.value.cents, $0.key) < ($0.value.cents, $1.key) }.map { ($0.key, $0.value) }
    }

    private static func table(_ title: String, _ rows: [(String, OrderTotals.Amount)]) -> [String] {
        var cells = [[title, "ORDERS", "PIECES", "REVENUE"]]
        for (name, amount) in rows.prefix(shown) {
            cells.append([name, Int(amount.orders).grouped, Int(amount.pieces).grouped, money(amount.cents)])
        }
        let widths = (0..<4).map { column in cells.map(\.[column].count).max() ?? 0 }
        var lines = cells.map { row in
            let name = row[0] + String(repeating: " ", count: widths[0] - row[0].count)
            return (1..<4).reduce(name) { line, column in
                line + "  " + String(repeating: " ", count: widths[column] - row[column].count) + row[column]
            }
        }
        if rows.count > shown { lines.append("… and \((rows.count - shown).grouped) more") }
        return lines
    }

    private static func money(_ cents: Int64) -> String {
        let rest = cents % 100
        return "\(Int(cents / 100).grouped).\(rest < 10 ? "0" : "")\(rest)"
    }
}
