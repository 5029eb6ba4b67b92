//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Foundation
internal import Synchronization
internal import UVEventLoop

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// A server in the test process, with plain blocking sockets on threads of its own.
final class Server: Sendable {
    enum Failure: Error {
        case system(String, Int32)
    }

    let address: UVAddress
    let listener: Int32
    /// How many still use the listener: this object and, if there is one, the thread that accepts.
    ///
    /// The last one closes it, for nobody may use a descriptor that belongs to somebody else by then.
    private let users: Users

    private final class Users: Sendable {
        private let count: Atomic<Int>

        init(_ count: Int) { self.count = Atomic(count) }

        func release(_ descriptor: Int32) {
            if count.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { close(descriptor) }
        }
    }

    /// Starts to listen on a free port of 127.0.0.1, or on a unix socket.
    ///
    /// - Parameters:
    ///   - path: The path of the unix socket.
    ///   - backlog: How many connections the system holds until they are accepted; `nil` for a socket that has an address
    ///     and does not listen.
    ///   - serve: Called on a thread of its own for each connection, which is closed when it returns. Without it, none is
    ///     accepted.
    /// - Throws: What the system refuses.
    init(path: String? = nil, backlog: Int32? = 128, serve: (@Sendable (Peer) -> Void)? = nil) throws {
        let family = path == nil ? AF_INET : AF_UNIX
        // A program that another test starts meanwhile must not hold it open.
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure.system("socket", errno) }
        listener = descriptor
        let users = Users(backlog != nil && serve != nil ? 2 : 1)
        self.users = users
        var port: UInt16 = 0
        if let path {
            address = .unix(path: path)
            try Self.bind(descriptor, path: path)
        } else {
            port = try Self.bind(descriptor)
            address = .tcp(host: "127.0.0.1", port: port)
        }
        guard let backlog else { return }
        guard listen(descriptor, backlog) == 0 else { throw Failure.system("listen", errno) }
        guard let serve else { return }
        Thread.detachNewThread {
            while true {
                let accepted = Self.accept(descriptor)
                if accepted < 0 {
                    if errno == EINTR || errno == ECONNABORTED { continue }
                    return users.release(descriptor)
                }
                Thread.detachNewThread {
                    serve(Peer(descriptor: accepted))
                    close(accepted)
                }
            }
        }
    }

    deinit {
        stop()
        users.release(listener)
        if case .unix(let path) = address { unlink(path) }
    }

    /// Accepts no more, and ends the call that accepts, which closing alone would not.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
    }

    /// Connects until the system holds as many connections as it will, so that the next one has to wait.
    ///
    /// - Returns: The clients' ends, to be closed.
    func fill() -> [Int32] {
        (0..<8).map { _ in
            let descriptor = socket(
                isUnix ? AF_UNIX : AF_INET,
                Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue),
                0
            )
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
            var address = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                    getsockname(listener, address, &length)
                    _ = connect(descriptor, address, length)
                }
            }
            return descriptor
        }
    }

    private var isUnix: Bool {
        if case .unix = address { true } else { false }
    }

    /// Accepts one connection, on the calling thread.
    func acceptOne() -> Peer {
        Peer(descriptor: Self.accept(listener))
    }

    private static func accept(_ listener: Int32) -> Int32 {
        let descriptor = Glibc.accept(listener, nil, nil)
        if descriptor >= 0 { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        return descriptor
    }

    private static func bind(_ descriptor: Int32) throws -> UInt16 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                Glibc.bind(descriptor, address, length) == 0 ? getsockname(descriptor, address, &length) : -1
            }
        }
        guard status == 0 else { throw Failure.system("bind", errno) }
        return UInt16(bigEndian: address.sin_port)
    }

    private static func bind(_ descriptor: Int32, path: String) throws {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        let status = withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard status == 0 else { throw Failure.system("bind \(path)", errno) }
    }

    /// A path that nobody uses, short enough for a socket.
    static func freePath() -> String {
        FileManager.default.temporaryDirectory.appendingPathComponent("lineshaft-\(UUID().uuidString.prefix(13))").path
    }
}
