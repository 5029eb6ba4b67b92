//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Testing
import UVEventLoop

@Suite(.timeLimit(.minutes(20)))
struct ClosingTests {
    /// A stream that is connected to a server.
    private func open(_ server: Server, _ name: String = "closing") async throws -> StreamOwner {
        let owner = StreamOwner(on: try UVEventLoop(name: name))
        try await owner.connect(to: server.address)
        return owner
    }

    @Test(arguments: [true, false])
    func `The peer's end closes the stream after all that came before`(isUnix: Bool) async throws {
        let server = try Server(path: isUnix ? Server.freePath() : nil) { $0.write([1, 2, 3]) }
        let owner = try await open(server)
        let reason = try await owner.run { try await $0.stream.waitUntilClosed() }
        #expect(reason.code == .ended && reason.message.contains("\(server.address)"))
        #expect(await owner.received == [1, 2, 3])
    }

    @Test
    func `A connection that the peer breaks closes the stream`() async throws {
        let server = try Server { peer in
            _ = peer.read(exactly: 1)
            peer.breakWhenClosed()
        }
        let owner = try await open(server)
        await owner.run { $0.stream.write([1]) }
        let reason = try await owner.run { try await $0.stream.waitUntilClosed() }
        // libuv says of some broken connections that they have ended.
        #expect(reason.code == .reset || reason.code == .ended)
    }

    @Test
    func `Writing to a peer that is gone closes the stream and kills nobody`() async throws {
        let server = try Server(path: Server.freePath()) { _ in }
        // It does not read, so only writing can find out.
        let writer = Counter(on: try UVEventLoop(name: "writer"))
        let reason = try await writer.run { writer in
            let stream = writer.stream
            try await stream.connect(to: server.address)
            while stream.closeReason == nil {
                stream.write([1])
                stream.flush()
                await Task.yield()
            }
            return try await stream.waitUntilClosed()
        }
        #expect(reason.code == .reset)
        await writer.run { writer in
            writer.stream.write([1])
            #expect(writer.stream.bufferedBytes == 0)
        }
    }

    @Test
    func `Closing drops what is queued, and whoever waits for room gets the reason`() async throws {
        let release = Mailbox<Void>()
        let server = try Server(serve: nil)
        let owner = try await open(server)
        let waiter = Task { () -> UVError? in
            await owner.run { $0.stream.write([UInt8](repeating: 1, count: 16 << 20)) }
            release.put(())
            do {
                try await owner.run { try await $0.stream.waitUntilBuffered(below: 1) }
                return nil
            } catch {
                return error as? UVError
            }
        }
        _ = await release.next()
        let reason = UVError(code: .closed, message: "Enough was written.")
        await owner.run { $0.stream.close(because: reason) }
        #expect(await waiter.value == reason)
        #expect(try await owner.run { try await $0.stream.waitUntilClosed() } == reason)
    }

    @Test
    func `A wait for room or for the end that is cancelled ends, and disturbs no other`() async throws {
        let server = try Server(serve: nil)
        let owner = try await open(server)
        await owner.run { $0.stream.write([UInt8](repeating: 1, count: 16 << 20)) }
        let room = Task { try await owner.run { try await $0.stream.waitUntilBuffered(below: 1) } }
        let end = Task { try await owner.run { try await $0.stream.waitUntilClosed() } }
        let other = Task { try await owner.run { try await $0.stream.waitUntilClosed() } }
        room.cancel()
        end.cancel()
        await #expect(throws: UVError.self) { try await room.value }
        await #expect(throws: UVError.self) { try await end.value }
        await owner.run { owner in
            #expect(owner.stream.isOpen)
            owner.stream.close()
        }
        #expect(try await other.value.code == .closed)
    }

    @Test
    func `A stream may be closed from within its own callback`() async throws {
        let server = try Server { $0.echo() }
        let owner = try await open(server)
        let reasons = Mailbox<UVError>()
        let reason = try await owner.run { owner in
            owner.stream.onClose = { reasons.put($0) }
            owner.stream.startReading(for: owner) { owner, _ in
                owner.stream.close()
                owner.stream.close(because: UVError(code: .system, message: "Only the first reason counts."))
            }
            owner.stream.write([1])
            return try await owner.stream.waitUntilClosed()
        }
        #expect(reason.code == .closed)
        #expect(await reasons.next() == reason)
    }

    @Test
    func `A stream that is released is closed`() async throws {
        let ends = Mailbox<Void>()
        let server = try Server { peer in
            peer.drain()
            ends.put(())
        }
        do { _ = try await open(server) }
        _ = await ends.next()
    }

    @Test
    func `After the end of writing, the peer's answer still comes`() async throws {
        let server = try Server { peer in
            var count = 0
            while case let bytes = peer.read(), !bytes.isEmpty { count += bytes.count }
            peer.write(Array("\(count)".utf8))
        }
        let owner = try await open(server)
        await owner.run { owner in
            owner.stream.write([UInt8](repeating: 1, count: 4_000_000))
            owner.stream.endWriting()
            owner.stream.endWriting()
        }
        #expect(await owner.bytes(count: 7) == Array("4000000".utf8))
        #expect(try await owner.run { try await $0.stream.waitUntilClosed() }.code == .ended)
    }
}
