//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import CUV

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// An internet address in the system's form.
struct SocketAddress: Sendable {
    /// The longest path that fits into an address of a unix socket, its final zero not counted.
    static let maximumPathLength = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1

    private var storage: sockaddr_storage

    /// An address in digits, or `nil` when the host is a name.
    init?(host: String, port: UInt16) {
        var version4 = sockaddr_in()
        if uv_ip4_addr(host, Int32(port), &version4) == 0 {
            self = withUnsafeBytes(of: &version4) { Self(bytes: $0) }
            return
        }
        var version6 = sockaddr_in6()
        guard uv_ip6_addr(host, Int32(port), &version6) == 0 else { return nil }
        self = withUnsafeBytes(of: &version6) { Self(bytes: $0) }
    }

    /// Copies what a look-up has found.
    init(_ found: addrinfo) {
        self.init(bytes: UnsafeRawBufferPointer(start: found.ai_addr, count: Int(found.ai_addrlen)))
    }

    private init(bytes: UnsafeRawBufferPointer) {
        var storage = sockaddr_storage()
        withUnsafeMutableBytes(of: &storage) {
            $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes.prefix($0.count)))
        }
        self.storage = storage
    }

    /// Runs `body` with a pointer to the address, which is valid during the call.
    func withPointer<Result>(_ body: (UnsafePointer<sockaddr>) -> Result) -> Result {
        withUnsafePointer(to: storage) { $0.withMemoryRebound(to: sockaddr.self, capacity: 1, body) }
    }

    /// The address in digits, without its port.
    var digits: String {
        var name = [CChar](repeating: 0, count: 64)
        let status = withPointer { uv_ip_name($0, &name, name.count - 1) }
        guard status == 0 else { return "an address of an unknown kind" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
