//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(20)))
struct WaitingTests {
    @Test
    func `Only as many idle workers are woken as there are jobs, the longest idle first`() {
        var idle = IdleWorkers()
        let workers = (1...4).map { WorkerID("\($0)") }
        for worker in workers {
            idle.add(worker)
            idle.update(worker, hungry: ["a", "b"])
        }
        #expect(idle.wake("a", count: 2) == Array(workers[0...1]))
        #expect(idle.wake("b", count: 1) == [workers[2]])
        #expect(idle.wake("c", count: 1) == [])
        #expect(idle.wake("a", count: 5) == [workers[3]])
        #expect(idle.count == 0)
    }

    @Test
    func `A worker that has no room left, or has gone, is not woken`() {
        var idle = IdleWorkers()
        for name in ["1", "2", "3"] {
            idle.add(WorkerID(name))
            idle.update(WorkerID(name), hungry: ["a"])
        }
        idle.update(WorkerID("1"), hungry: [])
        #expect(idle.remove(WorkerID("2")) == ["a"])
        idle.update(WorkerID("unknown"), hungry: ["a"])
        #expect(idle.wake("a", count: 5) == [WorkerID("3")])
    }

    @Test
    func `A worker that is often idle leaves nothing behind`() {
        var idle = IdleWorkers()
        idle.add(WorkerID("1"))
        for _ in 0..<1000 {
            idle.update(WorkerID("1"), hungry: ["a", "b"])
            #expect(idle.wake("a", count: 1) == [WorkerID("1")])
        }
        idle.update(WorkerID("1"), hungry: ["b"])
        #expect(idle.wake("a", count: 1) == [])
        #expect(idle.wake("b", count: 1) == [WorkerID("1")])
    }

    @Test
    func `A worker that leaves after it was woken passes the wake on`() async throws {
        let broker = MemoryBroker(clock: VirtualClock())
        let woken = Mutex<[String]>([])
        for name in ["1", "2"] {
            let port = WorkerPort(
                worker: WorkerID(name),
                onWake: { woken.withLock { $0.append(name) } },
                onCancel: { _ in }
            )
            try await broker.attach(port)
            let share = ClaimRequest.Share(queue: "default", fair: 1, maximum: 1)
            let request = ClaimRequest(
                worker: port.worker,
                shares: [share],
                limit: 1,
                lease: .seconds(30),
                poisonLimit: 3
            )
            #expect(try await broker.claim(request).deliveries.isEmpty)
        }
        let envelope = Envelope(
            id: JobID(high: 1, low: 1),
            name: "job",
            payload: [],
            submitted: Timestamp(nanosecondsSinceEpoch: 0)
        )
        _ = try await broker.enqueue([Submission(envelope)])
        #expect(woken.withLock { $0 } == ["1"])
        await broker.detach(WorkerID("1"))
        #expect(woken.withLock { $0 } == ["1", "2"])
    }

    @Test
    func `Room that comes while a submitter is about to wait is not missed`() async throws {
        for round in 0..<2_000 {
            let broker = MemoryBroker(clock: VirtualClock())
            let envelope = Envelope(
                id: JobID(high: 1, low: UInt64(round)),
                name: "job",
                payload: [],
                submitted: Timestamp(nanosecondsSinceEpoch: 0)
            )
            _ = try await broker.enqueue([Submission(envelope)])
            let request = ClaimRequest(
                worker: WorkerID("1"),
                shares: [.init(queue: "default", fair: 1, maximum: 1)],
                limit: 1,
                lease: .seconds(30),
                poisonLimit: 3
            )
            async let room: Void = broker.waitForRoom(in: "default", maximumLength: 1)
            async let claim = broker.claim(request)
            #expect(try await claim.deliveries.count == 1)
            try await room
        }
    }

    @Test
    func `A payload that is too large is refused together with its call`() async throws {
        let broker = MemoryBroker(
            clock: VirtualClock(),
            configuration: MemoryBroker.Configuration(maximumPayload: 10)
        )
        let envelopes = [UInt64(1), 2].map { number in
            Envelope(
                id: JobID(high: 1, low: number),
                name: "job",
                payload: Array(repeating: 0, count: number == 1 ? 10 : 11),
                submitted: Timestamp(nanosecondsSinceEpoch: 0)
            )
        }
        let error = await #expect(throws: BrokerError.self) {
            _ = try await broker.enqueue(envelopes.map { Submission($0) })
        }
        #expect(error?.code == .rejected)
        #expect(try await broker.counts(of: "default") == QueueCounts())
    }
}
