//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Foundation
internal import Testing

#if canImport(Glibc)
internal import Glibc
#endif

/// The processes of one test: a Redis server of its own, and whatever is run against it.
struct FleetTrial: Sendable {
    /// Where the server listens.
    let url: String

    /// Runs a test with a server of its own.
    ///
    /// - Parameters:
    ///   - options: What is added to the server's command line.
    ///   - body: The test.
    /// - Throws: What `body` throws, or when there is no such server.
    static func run(_ options: [String] = [], _ body: (FleetTrial) async throws -> Void) async throws {
        let folder = try TemporaryFolder()
        // The path of a socket may have no more than about a hundred bytes.
        let socket = folder.path + "/s"
        let program = ProcessInfo.processInfo.environment["LINESHAFT_REDIS_SERVER"] ?? "redis-server"
        let server = try ChildProcess(
            [
                program, "--port", "0", "--unixsocket", socket, "--dir", folder.path, "--save", "", "--appendonly",
                "no",
                "--daemonize", "no",
            ] + options
        )
        let (lines, continuation) = AsyncStream<String>.makeStream()
        try await attend(server, stopping: SIGTERM, onLine: { continuation.yield($0) }) {
            for await line in lines where line.contains("eady to accept connections") { break }
            try await body(FleetTrial(url: "redis+unix://\(socket)"))
        }
    }

    /// Runs a subcommand to its end.
    func fleet(_ arguments: [String], in folder: URL? = nil) async throws -> ChildProcess.Result {
        try await ChildProcess.run([Program.fleet] + arguments, in: folder, environment: environment([:]))
    }

    /// Starts a subcommand.
    ///
    /// - Parameters:
    ///   - arguments: The subcommand.
    ///   - folder: Where it runs.
    ///   - settings: What is added to its environment.
    /// - Returns: The program.
    /// - Throws: When it cannot be started.
    func start(
        _ arguments: [String],
        in folder: URL? = nil,
        settings: [String: String] = [:]
    ) throws -> ChildProcess {
        try ChildProcess([Program.fleet] + arguments, in: folder, environment: environment(settings))
    }

    /// Runs a worker beside `body`.
    ///
    /// - Parameters:
    ///   - arguments: What is added to its command line.
    ///   - settings: What is added to its environment.
    ///   - signal: What stops it at the end; `nil` when `body` sees to that.
    ///   - body: What is done meanwhile.
    /// - Returns: What the worker left behind.
    /// - Throws: What `body` throws, after the worker has been killed.
    @discardableResult
    func withWorker(
        _ arguments: [String] = [],
        settings: [String: String] = [:],
        stopping signal: Int32? = SIGTERM,
        _ body: (ChildProcess) async throws -> Void
    ) async throws -> ChildProcess.Result {
        let worker = try start(["worker"] + arguments, settings: settings)
        return try await attend(worker, stopping: signal) { try await body(worker) }
    }

    /// Asks for the counts of a queue until they are as wanted.
    func waitForQueue(_ name: String, _ isWanted: (Counts) -> Bool) async throws {
        while true {
            try Task.checkCancellation()
            if isWanted(try await counts(of: name)) { return }
        }
    }

    /// The counts of a queue, as the list has them.
    func counts(of name: String) async throws -> Counts {
        let result = try await fleet(["queues", "--json"])
        try #require(result.code == 0, "\(result.everything)")
        let queues = try JSONDecoder().decode([Counts].self, from: Data(result.output.joined().utf8))
        return queues.first { $0.name == name } ?? Counts(name: name)
    }

    /// A queue in the list.
    struct Counts: Decodable {
        var name: String
        var ready = 0
        var scheduled = 0
        var running = 0
        var dead = 0
        var paused = false
    }

    private func environment(_ settings: [String: String]) -> [String: String] {
        settings.merging(["LINESHAFT_URL": url]) { own, _ in own }
    }
}

/// Attends to a program while something is done beside it, and ends it.
///
/// - Parameters:
///   - program: The program.
///   - signal: What stops it at the end; `nil` when it ends without.
///   - onLine: Called with each line of its output.
///   - body: What is done.
/// - Returns: What the program left behind.
/// - Throws: What `body` throws, after the program has been killed.
@discardableResult
func attend(
    _ program: ChildProcess,
    stopping signal: Int32?,
    onLine: @escaping @Sendable (String) -> Void = { _ in },
    _ body: () async throws -> Void
) async throws -> ChildProcess.Result {
    async let result = program.result(onLine: onLine)
    do {
        try await body()
    } catch {
        program.send(SIGKILL)
        _ = try await result
        throw error
    }
    if let signal { program.send(signal) }
    return try await result
}
