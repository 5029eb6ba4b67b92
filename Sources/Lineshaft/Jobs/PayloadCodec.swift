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

/// How parameters and outputs become bytes.
///
/// Every process of a system must use the same one.
public protocol PayloadCodec: Sendable {
    /// The bytes of `value`.
    ///
    /// - Parameter value: What to encode.
    /// - Returns: Its bytes.
    /// - Throws: Whatever the value's own encoding throws.
    func encode<Value: Encodable>(_ value: Value) throws -> [UInt8]

    /// The value that `bytes` stand for.
    ///
    /// - Parameters:
    ///   - type: The type to decode.
    ///   - bytes: What ``encode(_:)`` returned, in this process or another.
    /// - Returns: The value.
    /// - Throws: Whatever the type's own decoding throws.
    func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value
}

/// The default codec: JSON, with dates and data as Foundation writes them.
///
/// ``NoValue`` takes zero bytes.
public struct JSONCodec: PayloadCodec {
    private let encoder = JSONEncoder()
    private let decoder = JSONDecoder()

    /// Creates the codec.
    public init() {}

    /// The JSON text of `value`.
    ///
    /// - Parameter value: What to encode.
    /// - Returns: UTF-8 text.
    /// - Throws: `EncodingError`, or what the value's own encoding throws.
    public func encode<Value: Encodable>(_ value: Value) throws -> [UInt8] {
        if value is NoValue { return [] }
        return Array(try encoder.encode(value))
    }

    /// The value of a JSON text.
    ///
    /// - Parameters:
    ///   - type: The type to decode.
    ///   - bytes: UTF-8 text.
    /// - Returns: The value.
    /// - Throws: `DecodingError`, or what the type's own decoding throws.
    public func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
        if bytes.isEmpty, let nothing = NoValue() as? Value { return nothing }
        return try decoder.decode(type, from: Data(bytes))
    }
}
