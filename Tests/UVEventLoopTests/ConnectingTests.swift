//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Foundation
import Testing
import UVEventLoop

#if canImport(Glibc)
internal import Glibc
#endif

@Suite(.timeLimit(.minutes(20)))
struct ConnectingTests {
    /// Connects on a loop of its own and says how that failed.
    private func failure(at address: UVAddress, timeout: Duration? = nil) async throws -> UVError {
        let loop = try UVEventLoop(name: "connecting")
        let owner = StreamOwner(on: loop)
        let error = await #expect(throws: UVError.self) { try await owner.connect(to: address, timeout: timeout) }
        let reason = await owner.run { $0.stream.closeReason }
        #expect(reason == error)
        await loop.close()
        return try #require(error)
    }

    @Test
    func `Nobody listens on the port`() async throws {
        let server = try Server(backlog: nil)
        let error = try await failure(at: server.address)
        #expect(error.code == .refused && error.name == "ECONNREFUSED")
        #expect(error.message.contains("\(server.address)") && error.message.contains("check that the server runs"))
    }

    @Test
    func `There is no socket at the path, or nobody listens there`() async throws {
        let path = Server.freePath()
        let missing = try await failure(at: .unix(path: path))
        #expect(missing.code == .refused && missing.name == "ENOENT" && missing.message.contains(path))
        let server = try Server(path: path, backlog: nil)
        let deaf = try await failure(at: server.address)
        #expect(deaf.code == .refused && deaf.name == "ECONNREFUSED" && deaf.message.contains(path))
    }

    @Test
    func `A path that the system would cut short is refused, and the longest one works`() async throws {
        let limit = UVAddress.maximumPathLength
        let error = try await failure(at: .unix(path: "/tmp/" + String(repeating: "x", count: limit - 4)))
        #expect(error.code == .invalidAddress)
        #expect(error.message.contains("\(limit + 1) bytes") && error.message.contains("takes \(limit)"))
        let free = Server.freePath()
        let path = free + String(repeating: "x", count: limit - free.utf8.count)
        let server = try Server(path: path) { $0.echo() }
        let owner = StreamOwner(on: try UVEventLoop(name: "long path"))
        try await owner.connect(to: server.address)
        await owner.run { $0.stream.write([1]) }
        #expect(await owner.bytes(count: 1) == [1])
    }

    @Test(arguments: [
        UVAddress.unix(path: ""), .unix(path: "/tmp/a\0b"), .tcp(host: "", port: 1), .tcp(host: "a\0b", port: 1),
    ])
    func `Addresses that cannot exist are refused`(address: UVAddress) async throws {
        #expect(try await failure(at: address).code == .invalidAddress)
    }

    @Test
    func `A host that nobody knows is named`() async throws {
        let error = try await failure(at: .tcp(host: "nowhere.invalid", port: 6379))
        #expect(error.code == .unresolved && error.name?.hasPrefix("EAI_") == true)
        #expect(error.message.contains("“nowhere.invalid”"))
    }

    @Test
    func `A host is looked up, and its addresses are tried until one answers`() async throws {
        let server = try Server { $0.echo() }
        guard case .tcp(_, let port) = server.address else { return }
        let owner = StreamOwner(on: try UVEventLoop(name: "lookup"))
        try await owner.connect(to: .tcp(host: "localhost", port: port), timeout: .seconds(600))
        await owner.run { $0.stream.write([1]) }
        #expect(await owner.bytes(count: 1) == [1])
    }

    @Test
    func `Connecting to a host that does not answer ends after the time it may take`() async throws {
        let server = try Server(backlog: 0)
        let clients = server.fill()
        defer { for client in clients { close(client) } }
        let error = try await failure(at: server.address, timeout: .milliseconds(50))
        #expect(
            error.code == .timedOut && error.message.contains("\(server.address)") && error.message.contains("0.05")
        )
    }

    @Test
    func `A unix socket whose listener is busy is tried again until it has time`() async throws {
        let server = try Server(path: Server.freePath(), backlog: 0)
        let clients = server.fill()
        defer { for client in clients { close(client) } }
        let error = try await failure(at: server.address, timeout: .milliseconds(50))
        #expect(error.code == .timedOut)
        let owner = StreamOwner(on: try UVEventLoop(name: "busy"))
        async let connected: Void = owner.connect(to: server.address)
        // Room comes up from now on, and is the owner's when the system has taken in those that came before.
        Thread.detachNewThread {
            while true {
                let peer = server.acceptOne()
                if peer.descriptor < 0 { return }
                peer.write([1])
                close(peer.descriptor)
            }
        }
        try await connected
        #expect(await owner.bytes(count: 1) == [1])
        server.stop()
    }

    @Test
    func `A task that is cancelled while it connects, or before, goes on at once`() async throws {
        let server = try Server(backlog: 0)
        let clients = server.fill()
        defer { for client in clients { close(client) } }
        let loop = try UVEventLoop(name: "cancelled")
        for isLate in [true, false] {
            let owner = StreamOwner(on: loop)
            let task = Task { () -> UVError? in
                if !isLate { while !Task.isCancelled { await Task.yield() } }
                do {
                    try await owner.connect(to: server.address)
                    return nil
                } catch {
                    return error as? UVError
                }
            }
            if isLate { while await !owner.run({ $0.stream.isConnecting }) { await Task.yield() } }
            task.cancel()
            #expect(await task.value?.code == .cancelled)
            #expect(try await owner.run { try await $0.stream.waitUntilClosed() }.code == .cancelled)
        }
    }

    @Test
    func `A stream that is closed while it connects fails with the reason`() async throws {
        let server = try Server(backlog: 0)
        let clients = server.fill()
        defer { for client in clients { close(client) } }
        let loop = try UVEventLoop(name: "given up")
        let owner = StreamOwner(on: loop)
        let connecting = Task { try await owner.connect(to: server.address) }
        while await !owner.run({ $0.stream.isConnecting }) { await Task.yield() }
        let reason = UVError(code: .closed, message: "It was given up.")
        await owner.run { $0.stream.close(because: reason) }
        await #expect(throws: reason) { try await connecting.value }
    }

    @Test
    func `A host that is given up while it is looked up disturbs nothing`() async throws {
        let loop = try UVEventLoop(name: "lookup given up")
        let owner = StreamOwner(on: loop)
        let connecting = Task { try await owner.connect(to: .tcp(host: "nowhere.invalid", port: 1)) }
        await owner.run { $0.stream.close() }
        await #expect(throws: UVError.self) { try await connecting.value }
        await loop.close()
    }
}
