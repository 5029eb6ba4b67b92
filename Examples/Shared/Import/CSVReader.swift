//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// Splits CSV into records, byte by byte, as RFC 4180 has it: fields between commas, quotes around those that contain commas,
/// quotes or line ends, and a quote in them written twice.
///
/// It reads nothing itself, so the bytes may come in pieces of any size, and from the middle of a file.
public struct CSVReader: Sendable {
    /// One record.
    public struct Record: Sendable, Hashable {
        /// The line that it begins on, from 1.
        public let line: Int
        /// What stands between the commas.
        public let fields: [String]
    }

    /// The most bytes of one record: a quote that nobody closes must not take all memory.
    public static let maximumLength = 1 << 20

    private enum State {
        case atStart
        case plain
        case quoted
        /// Behind a quote, which ends the field or is the first of two.
        case behindQuote
    }

    private var state = State.atStart
    private var field: [UInt8] = []
    private var fields: [String] = []
    private var length = 0
    private var firstLine: Int

    /// The line that the next byte is on.
    public private(set) var line: Int

    /// Creates a reader.
    ///
    /// - Parameter line: The line that the first byte is on.
    public init(line: Int = 1) {
        self.line = line
        firstLine = line
    }

    /// Takes a byte.
    ///
    /// - Parameter byte: The next byte.
    /// - Returns: The record that it completes, if it does. Empty lines are none.
    /// - Throws: ``ImportProblem`` that says where the text is no CSV.
    public mutating func take(_ byte: UInt8) throws(ImportProblem) -> Record? {
        length += 1
        if length > Self.maximumLength {
            throw problem("the record has more than \(Self.maximumLength) bytes; is a quote not closed?")
        }
        switch (state, byte) {
        case (.quoted, UInt8(ascii: "\"")):
            state = .behindQuote
        case (.quoted, _):
            if byte == UInt8(ascii: "\n") { line += 1 }
            field.append(byte)
        case (_, UInt8(ascii: "\n")):
            line += 1
            return try endRecord()
        case (_, UInt8(ascii: ",")):
            try endField()
        case (.atStart, UInt8(ascii: "\"")):
            state = .quoted
        case (.behindQuote, UInt8(ascii: "\"")):
            state = .quoted
            field.append(byte)
        case (.behindQuote, UInt8(ascii: "\r")):
            break
        case (.behindQuote, _):
            throw problem("something stands behind the closing quote")
        case (.plain, UInt8(ascii: "\"")):
            throw problem("a quote stands in a field that does not begin with one")
        case (.atStart, _), (.plain, _):
            state = .plain
            field.append(byte)
        }
        return nil
    }

    /// Takes the end of the text.
    ///
    /// - Returns: The last record, if no line end has completed it.
    /// - Throws: ``ImportProblem`` when it ends within quotes.
    public mutating func finish() throws(ImportProblem) -> Record? {
        if state == .quoted { throw problem("the file ends within quotes") }
        return length == 0 ? nil : try endRecord()
    }

    private mutating func endField() throws(ImportProblem) {
        // The first half of a line end.
        if state == .plain, field.last == UInt8(ascii: "\r") { field.removeLast() }
        guard let text = String(validating: field, as: UTF8.self) else { throw problem("the field is not UTF-8") }
        fields.append(text)
        field.removeAll(keepingCapacity: true)
        state = .atStart
    }

    private mutating func endRecord() throws(ImportProblem) -> Record? {
        try endField()
        defer {
            fields = []
            length = 0
            firstLine = line
        }
        return fields == [""] ? nil : Record(line: firstLine, fields: fields)
    }

    private func problem(_ text: String) -> ImportProblem {
        ImportProblem(line: firstLine, column: fields.count + 1, text: text)
    }
}
