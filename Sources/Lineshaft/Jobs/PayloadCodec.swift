//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Synchronization

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// How parameters and outputs become bytes.
///
/// Every process of a system must use the same one.
public protocol PayloadCodec: Sendable {
    /// The bytes of `value`: the same ones for equal values, in any process, where jobs are unique by their payload.
    ///
    /// - Parameter value: What to encode.
    /// - Returns: Its bytes.
    /// - Throws: Whatever the value's own encoding throws.
    func encode<Value: Encodable & Sendable>(_ value: Value) throws -> [UInt8]

    /// The value that `bytes` stand for.
    ///
    /// - Parameters:
    ///   - type: The type to decode.
    ///   - bytes: What ``encode(_:)`` returned, in this process or another.
    /// - Returns: The value.
    /// - Throws: Whatever the type's own decoding throws.
    func decode<Value: Decodable & Sendable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value
}

/// The default codec: JSON, with dates and data as Foundation writes them, and keys in order, so that equal values are equal texts.
///
/// A type without stored properties has only one value, so its text is made, and understood, once.
public struct JSONCodec: PayloadCodec {
    private struct Unit {
        let text: [UInt8]
        let value: any Sendable
    }

    private final class Units: Sendable {
        let known = Mutex<[ObjectIdentifier: Unit]>([:])
    }

    private let encoder: JSONEncoder
    private let decoder = JSONDecoder()
    private let units = Units()

    /// Creates the codec.
    public init() {
        encoder = JSONEncoder()
        // Jobs that are unique by their payload are compared by its bytes, in any process.
        encoder.outputFormatting = .sortedKeys
    }

    /// The JSON text of `value`.
    ///
    /// - Parameter value: What to encode.
    /// - Returns: UTF-8 text.
    /// - Throws: `EncodingError`, or what the value's own encoding throws.
    public func encode<Value: Encodable & Sendable>(_ value: Value) throws -> [UInt8] {
        guard MemoryLayout<Value>.size == 0 else { return Array(try encoder.encode(value)) }
        if let unit = unit(Value.self) { return unit.text }
        let text = Array(try encoder.encode(value))
        remember(Unit(text: text, value: value), of: Value.self)
        return text
    }

    /// The value of a JSON text.
    ///
    /// - Parameters:
    ///   - type: The type to decode.
    ///   - bytes: UTF-8 text.
    /// - Returns: The value.
    /// - Throws: `DecodingError`, or what the type's own decoding throws.
    public func decode<Value: Decodable & Sendable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
        guard MemoryLayout<Value>.size == 0 else { return try decoder.decode(type, from: Data(bytes)) }
        if let unit = unit(type), unit.text == bytes, let value = unit.value as? Value { return value }
        let value = try decoder.decode(type, from: Data(bytes))
        remember(Unit(text: bytes, value: value), of: type)
        return value
    }

    private func remember(_ unit: Unit, of type: Any.Type) {
        units.known.withLock { $0[ObjectIdentifier(type)] = unit }
    }

    private func unit(_ type: Any.Type) -> Unit? {
        units.known.withLock { $0[ObjectIdentifier(type)] }
    }
}
