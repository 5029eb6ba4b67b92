//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Rows of text in columns as wide as their widest cell.
struct Table {
    private var rows: [[String]]

    /// Creates a table of a heading.
    init(_ heading: [String]) {
        rows = [heading]
    }

    /// Adds a row with as many cells as the heading.
    mutating func append(_ cells: [String]) {
        rows.append(cells)
    }

    /// The lines, each with its end.
    var text: String {
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            var line = ""
            for (index, (cell, width)) in zip(row, widths).enumerated() {
                let isLast = index == row.count - 1
                line += cell + (isLast ? "\n" : String(repeating: " ", count: width - cell.count + 2))
            }
            return line
        }.joined()
    }
}

/// A list as JSON text, indented and with sorted keys.
func jsonText(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}
