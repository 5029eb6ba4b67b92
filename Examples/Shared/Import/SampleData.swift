//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// Orders of a shop that does not exist: the same for the same numbers, on any machine.
public struct SampleData: Sendable {
    private static let products: [(number: String, cents: Int64)] = [
        ("LAMP-20", 4_990), ("LAMP-35", 8_900), ("DESK-110", 32_900), ("DESK-160", 41_500), ("CHAIR-7", 12_450),
        ("CHAIR-9", 18_999), ("SHELF-3", 7_450), ("RUG-240", 15_900), ("VASE-1", 1_995), ("CLOCK-12", 3_490),
    ]
    private static let countries = ["DE", "DE", "DE", "AT", "CH", "FR", "FR", "NL", "PL", "DK"]
    private static let customers = [
        "Anna Berger", "Jonas Møller", "Zoë Lefèvre", "\"Weber, Klein & Co\"", "\"Café \"\"Zur Post\"\"\"",
        "Piotr Nowak",
        "Marta Kowalska", "\"de Vries, Sanne\"", "Hôtel du Lac", "Lukas Graf",
    ]
    private static let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

    private let rows: Int
    /// The number of a file with a mistake in it, from 1.
    private let broken: Int?

    /// Describes data.
    ///
    /// - Parameters:
    ///   - rows: How many orders each file has.
    ///   - broken: The number of a file with a mistake in the middle, from 1.
    public init(rows: Int, broken: Int? = nil) {
        self.rows = rows
        self.broken = broken
    }

    /// The name of a file, one for each month.
    ///
    /// - Parameter index: The file, from 0.
    /// - Returns: Its name.
    public static func name(of index: Int) -> String {
        let month = index % 12 + 1
        return "orders-\(2_025 + index / 12)-\(month < 10 ? "0" : "")\(month).csv"
    }

    /// The content of a file.
    ///
    /// - Parameter index: The file, from 0.
    /// - Returns: CSV as UTF-8.
    public func file(_ index: Int) -> [UInt8] {
        var state = UInt64(index) &* 0x9E37_79B9_7F4A_7C15 &+ 1
        func draw(_ count: Int) -> Int {
            // SplitMix64: each file has a stream of its own.
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = state
            value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
            return Int((value ^ (value >> 31)) % UInt64(count))
        }
        let month = index % 12
        var text = Order.columns.joined(separator: ",") + "\n"
        for row in 0..<rows {
            let day = row * Self.lengths[month] / max(rows, 1) + 1
            let product = Self.products[draw(Self.products.count)]
            // The dearer the product, the fewer pieces.
            var quantity = "\(1 + draw(product.cents > 10_000 ? 3 : 12))"
            if broken == index + 1, row == rows / 2 { quantity = "three" }
            let cents = product.cents * Int64(90 + draw(11)) / 100
            let order = index * rows + row + 100_001
            let date = "\(2_025 + index / 12)-\(Self.digits(month + 1))-\(Self.digits(day))"
            text += "\(order),\(date),\(Self.customers[draw(Self.customers.count)]),"
            text += "\(Self.countries[draw(Self.countries.count)]),\(product.number),\(quantity),"
            text += "\(cents / 100).\(Self.digits(Int(cents % 100)))\n"
        }
        return Array(text.utf8)
    }

    /// The content of several files as a zip archive.
    ///
    /// - Parameter files: How many.
    /// - Returns: The archive.
    public func archive(files: Int) -> [UInt8] {
        var writer = ZipWriter()
        for index in 0..<files { writer.add(Self.name(of: index), file(index)) }
        return writer.bytes
    }

    private static func digits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
