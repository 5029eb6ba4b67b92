//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting
import Logging
import Testing

@testable import LineshaftRedis

@Suite(.timeLimit(.minutes(20)))
struct LeavingTests {
    @Test
    func `A worker that leaves while it asks for the first time is not counted on`() async throws {
        let server = try RedisServer()
        let redis = try BlockingRedis(server)
        let environment = BrokerAdapter.Environment(
            clock: SystemClock(),
            resultRetention: .seconds(3600),
            logger: Logger(label: "redis") { _ in SwiftLogNoOpLogHandler() }
        )
        // However slow the machine is, nothing runs out.
        let url = "redis+unix://\(server.socket)?command_timeout=10m"
        let connection = try await BrokerAdapter.redis.open(url, environment)
        let broker = try #require(connection.broker as? RedisBroker)
        let worker = WorkerID("leaving")
        try await broker.attach(WorkerPort(worker: worker, onWake: {}, onExpect: { _ in }, onCancel: { _ in }))
        let request = ClaimRequest(
            worker: worker,
            shares: [.init(queue: "default", fair: 1, maximum: 1)],
            limit: 1,
            lease: .seconds(3_600),
            poisonLimit: 5
        )
        // With the one job that it has room for it knows the queue, and does not count as idle there.
        let envelope = Envelope(id: JobID(high: 1, low: 2), name: "job", payload: [], submitted: SystemClock().now)
        _ = try await broker.enqueue([Submission(envelope)])
        let first = try await broker.claim(request)
        #expect(first.deliveries.count == 1)
        let before = try redis.send([Array("ZCARD".utf8), QueueKeys("default", prefix: "lineshaft:").all[11]])
        #expect(before == .integer(0))

        try redis.send("CLIENT", "PAUSE", "600000", "WRITE")
        async let second = broker.claim(request)
        while try !isHeld(redis) { await Task.yield() }
        async let leaving: Void = broker.detach(worker)
        while await !broker.attachedWorkers.isEmpty { await Task.yield() }
        try redis.send("CLIENT", "UNPAUSE")
        let claim = try await second
        await leaving
        #expect(claim.deliveries.isEmpty)
        // Behind whatever else has been sent.
        _ = try await broker.counts(of: "default")
        let after = try redis.send([Array("ZCARD".utf8), QueueKeys("default", prefix: "lineshaft:").all[11]])
        #expect(after == .integer(0))
        await broker.shutdown()
    }

    /// Whether the server holds a call back.
    private func isHeld(_ redis: BlockingRedis) throws -> Bool {
        guard case .string(let text) = try redis.send("CLIENT", "LIST") else { return false }
        return String(decoding: text, as: UTF8.self).split(separator: "\n").contains {
            $0.contains("cmd=evalsha") && $0.contains("flags=b")
        }
    }
}
