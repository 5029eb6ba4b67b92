//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import ExampleManifest

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif

/// A file of orders that is being read.
///
/// Its calls block: use them on `BlockingThreads`.
struct OrderFile: ~Copyable {
    /// A place between two records.
    struct Position: Sendable, Hashable, Codable {
        /// How many bytes are before it.
        var offset: Int64 = 0
        /// The line that begins there.
        var line = 1
    }

    private static let chunkSize = 64 << 10

    private let name: String
    private let descriptor: CInt

    /// Opens a file.
    ///
    /// - Parameters:
    ///   - path: Where it is.
    ///   - name: What people call it.
    /// - Throws: `FileError`.
    init(_ path: String, name: String) throws {
        self.name = name
        descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        if descriptor < 0 { throw FileError("\(path) cannot be opened", code: errno) }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Reads and checks orders.
    ///
    /// - Parameters:
    ///   - start: Where to begin.
    ///   - limit: How many to read at most.
    ///   - isCancelled: Whether to stop.
    ///   - body: Gets each order, and says whether it could be counted.
    /// - Returns: Where to go on; `nil` at the end.
    /// - Throws: ``ImportProblem`` when something is wrong with the file, `FileError` when it cannot be read, and
    ///   `CancellationError`.
    func read(
        from start: Position = Position(),
        limit: Int = .max,
        isCancelled: () -> Bool,
        _ body: (Order) -> Bool
    ) throws -> Position? {
        do {
            return try readRecords(from: start, limit: limit, isCancelled: isCancelled, body)
        } catch var problem as ImportProblem {
            problem.file = name
            throw problem
        }
    }

    private func readRecords(
        from start: Position,
        limit: Int,
        isCancelled: () -> Bool,
        _ body: (Order) -> Bool
    ) throws -> Position? {
        var reader = CSVReader(line: start.line)
        var position = start
        var count = 0
        var needsHeader = start.offset == 0
        func take(_ record: CSVReader.Record) throws(ImportProblem) {
            if needsHeader {
                needsHeader = false
                try checkHeader(record)
                return
            }
            count += 1
            guard body(try Order(record)) else {
                throw ImportProblem(
                    line: record.line,
                    column: 5,
                    text: "there are more than \(OrderTotals.maximumProducts) different products"
                )
            }
        }
        while true {
            if isCancelled() { throw CancellationError() }
            let chunk = try chunk(at: position.offset)
            if chunk.isEmpty { break }
            for byte in chunk {
                position.offset += 1
                guard let record = try reader.take(byte) else { continue }
                try take(record)
                if count == limit { return Position(offset: position.offset, line: reader.line) }
            }
        }
        if let record = try reader.finish() { try take(record) }
        if needsHeader { throw ImportProblem(line: 1, text: "the file is empty; its first line must name the columns") }
        return nil
    }

    private func checkHeader(_ record: CSVReader.Record) throws(ImportProblem) {
        var fields = record.fields
        // Some programs begin files with a mark that says they are UTF-8.
        if let first = fields.first, first.unicodeScalars.first == "\u{FEFF}" {
            fields[0] = String(first.unicodeScalars.dropFirst())
        }
        for (index, column) in Order.columns.enumerated() where index >= fields.count || fields[index] != column {
            throw ImportProblem(
                line: record.line,
                column: index + 1,
                text: "the first line must name the columns: \(Order.columns.joined(separator: ","))"
            )
        }
        if fields.count > Order.columns.count {
            throw ImportProblem(line: record.line, column: Order.columns.count + 1, text: "there is a column too many")
        }
    }

    private func chunk(at offset: Int64) throws(FileError) -> [UInt8] {
        while true {
            var count = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: Self.chunkSize) { buffer, initialized in
                count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
                initialized = max(count, 0)
            }
            if count >= 0 { return bytes }
            if errno != EINTR { throw FileError("\(name) cannot be read", code: errno) }
        }
    }
}
