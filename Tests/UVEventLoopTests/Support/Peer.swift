//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The server's end of a connection, which blocks the thread it is used on.
struct Peer: Sendable {
    let descriptor: Int32

    /// The bytes that have come, at most so many; none at the end or after an error.
    func read(_ limit: Int = 64 << 10) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: limit)
        let count = recv(descriptor, &buffer, limit, 0)
        return count > 0 ? Array(buffer[..<count]) : []
    }

    /// Exactly so many bytes, or those before the end.
    func read(exactly count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let more = read(count - bytes.count)
            if more.isEmpty { break }
            bytes += more
        }
        return bytes
    }

    /// Writes all of it, and says whether that was possible.
    @discardableResult
    func write(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count <= 0 { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// Sends back what comes, to the end.
    func echo() {
        while true {
            let bytes = read()
            if bytes.isEmpty || !write(bytes) { return }
        }
    }

    /// Waits for the other side's end, and takes no notice of what comes before.
    func drain() {
        while !read().isEmpty {}
    }

    /// Has the system break the connection, instead of ending it, when it is closed.
    func breakWhenClosed() {
        var setting = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &setting, socklen_t(MemoryLayout.size(ofValue: setting)))
    }
}
