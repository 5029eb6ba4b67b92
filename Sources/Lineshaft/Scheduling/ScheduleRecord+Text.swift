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

/// Bytes that are written as text.
package struct Base64: Sendable, Hashable, Codable {
    package let bytes: [UInt8]

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Reads bytes from their text.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let data = Data(base64Encoded: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "The text is not base 64.")
        }
        bytes = Array(data)
    }

    /// Writes the bytes as text.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(Data(bytes).base64EncodedString())
    }
}

extension ScheduleRecord {
    /// The version of the text's layout.
    private static let layout = 1

    private struct Layout: Codable {
        let layout: Int
    }

    private struct Page: Codable {
        let layout: Int
        let schedule: ScheduleRecord
    }

    /// The record as stores keep it: JSON, so that people can read it too.
    ///
    /// - Returns: UTF-8 text.
    /// - Throws: ``BrokerError`` with the code `rejected` when it cannot be written.
    package func encoded() throws(BrokerError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(Page(layout: Self.layout, schedule: self)))
        } catch {
            throw BrokerError(
                code: .rejected,
                message: "The schedule “\(id)” cannot be written: \(error).",
                cause: error
            )
        }
    }

    /// Reads what a store has kept.
    ///
    /// - Parameter stored: The schedule as the store has it.
    /// - Throws: ``BrokerError`` with the code `corrupt` when it was damaged or written by a newer program.
    package init(_ stored: StoredSchedule) throws(BrokerError) {
        let decoder = JSONDecoder()
        let data = Data(stored.bytes)
        do {
            let layout = try decoder.decode(Layout.self, from: data).layout
            guard layout == Self.layout else {
                throw BrokerError(
                    code: .corrupt,
                    message: "The schedule “\(stored.id)” was written in layout \(layout), and this program knows "
                        + "\(Self.layout). Bring this program up to date."
                )
            }
            self = try decoder.decode(Page.self, from: data).schedule
        } catch let error as BrokerError {
            throw error
        } catch {
            throw BrokerError(
                code: .corrupt,
                message:
                    "What is stored of the schedule “\(stored.id)” cannot be read: \(error). Remove it and add it again.",
                cause: error
            )
        }
        guard id == stored.id else {
            throw BrokerError(
                code: .corrupt,
                message: "Under the name “\(stored.id)” the schedule “\(id)” is stored. Remove it and add it again."
            )
        }
    }
}
