//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import ExampleManifest

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif
#if canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif

/// How much one import may unpack: a small archive can hold more than any disk does.
public struct UnpackLimits: Sendable, Hashable {
    /// The most files.
    public var files: Int
    /// The most bytes of all files.
    public var bytes: Int64

    /// Creates limits.
    public init(files: Int = 10_000, bytes: Int64 = 4 << 30) {
        self.files = files
        self.bytes = bytes
    }
}

/// Brings the files of an archive or a folder into the temporary folder, under names of its own.
///
/// Its calls block: use them on `BlockingThreads`.
struct Unpacker {
    private let folder: String
    private let limits: UnpackLimits

    init(into folder: String, limits: UnpackLimits) {
        self.folder = folder
        self.limits = limits
    }

    /// Unpacks a source.
    ///
    /// - Parameters:
    ///   - source: A zip archive, or a folder.
    ///   - isCancelled: Whether to stop.
    /// - Returns: What is there now.
    /// - Throws: ``ArchiveProblem``, `FileError`, `CancellationError`.
    func unpack(_ source: String, isCancelled: () -> Bool) throws -> Unpacked {
        try withoutActuallyEscaping(isCancelled) { try unpack(source, $0) }
    }

    private func unpack(_ source: String, _ isCancelled: @escaping () -> Bool) throws -> Unpacked {
        var status = stat()
        guard stat(source, &status) == 0 else { throw FileError("\(source) cannot be found", code: errno) }
        if status.st_mode & S_IFMT == S_IFDIR { return try copy(source, isCancelled) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw ArchiveProblem("\(source) is neither a zip archive nor a folder")
        }
        let archive = Archive(source)
        let entries = try archive.entries()
        let total = entries.reduce(Int64(0)) { $0.addingReportingOverflow($1.size).partialValue }
        try checkLimits(files: entries.count, bytes: total)
        return try bring(entries.map(\.name), from: source, isCancelled) { index, write in
            try archive.extract(entries[index], write)
        }
    }

    private func copy(_ source: String, _ isCancelled: @escaping () -> Bool) throws -> Unpacked {
        let root = try BytePath(source).resolved()
        guard let text = root.text else { throw FileError("\(source) has a path that is not UTF-8") }
        // Of a folder, the files that lie in it and not deeper; a link to elsewhere is none of them.
        let names = try FileManager.default.contentsOfDirectory(atPath: text).filter { name in
            var status = stat()
            return lstat("\(text)/\(name)", &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        }
        try checkLimits(files: names.count, bytes: 0)
        return try bring(names, from: source, isCancelled) { index, write in try read("\(text)/\(names[index])", write)
        }
    }

    /// Writes the files with data, each by a number.
    private func bring(
        _ names: [String],
        from source: String,
        _ isCancelled: @escaping () -> Bool,
        _ read: (Int, ([UInt8]) throws -> Void) throws -> Void
    ) throws -> Unpacked {
        var files: [Unpacked.File] = []
        var ignored: [String] = []
        var total: Int64 = 0
        // By name, so that reports of one source are always the same.
        for index in names.indices.sorted(by: { names[$0] < names[$1] }) {
            let name = names[index]
            guard Self.hasData(name) else {
                ignored.append(name)
                continue
            }
            let path = "\(folder)/\(files.count + 1).csv"
            let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
            if descriptor < 0 { throw FileError("\(path) cannot be made", code: errno) }
            defer { close(descriptor) }
            try read(index) { bytes in
                if isCancelled() { throw CancellationError() }
                total += Int64(bytes.count)
                try checkLimits(files: files.count, bytes: total)
                try Self.write(bytes, to: descriptor, path)
            }
            files.append(Unpacked.File(name: name, path: path))
        }
        if files.isEmpty { throw ArchiveProblem("there is no file in \(source) whose name ends in .csv") }
        return Unpacked(files: files, ignored: ignored)
    }

    /// Whether a file is to be imported; those that a Mac adds to archives are not.
    private static func hasData(_ name: String) -> Bool {
        let last = name.split(separator: "/").last ?? ""
        return last.lowercased().hasSuffix(".csv") && !last.hasPrefix(".") && !name.hasPrefix("__MACOSX/")
    }

    private func checkLimits(files: Int, bytes: Int64) throws(ArchiveProblem) {
        if files > limits.files { throw ArchiveProblem("it holds \(files) files; \(limits.files) are allowed") }
        if bytes > limits.bytes || bytes < 0 {
            throw ArchiveProblem("its files have more than the \(limits.bytes) bytes that are allowed")
        }
    }

    private func read(_ path: String, _ body: ([UInt8]) throws -> Void) throws {
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        if descriptor < 0 { throw FileError("\(path) cannot be opened", code: errno) }
        defer { close(descriptor) }
        while true {
            var count = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, initialized in
                count = posixRead(descriptor, buffer.baseAddress, buffer.count)
                initialized = max(count, 0)
            }
            if count == 0 { return }
            if count < 0 && errno != EINTR { throw FileError("\(path) cannot be read", code: errno) }
            if count > 0 { try body(bytes) }
        }
    }

    private static func write(_ bytes: [UInt8], to descriptor: CInt, _ path: String) throws(FileError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { posixWrite(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            if count < 0 { throw FileError("\(path) cannot be written", code: errno) }
            rest = rest.dropFirst(count)
        }
    }
}

// The C functions by names that the methods above do not hide.
private func posixRead(_ descriptor: CInt, _ bytes: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(descriptor, bytes, count)
}

private func posixWrite(_ descriptor: CInt, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}
