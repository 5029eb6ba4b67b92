//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Foundation
import Lineshaft
import Testing

@testable import LineshaftRedis

/// What others may do to a server that holds jobs.
@Suite(.serialized, .timeLimit(.minutes(20)))
struct MeddlingTests: Sendable {
    private let server: RedisServer

    init() throws {
        server = try RedisServer(["--lua-time-limit", "50", "--busy-reply-threshold", "50"])
    }

    /// Sends the server a command of one's own.
    @discardableResult
    private func send(_ command: String...) throws -> RESPValue {
        try BlockingRedis(server).send(command.map { Array($0.utf8) })
    }

    private func url(prefix: String = "lineshaft") -> String {
        "redis+unix://\(server.socket)?prefix=\(prefix)"
    }

    /// Puts a value of no type that jobs are kept in where a key of a queue should be.
    private func spoil(_ key: String) throws {
        try send("DEL", key)
        try send("XADD", key, "*", "a", "b")
    }

    /// How many commands the server has carried out for clients.
    private func commandCount() throws -> Int {
        guard case .string(let text) = try send("INFO", "commandstats") else { return 0 }
        let line = String(decoding: text, as: UTF8.self).split(separator: "\r\n").first {
            $0.contains("_evalsha:calls=")
        }
        return line.flatMap { Int($0.drop { $0 != "=" }.dropFirst().prefix { $0 != "," }) } ?? 0
    }

    /// Lets a second of the server's time pass, on a thread that nobody else needs.
    private func waitForSecond() async throws {
        let server = self.server
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            Thread.detachNewThread {
                continuation.resume(
                    with: Result { _ = try BlockingRedis(server).send("BLPOP", "nothing", "1") }
                )
            }
        }
    }

    @Test(arguments: QueueKeys("bad", prefix: "p:").all.map { String(decoding: $0, as: UTF8.self) })
    func `A foreign key where a queue should be is named, and other queues are unharmed`(_ key: String) async throws {
        try spoil(key)
        let jobs = try await JobSystem(redis: url(prefix: "p"))
        let error = await #expect(throws: BrokerError.self) {
            try await jobs.submit(Echo(text: "lost"), on: "bad")
        }
        let message = error?.message ?? ""
        #expect(message.contains(key) && message.contains("prefix") && message.contains("stream"))
        #expect(error?.isTransient == false)
        let value = try await jobs.echoing(queues: ["good"]).run {
            try await jobs.submit(Echo(text: "kept"), on: "good").value
        }
        #expect(value == "kept")
        await jobs.shutdown()
    }

    @Test
    func `A foreign key where the queues' names should be is named`() async throws {
        try spoil("p:queues")
        let jobs = try await JobSystem(redis: url(prefix: "p"))
        let error = await #expect(throws: BrokerError.self) { try await jobs.submit(Echo(text: "lost")) }
        #expect(error?.code == .corrupt && error?.message.contains("p:queues") == true)
        await jobs.shutdown()
    }

    @Test
    func `A worker whose queue is spoilt does not try in a hot loop, and goes on when it is mended`() async throws {
        let jobs = try await JobSystem(redis: url())
        let value = try await jobs.echoing().run {
            _ = try await jobs.submit(Echo(text: "before")).value
            try send("RENAME", "lineshaft:{default}:meta", "lineshaft:kept")
            try spoil("lineshaft:{default}:meta")
            let error = await #expect(throws: BrokerError.self) { try await jobs.submit(Echo(text: "lost")) }
            #expect(error?.code == .corrupt && error?.message.contains("prefix") == true)
            let before = try commandCount()
            try await waitForSecond()
            #expect(try commandCount() - before < 50)
            try send("RENAME", "lineshaft:kept", "lineshaft:{default}:meta")
            return try await jobs.submit(Echo(text: "after")).value
        }
        #expect(value == "after")
        await jobs.shutdown()
    }

    @Test(arguments: [true, false])
    func `A worker goes on with its other queues when one is spoilt`(_ isSpoiltBefore: Bool) async throws {
        let jobs = try await JobSystem(redis: url())
        let key = "lineshaft:{bad}:meta"
        if isSpoiltBefore { try spoil(key) }
        let values = try await jobs.echoing(queues: ["bad", "good"]).run {
            var values = [try await jobs.submit(Echo(text: "first"), on: "good").value]
            if !isSpoiltBefore {
                _ = try await jobs.submit(Echo(text: "fine"), on: "bad").value
                try spoil(key)
            }
            // The worker is woken for the queue, and finds what it cannot use.
            await #expect(throws: BrokerError.self) { try await jobs.submit(Echo(text: "lost"), on: "bad") }
            for number in 0..<20 {
                values.append(try await jobs.submit(Echo(text: "\(number)"), on: "good").value)
            }
            return values
        }
        #expect(values == ["first"] + (0..<20).map { "\($0)" })
        await jobs.shutdown()
    }

    @Test
    func `Scripts that are flushed are loaded again`() async throws {
        let jobs = try await JobSystem(redis: url())
        let values = try await jobs.echoing().run {
            var values: [String] = []
            for number in 0..<5 {
                try send("SCRIPT", "FLUSH")
                values.append(try await jobs.submit(Echo(text: "\(number)")).value)
            }
            return values
        }
        #expect(values == (0..<5).map { "\($0)" })
        await jobs.shutdown()
    }

    @Test
    func `A server that is busy with somebody's script says so, and goes on when that is killed`() async throws {
        let jobs = try await JobSystem(redis: url())
        let value = try await jobs.echoing().run {
            _ = try await jobs.submit(Echo(text: "before")).value
            let server = self.server
            let script = Transcript()
            Thread.detachNewThread {
                let answer = Result { try BlockingRedis(server).send("EVAL", "while true do end", "0") }
                script.append("ended: \(answer)")
            }
            try await server.said("Slow script detected")
            let error = await #expect(throws: BrokerError.self) { try await jobs.submit(Echo(text: "lost")) }
            #expect(error?.isTransient == true && error?.message.contains("SCRIPT KILL") == true)
            try send("SCRIPT", "KILL")
            _ = await script.said("ended")
            return try await jobs.submit(Echo(text: "after")).value
        }
        #expect(value == "after")
        await jobs.shutdown()
    }

    @Test
    func `A script of ours that is killed has changed nothing, and the call may be repeated`() {
        let lines = [
            "ERR Error running script (call to f_1): @user_script:1: Script killed by user with SCRIPT KILL...",
            "ERR Script killed by user with SCRIPT KILL script: 1, on @user_script:1.",
        ]
        for line in lines {
            let error = BrokerError(RedisServerError(line: line))
            #expect(error.isTransient && error.message.contains("SCRIPT KILL"))
        }
    }

    @Test
    func `A job of a newer version is parked, and others run`() async throws {
        let log = LogRecorder()
        let jobs = try await JobSystem(redis: url(), log: log)
        let newer = try await jobs.submit(Echo(text: "newer"))
        // The jobs of a quarter of a second are together, by the first bytes of their identifiers.
        let key = Array("lineshaft:{default}:jobs:".utf8) + newer.id.bytes.prefix(5)
        guard
            case .string(let record) = try BlockingRedis(server).send([
                Array("HGET".utf8), key, newer.id.bytes,
            ])
        else {
            Issue.record("The job is not where it should be.")
            return
        }
        try BlockingRedis(server).send([Array("HSET".utf8), key, newer.id.bytes, [99] + record.dropFirst()])
        let value = try await jobs.echoing().run {
            let value = try await jobs.submit(Echo(text: "other")).value
            await log.said("A job that this program cannot read is put aside")
            return value
        }
        #expect(value == "other")
        let counts = try await jobs.inspector.counts(of: "default")
        #expect(counts.scheduled == 1 && counts.dead == 0)
        await jobs.shutdown()
    }

    @Test
    func `A job that cannot be read does not make a full queue look empty`() async throws {
        let jobs = try await JobSystem(redis: url())
        let handles = try await jobs.submit(contentsOf: (0..<8).map { Echo(text: "\($0)") })
        let damaged = try #require(handles.first).id
        try BlockingRedis(server).send([
            Array("HSET".utf8), Array("lineshaft:{default}:jobs:".utf8) + damaged.bytes.prefix(5), damaged.bytes,
            [99, 0],
        ])
        let worker = WorkerID("worker-1")
        try await jobs.broker.attach(WorkerPort(worker: worker, onWake: {}, onExpect: { _ in }, onCancel: { _ in }))
        let request = ClaimRequest(
            worker: worker,
            shares: [.init(queue: "default", fair: 4, maximum: 4)],
            limit: 4,
            lease: .seconds(60),
            poisonLimit: 5
        )
        let claim = try await jobs.broker.claim(request)
        #expect(claim.deliveries.map(\.envelope.id) == handles[1...3].map(\.id))
        #expect(claim.nextDue == .zero)
        await jobs.shutdown()
    }

    @Test
    func `A queue of a newer version is left alone, and the error says to update`() async throws {
        let jobs = try await JobSystem(redis: url())
        try BlockingRedis(server).send([
            Array("SET".utf8), Array("lineshaft:{default}:meta".utf8), [99] + Array(repeating: 0, count: 100),
        ])
        let error = await #expect(throws: BrokerError.self) { try await jobs.submit(Echo(text: "second")) }
        #expect(error?.code == .corrupt && error?.message.contains("Update") == true)
        await jobs.shutdown()
    }
}
