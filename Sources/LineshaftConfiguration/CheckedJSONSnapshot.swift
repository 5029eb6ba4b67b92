//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Configuration
internal import Lineshaft

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// A JSON file whose keys under `lineshaft` are all known.
///
/// It is read as swift-configuration's own `JSONSnapshot` is, but a key under `lineshaft` that means nothing is an error:
/// it is a slip of the pen, and would otherwise be ignored in silence. Keys elsewhere in the file are the program's own.
///
/// ```swift
/// let file = try await FileProvider<CheckedJSONSnapshot>(filePath: "service.json")
/// ```
public struct CheckedJSONSnapshot: FileConfigSnapshot {
    /// How files are read.
    ///
    /// The URLs under `lineshaft` are secrets.
    public struct ParsingOptions: FileParsingOptions {
        /// The values that must not be shown, by key with dots, beside the URLs under `lineshaft`.
        public var secrets: Set<String>

        /// Creates options.
        public init(secrets: Set<String> = []) {
            self.secrets = secrets
        }

        /// No secrets but ours.
        public static var `default`: ParsingOptions { ParsingOptions() }
    }

    private let values: JSONSnapshot

    /// The name of the provider that read the file.
    public var providerName: String { values.providerName }

    /// Reads a file's content.
    ///
    /// - Parameters:
    ///   - data: The file's bytes.
    ///   - providerName: The name of the provider.
    ///   - parsingOptions: How to read it.
    /// - Throws: `ConfigurationError` when it is not JSON or has an unknown key under `lineshaft`.
    public init(data: RawSpan, providerName: String, parsingOptions: ParsingOptions) throws {
        let bytes = data.withUnsafeBytes { Data($0) }
        let tree: KeyTree
        do {
            tree = try JSONDecoder().decode(KeyTree.self, from: bytes)
        } catch {
            throw ConfigurationError(code: .invalidValue, message: "It is not JSON: \(Self.reason(of: error)).")
        }
        guard tree.isObject else {
            throw ConfigurationError(
                code: .invalidValue,
                message: "It must be an object, such as `{\"lineshaft\": {\"url\": \"redis://127.0.0.1:6379/0\"}}`."
            )
        }
        try KeyCheck.check(tree.paths)
        let secrets = parsingOptions.secrets.union(Setting.all.filter(\.isSecret).map(\.key))
        values = try JSONSnapshot(
            data: data,
            providerName: providerName,
            parsingOptions: .init(secretsSpecifier: .specific(secrets))
        )
    }

    /// The value of a key, as `JSONSnapshot` has it.
    public func value(forKey key: AbsoluteConfigKey, type: ConfigType) throws -> LookupResult {
        try values.value(forKey: key, type: type)
    }

    /// How many values there are.
    public var description: String { values.description }

    /// The values, secrets left out.
    public var debugDescription: String { values.debugDescription }

    /// What the parser says, which is about places and never about values.
    private static func reason(of error: any Error) -> String {
        guard case DecodingError.dataCorrupted(let context) = error else { return "it cannot be read" }
        guard let cause = context.underlyingError as? CocoaError,
            let text = cause.userInfo["NSDebugDescription"] as? String
        else { return "it cannot be read" }
        return text.hasSuffix(".") ? String(text.dropLast()) : text
    }
}

/// The keys of a JSON text.
private struct KeyTree: Decodable {
    private struct AnyKey: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) {
            self.stringValue = stringValue
        }

        init?(intValue: Int) { nil }
    }

    private var children: [(name: String, tree: KeyTree)] = []
    private(set) var isObject = false
    private var isNull = false

    init(from decoder: any Decoder) throws {
        do {
            let container = try decoder.container(keyedBy: AnyKey.self)
            isObject = true
            children = try container.allKeys.map {
                ($0.stringValue, try container.decode(KeyTree.self, forKey: $0))
            }
        } catch DecodingError.typeMismatch {
            // A value, which has no keys.
        } catch DecodingError.valueNotFound {
            isNull = true
        }
    }

    /// The keys of all values, with dots between the parts.
    var paths: [String] {
        children.filter { !$0.tree.isNull }.flatMap { child in
            child.tree.isObject ? child.tree.paths.map { "\(child.name).\($0)" } : [child.name]
        }
    }
}
