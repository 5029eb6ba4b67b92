//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftRedis
import Synchronization
import Testing

/// Queues that are spread over the nodes of a Cluster, and nodes that change.
@Suite(.serialized, .timeLimit(.minutes(20)))
struct ClusterSystemTests {
    private struct Failing: Job {
        static let name: JobName = "fail"
        typealias Output = String
    }

    private struct Reporting: Job {
        static let name: JobName = "report"
        typealias Output = String
    }

    private struct Mishap: Error {}

    private static let queues = (0..<24).map { QueueName("queue-\($0)") }

    /// A worker for all queues; what it reports it goes on with when told to, and jobs that fail are not repeated.
    private func worker(_ jobs: JobSystem, reported: Transcript = Transcript()) -> Worker {
        let queues = Dictionary(uniqueKeysWithValues: Self.queues.map { ($0, WorkerQueues.Settings(concurrency: 4)) })
        return Worker(jobs, queues: WorkerQueues(queues)) {
            Handler(for: Echo.self) { job, _ in job.text }
            Handler(for: Failing.self, retry: .never) { _, _ in throw Mishap() }
            Handler(for: Reporting.self) { _, context in
                await context.report(progress: 1, of: 2)
                _ = await reported.said("go on")
                try Task.checkCancellation()
                return "reported"
            }
        }
    }

    @Test
    func `Jobs of many queues run on all nodes, and are seen on all of them`() async throws {
        let cluster = try await ClusterGroup(masters: 3)
        let jobs = try await JobSystem(redis: cluster.url([cluster.masters[0]]))
        let values = try await worker(jobs).run {
            try await withThrowingTaskGroup(of: String.self) { group in
                for queue in Self.queues {
                    for number in 0..<10 {
                        group.addTask { try await jobs.submit(Echo(text: "\(queue) \(number)"), on: queue).value }
                    }
                }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
        }
        #expect(values.count == Self.queues.count * 10)
        for node in cluster.masters {
            let size = try BlockingRedis(node).send("DBSIZE")
            #expect(size != .integer(0))
        }
        #expect(try await jobs.inspector.queues() == Self.queues.sorted())

        try await worker(jobs).run {
            for queue in Self.queues {
                await #expect(throws: JobError.self) { try await jobs.submit(Failing(), on: queue).value }
            }
        }
        for queue in Self.queues {
            #expect(try await jobs.inspector.counts(of: queue).dead == 1)
            #expect(try await jobs.retryAll(in: queue) == 1)
            #expect(try await jobs.inspector.counts(of: queue).ready == 1)
        }
        await jobs.shutdown()
    }

    @Test
    func `Limits, progress and cancellation reach every node`() async throws {
        let cluster = try await ClusterGroup(masters: 3)
        let here = try await JobSystem(redis: cluster.url([cluster.masters[0]]))
        let there = try await JobSystem(redis: cluster.url([cluster.masters[2]]))
        let reported = Transcript()
        for queue in Self.queues { try await here.limit(queue, concurrency: 1) }
        try await worker(there, reported: reported).run {
            for queue in Self.queues {
                let handle = try await here.submit(Reporting(), on: queue)
                let next = try await here.submit(Reporting(), on: queue)
                for try await progress in handle.progress {
                    #expect(progress.completed == 1)
                    break
                }
                // The other one has to wait until this one is gone.
                let counts = try await here.inspector.counts(of: queue)
                #expect(counts.running == 1 && counts.ready == 1)
                _ = try await next.cancel()
                _ = try await handle.cancel()
                await #expect(throws: JobError.self) { try await handle.value }
            }
        }
        await here.shutdown()
        await there.shutdown()
    }

    @Test
    func `Calls find a slot that is moving, and that has moved`() async throws {
        let cluster = try await ClusterGroup(masters: 3)
        let log = LogRecorder()
        let jobs = try await JobSystem(redis: cluster.url(), log: log)
        let values = try await worker(jobs).run {
            var values = [try await jobs.submit(Echo(text: "before"), on: "queue-0").value]
            // One key, which is found where it is.
            let names = "lineshaft:queues"
            let target = try #require(cluster.masters.first { $0 !== cluster.master(of: names) })
            try cluster.beginMove(of: names, to: target)
            #expect(try await jobs.inspector.queues().count == Self.queues.count)
            #expect(log.count(of: "A slot is moving") == 0)
            try cluster.moveKeys(of: names, to: target)
            #expect(try await jobs.inspector.queues().count == Self.queues.count)
            #expect(log.count(of: "A slot is moving") == 1)
            try cluster.endMove(of: names, to: target)
            #expect(try await jobs.inspector.queues().count == Self.queues.count)
            #expect(log.count(of: "A slot has moved") >= 1)

            // The keys of a queue, of which some are always missing: nobody serves them until they have all moved.
            let queue = "lineshaft:{queue-0}:"
            let next = try #require(cluster.masters.first { $0 !== cluster.master(of: queue) })
            try cluster.beginMove(of: queue, to: next)
            async let meanwhile = jobs.submit(Echo(text: "meanwhile"), on: "queue-0").value
            await log.said("TRYAGAIN")
            try cluster.moveKeys(of: queue, to: next)
            try cluster.endMove(of: queue, to: next)
            values.append(try await meanwhile)
            values.append(try await jobs.submit(Echo(text: "after"), on: "queue-0").value)
            return values
        }
        #expect(values == ["before", "meanwhile", "after"])
        await jobs.shutdown()
    }

    @Test
    func `Jobs of a queue go on when a replica takes its node's place`() async throws {
        let cluster = try await ClusterGroup(masters: 3, withReplica: true)
        let jobs = try await JobSystem(redis: cluster.url())
        let queue = try #require(Self.queues.first { cluster.master(of: "{\($0)}") === cluster.masters[0] })
        let waiting = try await jobs.submit(Echo(text: "waiting"), on: queue)
        try BlockingRedis(cluster.masters[0]).waitForReplica(writing: "{\(queue)}")
        cluster.masters[0].stop(signal: 9)
        let values = try await worker(jobs).run {
            let after = try await jobs.submit(Echo(text: "after"), on: queue).value
            return [try await waiting.value, after]
        }
        #expect(values == ["waiting", "after"])
        // Who comes now finds the Cluster through a node that was a replica.
        let replica = try #require(cluster.replica)
        let other = try await JobSystem(redis: cluster.url([cluster.masters[0], replica]))
        #expect(try await other.inspector.queues().contains(queue))
        await other.shutdown()
        await jobs.shutdown()
    }

    @Test
    func `A server that is none of a Cluster's is told apart, and one without slots`() async throws {
        let plain = try RedisServer(port: FreePort.next())
        let error = try #require(
            await refusal(of: "redis+cluster://127.0.0.1:\(plain.port ?? 0)") as? BrokerError
        )
        #expect(error.message.contains("redis:// in the URL") && error.code == .rejected)
        let node = try RedisServer(
            ["--cluster-enabled", "yes", "--cluster-port", "\(FreePort.next())"],
            port: FreePort.next()
        )
        let other = try #require(await refusal(of: "redis://127.0.0.1:\(node.port ?? 0)") as? BrokerError)
        #expect(other.message.contains("redis+cluster://") && other.code == .rejected)
        let empty = try #require(await refusal(of: "redis+cluster://127.0.0.1:\(node.port ?? 0)") as? BrokerError)
        #expect(empty.message.contains("no node") || empty.message.contains("No node"))
    }
}
