//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Crypto

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif

/// A regular file that is open for reading.
///
/// Its calls block: use them on ``BlockingThreads``.
struct OpenFile: ~Copyable {
    /// How much is read in one call: enough to make calls cheap, little enough for cancellation to be noticed soon.
    private static let chunkSize = 256 << 10

    private let descriptor: CInt

    /// Opens a file.
    ///
    /// It does not follow a symbolic link, and it does not wait for the other end of a pipe.
    init(_ path: BytePath) throws(FileError) {
        descriptor = path.withCString { open($0, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) }
        if descriptor < 0 { throw .last("cannot be opened") }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .last("cannot be looked at") }
        if status.st_mode & S_IFMT != S_IFREG { throw FileError("is not a regular file any more") }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Reads the whole file once.
    ///
    /// - Parameter shouldGoOn: Asked between chunks.
    /// - Returns: What it contains.
    /// - Throws: ``FileError`` when reading fails, and when it shall not go on.
    func digest(while shouldGoOn: () -> Bool) throws(FileError) -> FileDigest {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.chunkSize, alignment: 16)
        defer { buffer.deallocate() }
        var hash = SHA256()
        var digest = FileDigest(bytes: 0, lines: 0, sha256: "")
        while shouldGoOn() {
            let count = read(descriptor, buffer.baseAddress, buffer.count)
            if count < 0 && errno == EINTR { continue }
            if count < 0 { throw .last("cannot be read") }
            if count == 0 {
                digest.sha256 = Self.hexadecimal(hash.finalize())
                return digest
            }
            let chunk = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            hash.update(bufferPointer: chunk)
            digest.bytes += count
            digest.lines += Self.countLineEnds(in: chunk)
        }
        throw FileError("was not read to its end", code: ECANCELED)
    }

    private static func countLineEnds(in bytes: UnsafeRawBufferPointer) -> Int {
        guard var position = bytes.baseAddress else { return 0 }
        let end = position + bytes.count
        var count = 0
        // The C library's search is many times as fast as a loop, above all in a debug build.
        while position < end, let found = memchr(position, 0x0A, end - position) {
            count += 1
            position = UnsafeRawPointer(found) + 1
        }
        return count
    }

    private static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
