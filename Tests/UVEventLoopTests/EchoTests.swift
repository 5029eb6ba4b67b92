//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Testing
import UVEventLoop

@Suite(.timeLimit(.minutes(20)))
struct EchoTests {
    private func echo(through path: String?) async throws {
        let server = try Server(path: path) { $0.echo() }
        let loop = try UVEventLoop(name: "echo")
        let client = EchoClient(on: loop)
        try await client.connect(to: server.address)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<64 {
                group.addTask {
                    for turn in 0..<50 {
                        let question = Array("task \(task) asks for the \(turn)th time".utf8)
                        let answer = try await client.ask(question)
                        #expect(answer == question)
                    }
                }
            }
            try await group.waitForAll()
        }
        try await client.close()
        await #expect(throws: UVError.self) { try await client.ask([1]) }
        await loop.close()
    }

    @Test
    func `Many tasks share a connection over TCP, and each gets its own answers`() async throws {
        try await echo(through: nil)
    }

    @Test
    func `Many tasks share a connection over a unix socket, and each gets its own answers`() async throws {
        try await echo(through: Server.freePath())
    }

    @Test
    func `Questions of tasks that run together travel together`() async throws {
        let server = try Server { $0.echo() }
        let loop = try UVEventLoop(name: "batches")
        let client = EchoClient(on: loop)
        try await client.connect(to: server.address)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<100 { group.addTask { for _ in 0..<100 { _ = try await client.ask([1, 2, 3]) } } }
            try await group.waitForAll()
        }
        let statistics = await client.statistics
        try await client.close()
        #expect(statistics.bytesWritten == 30_000 && statistics.bytesRead == 30_000)
        #expect(statistics.writeCalls < 10_000)
    }

    @Test
    func `All that is written in one turn leaves in one call, in order`() async throws {
        let server = try Server { $0.echo() }
        let loop = try UVEventLoop(name: "turns")
        let owner = StreamOwner(on: loop)
        try await owner.connect(to: server.address)
        let expected = (0..<1000).flatMap { Array("\($0);".utf8) }
        await owner.run { owner in
            for number in 0..<1000 { owner.stream.write("\(number);".utf8) }
            #expect(owner.stream.bufferedBytes == expected.count)
            #expect(owner.stream.statistics.writeCalls == 0)
        }
        #expect(await owner.bytes(count: expected.count) == expected)
        await owner.run { #expect($0.stream.statistics.writeCalls == 1) }
    }

    @Test
    func `A flush does not wait for the end of the turn`() async throws {
        let server = try Server { $0.echo() }
        let loop = try UVEventLoop(name: "flush")
        let owner = StreamOwner(on: loop)
        try await owner.connect(to: server.address)
        await owner.run { owner in
            owner.stream.write([1, 2])
            owner.stream.flush()
            #expect(owner.stream.bufferedBytes == 0)
            #expect(owner.stream.statistics.writeCalls == 1)
        }
        #expect(await owner.bytes(count: 2) == [1, 2])
    }

    @Test
    func `What is written before the stream is connected is sent when it is`() async throws {
        let server = try Server { $0.echo() }
        let loop = try UVEventLoop(name: "early")
        let owner = StreamOwner(on: loop)
        await owner.run { $0.stream.write([7, 8, 9]) }
        try await owner.connect(to: server.address)
        #expect(await owner.bytes(count: 3) == [7, 8, 9])
    }
}
