//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// What happened, in order: a value that can be written down, merged and judged.
public struct History: Sendable, Hashable {
    /// The events, oldest first.
    public var events: [HistoryEvent]

    /// Creates a history.
    ///
    /// - Parameter events: The events, oldest first.
    public init(_ events: [HistoryEvent] = []) {
        self.events = events
    }

    /// Merges what several processes have recorded, by time.
    ///
    /// Events of one process keep their order.
    ///
    /// - Parameter histories: One history for each process.
    public init(merging histories: [History]) {
        let numbered = histories.flatMap { history in
            history.events.enumerated().map { (event: $0.element, position: $0.offset) }
        }
        events = numbered.sorted { ($0.event.steady, $0.position) < ($1.event.steady, $1.position) }.map(\.event)
    }

    /// Reads a history from JSON lines.
    ///
    /// A last line that was cut off, by its process's death, is left out.
    ///
    /// - Parameter lines: One event for each line.
    /// - Throws: `DecodingError` when any other line is not an event.
    public init(jsonLines lines: String) throws {
        let decoder = JSONDecoder()
        var events: [HistoryEvent] = []
        let isComplete = lines.utf8.last.map { $0 == UInt8(ascii: "\n") } ?? true
        let all = lines.split(separator: "\n")
        for (number, line) in all.enumerated() {
            do {
                events.append(try decoder.decode(HistoryEvent.self, from: Data(line.utf8)))
            } catch  where number == all.count - 1 && !isComplete {
                break
            }
        }
        self.events = events
    }

    /// Writes the history as JSON lines.
    ///
    /// - Returns: One line for each event.
    /// - Throws: `EncodingError`.
    public func jsonLines() throws -> String {
        var text = ""
        for event in events { text += try event.jsonLine() }
        return text
    }
}

extension HistoryEvent {
    /// Writes the event as one line of JSON, its end included.
    ///
    /// - Returns: The line.
    /// - Throws: `EncodingError`.
    public func jsonLine() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }
}

extension History: CustomStringConvertible {
    /// The history as a table, for people.
    public var description: String {
        events.enumerated().map { number, event in
            let micros = event.steady / 1_000
            return "\(number)\t\(micros / 1_000_000).\(String(micros % 1_000_000 + 1_000_000).dropFirst())s"
                + "\t\(event.process)\t\(event.kind)"
        }.joined(separator: "\n")
    }
}
