//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Foundation

#if canImport(Glibc)
internal import Glibc
#endif

/// Something on a port of loopback that says the same to everybody, on a thread of its own.
final class ScriptedServer: Sendable {
    struct Failure: Error {
        let number: Int32
    }

    let port: Int
    private let listener: Int32

    /// Listens.
    ///
    /// - Parameter answer: What is said once anything has come; `nil` says nothing.
    /// - Throws: ``Failure`` when the port cannot be had.
    init(saying answer: String?) throws {
        port = FreePort.next()
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(INADDR_LOOPBACK).bigEndian
        let result = withUnsafePointer(to: &address) { [listener] pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0, listen(listener, 16) == 0 else { throw Failure(number: errno) }
        Thread.detachNewThread { [listener] in Self.serve(listener, Array((answer ?? "").utf8)) }
    }

    deinit {
        // Ends the thread's wait.
        shutdown(listener, Int32(SHUT_RDWR))
    }

    /// Each connection is kept until the client ends it.
    private static func serve(_ listener: Int32, _ answer: [UInt8]) {
        defer { close(listener) }
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { return }
            Thread.detachNewThread {
                defer { close(connection) }
                var buffer = [UInt8](repeating: 0, count: 4096)
                var hasAnswered = false
                while recv(connection, &buffer, buffer.count, 0) > 0 {
                    if !hasAnswered, !answer.isEmpty { send(connection, answer, answer.count, Int32(MSG_NOSIGNAL)) }
                    hasAnswered = true
                }
            }
        }
    }
}
