//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import ExampleManifest
internal import Foundation

#if canImport(Glibc)
internal import Glibc
#endif

/// A folder that exists as long as somebody holds this.
final class TemporaryFolder: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
            .appendingPathComponent("lineshaft-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
    }

    deinit {
        removeTree(AT_FDCWD, Array(url.path.utf8))
    }

    var path: String { url.path }

    /// Makes a file, and the folders on the way to it.
    func write(_ content: some Collection<UInt8>, to path: String) throws {
        let file = url.appendingPathComponent(path)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(content).write(to: file)
    }

    /// Makes a file whose name, below this folder, is any bytes.
    func write(_ content: String, toName name: [UInt8]) throws {
        let path = Array(url.path.utf8) + [UInt8(ascii: "/")] + name
        let descriptor = BytePath(bytes: path).withCString { open($0, O_WRONLY | O_CREAT, 0o644) }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try handle.write(contentsOf: Data(content.utf8))
    }

    /// Makes a file that is large and takes no room: reading it takes many minutes.
    func makeHugeFile(_ path: String) throws {
        try write([], to: path)
        let handle = try FileHandle(forWritingTo: url.appendingPathComponent(path))
        try handle.truncate(atOffset: 1 << 40)
        try handle.close()
    }

    /// The names in this folder.
    var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: url.path).sorted() }
    }
}

/// Removes a file or folder.
///
/// Foundation cannot where a name is not UTF-8 or a path too long.
private func removeTree(_ parent: CInt, _ name: [UInt8]) {
    BytePath(bytes: name).withCString { name in
        guard unlinkat(parent, name, 0) != 0 else { return }
        let descriptor = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        guard descriptor >= 0, let stream = fdopendir(descriptor) else { return }
        while let entry = readdir(stream) {
            let start = UnsafeRawPointer(entry) + (MemoryLayout<dirent>.offset(of: \.d_name) ?? 0)
            let length = strlen(start.assumingMemoryBound(to: CChar.self))
            let child = Array(UnsafeRawBufferPointer(start: start, count: length))
            if child != Array(".".utf8) && child != Array("..".utf8) { removeTree(descriptor, child) }
        }
        closedir(stream)
        unlinkat(parent, name, AT_REMOVEDIR)
    }
}
