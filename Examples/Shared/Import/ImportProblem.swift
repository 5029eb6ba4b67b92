//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// What is wrong with a file, and where.
public struct ImportProblem: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file; `nil` where that is not known yet.
    public var file: String?
    /// The line, from 1.
    public let line: Int
    /// The column, counted in fields from 1; `nil` when the whole record is wrong.
    public let column: Int?
    /// What is wrong, and what is expected.
    public let text: String

    /// Creates a problem.
    public init(file: String? = nil, line: Int, column: Int? = nil, text: String) {
        self.file = file
        self.line = line
        self.column = column
        self.text = text
    }

    /// The problem as a line for people.
    public var description: String {
        let names = Order.columns
        let place = column.map { column in
            ", column \(column)" + (names.indices.contains(column - 1) ? " (\(names[column - 1]))" : "")
        }
        return "\(file.map { "\($0), " } ?? "")line \(line)\(place ?? ""): \(text)"
    }
}
