//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// Decodes one string: what types need whose only way in is `Decodable`.
struct TextDecoder: Decoder, SingleValueDecodingContainer {
    let text: String

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        throw mismatch("a dictionary")
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { throw mismatch("an array") }

    func decodeNil() -> Bool { false }

    func decode(_ type: String.Type) -> String { text }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        if let text = text as? Value { return text }
        throw mismatch("\(type)")
    }

    private func mismatch(_ wanted: String) -> DecodingError {
        DecodingError.typeMismatch(
            String.self,
            DecodingError.Context(codingPath: [], debugDescription: "There is a string and not \(wanted).")
        )
    }
}
