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

/// Finds the regular files below a folder, one folder at a time.
///
/// Symbolic links are not followed and, like pipes, sockets and devices, not found.
///
/// It is a value that holds no more than the entries of the folders on the way to where it is. Its calls block: use them
/// on ``BlockingThreads``.
public struct FolderWalk: Sendable {
    /// What it finds.
    public enum Item: Sendable, Hashable {
        /// A regular file, by its path below the folder.
        case file(BytePath)
        /// Something that could not be looked into.
        case unreadable(BytePath, FileError)
    }

    /// What tells a file from all others on the machine, whatever its path.
    public struct Identity: Sendable, Hashable {
        let device: UInt64
        let node: UInt64

        init(_ status: stat) {
            device = UInt64(truncatingIfNeeded: status.st_dev)
            node = UInt64(truncatingIfNeeded: status.st_ino)
        }
    }

    private enum Pending: Sendable {
        case folder(BytePath)
        case item(Item)

        var path: BytePath {
            switch self {
            case .folder(let path), .item(.file(let path)), .item(.unreadable(let path, _)): path
            }
        }
    }

    private let root: BytePath
    private let excluded: Set<Identity>
    /// What is still to be visited; the last one is next.
    private var pending = [Pending.folder(BytePath(bytes: []))]

    /// Creates a walk that has not begun.
    ///
    /// - Parameters:
    ///   - root: The folder, as an absolute path.
    ///   - excluded: Files to leave out.
    public init(root: BytePath, excluding excluded: Set<Identity> = []) {
        self.root = root
        self.excluded = excluded
    }

    /// Goes on.
    ///
    /// - Parameter limit: The most items to find.
    /// - Returns: The next items, in order; none when the walk is over.
    public mutating func next(_ limit: Int) -> [Item] {
        var items: [Item] = []
        while items.count < limit, let next = pending.popLast() {
            switch next {
            case .item(let item): items.append(item)
            case .folder(let path): visit(path)
            }
        }
        return items
    }

    private mutating func visit(_ folder: BytePath) {
        do {
            pending += try entries(of: folder).sorted { $1.path < $0.path }
        } catch {
            pending.append(.item(.unreadable(folder, error)))
        }
    }

    private func entries(of folder: BytePath) throws(FileError) -> [Pending] {
        guard let stream = root.appending(folder).withCString({ opendir($0) }) else {
            throw .last("the folder cannot be opened")
        }
        defer { closedir(stream) }
        var entries: [Pending] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                if errno != 0 { throw .last("the folder cannot be read") }
                return entries
            }
            let name = Self.name(of: entry)
            if name.bytes == Array(".".utf8) || name.bytes == Array("..".utf8) { continue }
            if let found = look(at: name, in: dirfd(stream), path: folder.appending(name)) { entries.append(found) }
        }
    }

    /// Looks at an entry through its folder's descriptor, which works however long the path is.
    private func look(at name: BytePath, in folder: CInt, path: BytePath) -> Pending? {
        var status = stat()
        guard name.withCString({ fstatat(folder, $0, &status, AT_SYMLINK_NOFOLLOW) }) == 0 else {
            return .item(.unreadable(path, .last("cannot be looked at")))
        }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: return .folder(path)
        case S_IFREG: return excluded.contains(Identity(status)) ? nil : .item(.file(path))
        default: return nil
        }
    }

    private static func name(of entry: UnsafeMutablePointer<dirent>) -> BytePath {
        // The name is read where it lies: the system's structure is shorter than its type for all but the longest names.
        let offset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 0
        let start = UnsafeRawPointer(entry) + offset
        let length = strlen(start.assumingMemoryBound(to: CChar.self))
        return BytePath(bytes: Array(UnsafeRawBufferPointer(start: start, count: length)))
    }
}
