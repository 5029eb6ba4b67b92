//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import ArgumentParser
internal import Foundation
internal import Synchronization

/// A Redis server of a scenario's own, on a socket in the scenario's folder and, if asked, on a port.
final class RedisProcess: Sendable {
    /// Where it listens beside the socket.
    struct Address: Sendable {
        var host = "127.0.0.1"
        var port: Int
    }

    /// The folder with all that it keeps.
    let folder: String
    let address: Address?
    private let household: Household
    private let options: [String]
    private let child = Mutex<ChildProcess?>(nil)

    /// The socket's path.
    var socket: String { folder + "/socket" }

    /// The URL of the socket.
    var url: String { "redis+unix://\(socket)" }

    /// Starts a server.
    ///
    /// - Parameters:
    ///   - options: What is added to the command line.
    ///   - address: Where it listens beside the socket.
    ///   - folder: Where it keeps its data, if not in the household's folder.
    ///   - household: What ends it.
    /// - Throws: When it cannot be started.
    init(_ options: [String] = [], at address: Address? = nil, in folder: String? = nil, of household: Household) throws
    {
        self.options = options
        self.address = address
        self.household = household
        self.folder = folder ?? household.folder + "/redis-\(household.nextNumber())"
        if folder == nil {
            try FileManager.default.createDirectory(atPath: self.folder, withIntermediateDirectories: false)
        }
        try start()
    }

    /// The process's number while it runs.
    var pid: pid_t? { child.withLock { $0?.pid } }

    /// What is started: `redis-server`, or what the environment names.
    static let program = ProcessInfo.processInfo.environment["LINESHAFT_REDIS_SERVER"] ?? "redis-server"

    /// Starts it on what it has kept; clients that come before it is ready are sent away or wait.
    ///
    /// - Parameter more: What is added to the command line this time, in place of the options.
    /// - Throws: When it cannot be started.
    func start(_ more: [String] = []) throws {
        let command =
            [
                Self.program, "--port", "\(address?.port ?? 0)", "--bind", address?.host ?? "127.0.0.1",
                "--protected-mode", "no", "--unixsocket", socket, "--dir", folder, "--save", "", "--appendonly", "no",
                "--logfile", "",
            ] + (more.isEmpty ? options : more)
        let started = try household.start(command, log: "redis.log")
        child.withLock { $0 = started }
    }

    /// Kills it.
    func kill() {
        child.withLock { child in
            child?.end()
            child = nil
        }
    }

    /// Whether it has ended although nobody killed it.
    var hasFailed: Bool { child.withLock { $0.map { !$0.isRunning } ?? false } }

    /// The last lines of its log.
    var lastWords: String { child.withLock { $0?.lastWords ?? "" } }
}

/// Ports on loopback.
enum FreePort {
    /// A port that was free a moment ago.
    static func find() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw ValidationError("No socket can be made.") }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        // The socket API takes addresses of all families through one pointer type.
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 && getsockname(descriptor, address, &length) == 0
            }
        }
        guard isBound else { throw ValidationError("No port of 127.0.0.1 is free.") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
