//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#endif

/// Ports of loopback that nobody listens on.
///
/// They lie below those that the system gives to outgoing connections, and each is handed out once.
enum FreePort {
    private static let given = Mutex<Set<Int>>([])

    static func next() -> Int {
        while true {
            let port = Int.random(in: 20_000..<32_000)
            let isNew = given.withLock { $0.insert(port).inserted }
            if isNew, isFree(port) { return port }
        }
    }

    private static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(INADDR_LOOPBACK).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
