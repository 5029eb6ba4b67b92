//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// What a folder contains, as it is written down: sorted by path, so that the same files give the same text.
public struct Manifest: Sendable, Hashable, Codable {
    /// A file that was read.
    public struct File: Sendable, Hashable, Codable {
        /// Its path below the root.
        ///
        /// What is not UTF-8 in it is replaced, and ``pathBase64`` has the bytes.
        public var path: String
        /// The bytes of its path, where the path is not UTF-8.
        public var pathBase64: Data?
        /// Its length.
        public var bytes: Int
        /// The number of line ends in it.
        public var lines: Int
        /// Its SHA-256, in lowercase hexadecimal digits.
        public var sha256: String
    }

    /// A file or folder that could not be read.
    public struct Failure: Sendable, Hashable, Codable {
        /// Its path below the root.
        ///
        /// What is not UTF-8 in it is replaced, and ``pathBase64`` has the bytes.
        public var path: String
        /// The bytes of its path, where the path is not UTF-8.
        public var pathBase64: Data?
        /// Why it could not be read.
        public var reason: String
    }

    /// All files together.
    public struct Totals: Sendable, Hashable, Codable {
        /// The number of files that were read.
        public var files: Int
        /// The number of files and folders that could not be read.
        public var failed: Int
        /// How many bytes the files have.
        public var bytes: Int
        /// How many line ends are in them.
        public var lines: Int
        /// Whether the making of the manifest was interrupted, so that files are missing.
        ///
        /// Left out when it was not.
        public var interrupted: Bool?
    }

    /// The folder, as an absolute path.
    public var root: String
    /// The files, sorted by the bytes of their paths.
    public var files: [File]
    /// What could not be read, sorted likewise.
    public var failed: [Failure]
    /// All together.
    public var totals: Totals

    /// Creates a manifest.
    ///
    /// - Parameters:
    ///   - root: The folder.
    ///   - digests: What its files contain.
    ///   - failures: Why others could not be read.
    ///   - isInterrupted: Whether files are missing.
    public init(
        root: BytePath,
        digests: [BytePath: FileDigest],
        failures: [BytePath: String],
        isInterrupted: Bool = false
    ) {
        self.root = root.lossyText
        files = digests.sorted { $0.key < $1.key }.map { path, digest in
            File(
                path: path.lossyText,
                pathBase64: path.bytesIfNotText,
                bytes: digest.bytes,
                lines: digest.lines,
                sha256: digest.sha256
            )
        }
        failed = failures.sorted { $0.key < $1.key }.map { path, reason in
            Failure(path: path.lossyText, pathBase64: path.bytesIfNotText, reason: reason)
        }
        totals = Totals(
            files: digests.count,
            failed: failures.count,
            bytes: digests.values.reduce(0) { $0 + $1.bytes },
            lines: digests.values.reduce(0) { $0 + $1.lines },
            interrupted: isInterrupted ? true : nil
        )
    }

    /// The manifest as JSON text: indented, with sorted keys and a line end.
    ///
    /// - Returns: UTF-8.
    /// - Throws: `EncodingError`, which would be a mistake in this program.
    public func json() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
    }
}

extension BytePath {
    fileprivate var lossyText: String { String(decoding: bytes, as: UTF8.self) }

    fileprivate var bytesIfNotText: Data? { text == nil ? Data(bytes) : nil }
}
