//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// What a job of a workflow takes, as it was read from the store: encoded outputs, put together in the shape of its type.
///
/// They are decoded one by one, so that no codec has to know how outputs are put together.
package indirect enum WorkflowInput: Sendable {
    /// One encoded value.
    case value([UInt8])
    /// Several, in order.
    case list([WorkflowInput])
    /// How a member of a collected group ended.
    case result(Result<WorkflowInput, WorkflowFailure>)
    /// Why a part of the workflow failed.
    case failure(WorkflowFailure)

    /// The value of a type.
    ///
    /// - Parameters:
    ///   - type: The type.
    ///   - codec: Decodes single values.
    /// - Returns: The value.
    /// - Throws: What the codec throws, or `DecodingError` when this has another shape than the type.
    package func decode<Value: Codable & Sendable>(_ type: Value.Type, _ codec: any PayloadCodec) throws -> Value {
        try any(type, codec)
    }

    fileprivate func any<Value: Codable>(_ type: Value.Type, _ codec: any PayloadCodec) throws -> Value {
        if let nothing = NoValue() as? Value { return nothing }
        let value: Any?
        switch self {
        case .value(let bytes): return try codec.decode(Sent<Value>.self, from: bytes).value
        case .list(let parts): value = try (type as? any GatheredValue.Type)?.gathered(from: parts, codec)
        case .result(let result): value = try (type as? any CollectedValue.Type)?.collected(from: result, codec)
        case .failure(let failure): value = failure
        }
        if let value = value as? Value { return value }
        throw DecodingError.typeMismatch(
            type,
            .init(codingPath: [], debugDescription: "The workflow hands on something else than a \(type).")
        )
    }
}

/// A value that codecs take for sendable, which an array's own conformance cannot say of its elements.
// Its value is decoded and taken out in one function, and shared with nobody.
private struct Sent<Value: Decodable>: Decodable, @unchecked Sendable {
    let value: Value

    init(from decoder: any Decoder) throws {
        value = try decoder.singleValueContainer().decode(Value.self)
    }
}

/// A type whose values are made of outputs of several jobs.
private protocol GatheredValue {
    static func gathered(from parts: [WorkflowInput], _ codec: any PayloadCodec) throws -> Any
}

/// A type whose values are made of how a job ended.
private protocol CollectedValue {
    static func collected(
        from result: Result<WorkflowInput, WorkflowFailure>,
        _ codec: any PayloadCodec
    ) throws -> Any
}

extension Array: GatheredValue where Element: Codable {
    fileprivate static func gathered(from parts: [WorkflowInput], _ codec: any PayloadCodec) throws -> Any {
        try parts.map { try $0.any(Element.self, codec) }
    }
}

extension Outputs: GatheredValue {
    fileprivate static func gathered(from parts: [WorkflowInput], _ codec: any PayloadCodec) throws -> Any {
        var rest = parts[...]
        func next<Part: Codable & Sendable>(_ type: Part.Type) throws -> Part {
            guard let part = rest.popFirst() else {
                throw DecodingError.valueNotFound(
                    type,
                    .init(codingPath: [], debugDescription: "Only \(parts.count) outputs are there.")
                )
            }
            return try part.decode(type, codec)
        }
        return Outputs(repeat try next((each Value).self))
    }
}

extension MemberResult: GatheredValue {
    /// One part whose failure is a result is gathered alone.
    fileprivate static func gathered(from parts: [WorkflowInput], _ codec: any PayloadCodec) throws -> Any {
        guard parts.count == 1, let part = parts.first else {
            throw DecodingError.typeMismatch(
                Self.self,
                .init(codingPath: [], debugDescription: "There are \(parts.count) results where one is expected.")
            )
        }
        return try part.any(Self.self, codec)
    }
}

extension MemberResult: CollectedValue {
    fileprivate static func collected(
        from result: Result<WorkflowInput, WorkflowFailure>,
        _ codec: any PayloadCodec
    ) throws -> Any {
        switch result {
        case .success(let part): MemberResult.succeeded(try part.decode(Value.self, codec))
        case .failure(let failure): MemberResult.failed(failure)
        }
    }
}
