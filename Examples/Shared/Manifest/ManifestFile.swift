//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif

/// The file that a manifest goes to.
///
/// It is there whole or not at all: the text is written to a new file beside it, which takes its place at the end.
///
/// The new file is made at once, so that hours of work do not end with the news that there is no place for their result.
public struct ManifestFile: ~Copyable, Sendable {
    /// What this file and the one before it are known by.
    ///
    /// A walk should leave them out.
    public let identities: Set<FolderWalk.Identity>

    private let path: BytePath
    private let temporary: BytePath
    private let descriptor: CInt

    /// Makes the new file.
    ///
    /// - Parameter path: Where the manifest shall be. What is there is kept until the manifest is complete.
    /// - Throws: ``FileError`` when it cannot be made, or something else than a file is there.
    public init(_ path: BytePath) throws(FileError) {
        var identities: Set<FolderWalk.Identity> = []
        var target = path
        var status = stat()
        if path.withCString({ stat($0, &status) }) == 0 {
            // Taking the place of a folder is impossible, and that of a device a disaster.
            if status.st_mode & S_IFMT == S_IFDIR { throw FileError("is a folder") }
            if status.st_mode & S_IFMT != S_IFREG { throw FileError("is not a regular file") }
            identities.insert(FolderWalk.Identity(status))
            target = try path.resolved()
        }
        let suffix = String(UInt32.random(in: 0 ... .max), radix: 36)
        let temporary = BytePath(bytes: target.bytes + Array(".\(suffix).partial".utf8))
        let descriptor = temporary.withCString { open($0, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666) }
        if descriptor < 0 { throw .last("cannot be written") }
        if fstat(descriptor, &status) == 0 { identities.insert(FolderWalk.Identity(status)) }
        self.init(path: target, identities: identities, temporary: temporary, descriptor: descriptor)
    }

    private init(path: BytePath, identities: Set<FolderWalk.Identity>, temporary: BytePath, descriptor: CInt) {
        self.path = path
        self.identities = identities
        self.temporary = temporary
        self.descriptor = descriptor
    }

    /// Writes the text and puts it in its place.
    ///
    /// - Parameter text: The whole text.
    /// - Throws: ``FileError`` when it cannot be written; then the old file is still there.
    public consuming func commit(_ text: [UInt8]) throws(FileError) {
        var rest = text[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            if count < 0 { throw .last("cannot be written") }
            rest = rest.dropFirst(count)
        }
        guard fsync(descriptor) == 0 else { throw .last("cannot be written") }
        let result = temporary.withCString { old in path.withCString { new in rename(old, new) } }
        guard result == 0 else { throw .last("cannot be put in its place") }
    }

    /// Takes the new file away if it has not found its place.
    deinit {
        close(descriptor)
        // After a commit there is nothing by this name, and that is well.
        _ = temporary.withCString { unlink($0) }
    }
}

extension BytePath {
    /// This path as an absolute one without symbolic links.
    ///
    /// - Throws: ``FileError`` when there is nothing at the path.
    public func resolved() throws(FileError) -> BytePath {
        guard let resolved = withCString({ realpath($0, nil) }) else { throw .last("cannot be found") }
        defer { free(resolved) }
        return BytePath(bytes: Array(UnsafeRawBufferPointer(start: resolved, count: strlen(resolved))))
    }

    /// Whether there is a folder at this path.
    public var isFolder: Bool {
        var status = stat()
        return withCString { stat($0, &status) } == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
