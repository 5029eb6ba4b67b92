//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// One measured value, and what it is compared with.
struct Figure: Encodable {
    let name: String
    let value: Double
    let unit: String
    /// A value from the same run.
    var reference: Double?
    /// `value` over `reference`.
    var ratio: Double?
    /// What the reference is, for people.
    var comparedWith: String?

    private enum CodingKeys: String, CodingKey {
        case name, value, unit, reference, ratio
    }

    init(_ name: String, _ value: Double, _ unit: String, reference: Double? = nil, comparedWith: String? = nil) {
        self.name = name
        self.value = value
        self.unit = unit
        self.reference = reference
        self.ratio = reference.map { value / $0 }
        self.comparedWith = comparedWith
    }
}

/// Prints figures: a table for people, or one JSON object a line.
struct FigurePrinter {
    let asJSON: Bool

    func title(_ text: String) {
        if !asJSON { print(text) }
    }

    func show(_ figure: Figure) throws {
        if asJSON {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            print(String(decoding: try encoder.encode(figure), as: UTF8.self))
            return
        }
        var line = "  " + figure.name.padded(to: 28) + Self.format(figure.value).leftPadded(to: 14) + " " + figure.unit
        if let ratio = figure.ratio, let reference = figure.reference {
            line = line.padded(to: 58)
            line += "\(Self.format(ratio)) × \(figure.comparedWith ?? "reference") (\(Self.format(reference)))"
        }
        print(line)
    }

    private static func format(_ value: Double) -> String {
        if value.magnitude >= 1_000 { return grouped(Int(value.rounded())) }
        return "\((value * 100).rounded() / 100)"
    }

    private static func grouped(_ value: Int) -> String {
        var text = ""
        for (index, digit) in String(value.magnitude).reversed().enumerated() {
            if index > 0 && index % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return (value < 0 ? "-" : "") + String(text.reversed())
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        count >= width ? self + " " : self + String(repeating: " ", count: width - count)
    }

    fileprivate func leftPadded(to width: Int) -> String {
        count >= width ? self : String(repeating: " ", count: width - count) + self
    }
}
