//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting
import Synchronization
import Testing

@Suite("A fault-injecting broker", .timeLimit(.minutes(20)))
struct FaultInjectionTests {
    private let clock = VirtualClock()
    private let memory: MemoryBroker

    init() {
        memory = MemoryBroker(clock: clock)
    }

    private func broker(_ plan: FaultPlan, process: SimulatedProcess = .init(name: "p")) -> FaultInjectingBroker {
        FaultInjectingBroker(memory, faults: FaultInjector(plan: plan, clock: clock, process: process))
    }

    private func envelope(_ number: UInt64 = 1) -> Envelope {
        Envelope(id: JobID(high: 0, low: number), name: "job", payload: [], submitted: clock.now)
    }

    private let request = ClaimRequest(
        worker: WorkerID("w"),
        shares: [.init(queue: .default, fair: 1, maximum: 1)],
        limit: 1,
        lease: .seconds(8),
        poisonLimit: 5
    )

    private func readyJobs() async throws -> Int {
        try await memory.counts(of: .default).ready
    }

    @Test("drops a call before its effect")
    func drop() async throws {
        let broker = broker(.scripted(.fault(.drop, on: .enqueue)))
        let error = await #expect(throws: BrokerError.self) { try await broker.enqueue([Submission(envelope())]) }
        #expect(error?.code == .unavailable)
        #expect(try await readyJobs() == 0)
        #expect(try await broker.enqueue([Submission(envelope())]) == [.accepted])
        #expect(broker.faults.injected == [.enqueue: 1])
    }

    @Test("loses an answer after its effect")
    func loseAnswer() async throws {
        let broker = broker(.scripted(.fault(.loseAnswer, on: .enqueue)))
        await #expect(throws: BrokerError.self) { try await broker.enqueue([Submission(envelope())]) }
        #expect(try await readyJobs() == 1)
    }

    @Test("fails with a given error at the call that was named")
    func fail() async throws {
        let closed = BrokerError(code: .closed, message: "gone")
        let broker = broker(.scripted(.fault(.fail(closed), on: .claim, call: 2)))
        _ = try await broker.claim(request)
        let error = await #expect(throws: BrokerError.self) { try await broker.claim(request) }
        #expect(error?.code == .closed)
        _ = try await broker.claim(request)
    }

    @Test("delays a call before or after its effect, on the clock")
    func delay() async throws {
        let plan = FaultPlan.scripted(
            .fault(.delay(.seconds(3)), on: .enqueue, call: 1),
            .fault(.delayAnswer(.seconds(3)), on: .enqueue, call: 2)
        )
        let broker = broker(plan)
        for (number, jobsMeanwhile) in [(UInt64(1), 0), (2, 2)] {
            async let receipts = broker.enqueue([Submission(envelope(number))])
            try await clock.waitForSleeper()
            #expect(try await readyJobs() == jobsMeanwhile)
            clock.advance(by: .seconds(3))
            #expect(try await receipts == [.accepted])
        }
    }

    @Test("a delayed answer is told although the caller was cancelled")
    func cancelledDelay() async throws {
        let broker = broker(.scripted(.fault(.delayAnswer(.seconds(3)), on: .claim)))
        _ = try await memory.enqueue([Submission(envelope())])
        let claim = try await withThrowingTaskGroup { group in
            group.addTask { try await broker.claim(request) }
            try await clock.waitForSleeper()
            group.cancelAll()
            return try await group.next()
        }
        #expect(claim?.deliveries.count == 1)
    }

    @Test("carries a call out twice")
    func duplicate() async throws {
        let broker = broker(.scripted(.fault(.duplicate, on: .claim)))
        _ = try await memory.enqueue([Submission(envelope(1)), Submission(envelope(2))])
        let claim = try await broker.claim(request)
        #expect(claim.deliveries.map(\.envelope.id.low) == [2])
        #expect(try await memory.counts(of: .default).running == 2)
    }

    @Test("a process that dies hears nothing more, and its hung calls fail once it is reaped")
    func death() async throws {
        let deaths = Mutex<[String]>([])
        let process = SimulatedProcess(name: "victim") { process in deaths.withLock { $0.append(process.name) } }
        let broker = broker(.scripted(.fault(.dieAfter, on: .enqueue)), process: process)
        let codes = Mutex<[BrokerError.Code]>([])
        try await process.run {
            for number in 1...2 {
                do throws(BrokerError) {
                    _ = try await broker.enqueue([Submission(envelope(UInt64(number)))])
                } catch {
                    codes.withLock { $0.append(error.code) }
                }
            }
        }
        #expect(!process.isAlive)
        #expect(deaths.withLock { $0 } == ["victim"])
        #expect(codes.withLock { $0 } == [.closed, .closed])
        #expect(try await readyJobs() == 1)
    }

    @Test("a process that is killed is cancelled, and its errors are lost with it")
    func kill() async throws {
        let process = SimulatedProcess(name: "victim")
        try await withThrowingTaskGroup { group in
            group.addTask { try await process.run { try await clock.sleep(for: .seconds(60)) } }
            try await clock.waitForSleeper()
            process.die()
            try await group.waitForAll()
        }
    }

    @Test("a living process's errors reach its owner")
    func processThrows() async {
        struct Boom: Error {}
        await #expect(throws: Boom.self) { try await SimulatedProcess(name: "p").run { throw Boom() } }
    }

    @Test("makes up for a dropped wake when the connection is back, but not for one that failed")
    func wakes() async throws {
        let lost = BrokerError(code: .unavailable, message: "lost")
        let plan = FaultPlan.scripted(.fault(.drop, on: .wake, call: 1), .fault(.fail(lost), on: .wake, call: 2))
        let broker = broker(plan)
        let wakes = Mutex(0)
        let port = WorkerPort(worker: request.worker, onWake: { wakes.withLock { $0 += 1 } }, onCancel: { _ in })
        try await broker.attach(port)
        _ = try await broker.claim(request)
        _ = try await broker.enqueue([Submission(envelope())])
        #expect(wakes.withLock { $0 } == 0)
        clock.advance(by: .seconds(1))
        _ = try await broker.claim(request)
        #expect(wakes.withLock { $0 } == 1)
        _ = try await broker.claim(request)
        _ = try await broker.enqueue([Submission(envelope(2))])
        clock.advance(by: .seconds(10))
        _ = try await broker.claim(request)
        #expect(wakes.withLock { $0 } == 1)
    }

    @Test("delivers a late push by itself while it runs")
    func latePush() async throws {
        let broker = broker(.scripted(.fault(.delay(.seconds(5)), on: .wake)))
        let woken = Signal()
        let port = WorkerPort(worker: request.worker, onWake: { woken.raise() }, onCancel: { _ in })
        try await broker.attach(port)
        _ = try await broker.claim(request)
        try await withThrowingTaskGroup { group in
            group.addTask { await broker.faults.run() }
            _ = try await broker.enqueue([Submission(envelope())])
            try await clock.waitForSleeper()
            #expect(!woken.take())
            clock.advance(by: .seconds(5))
            await woken.wait()
            group.cancelAll()
        }
    }

    @Test("makes up for a lost outcome by reading again")
    func lostOutcome() async throws {
        let faults = FaultInjector(plan: .scripted(.fault(.drop, on: .deliver)), clock: clock)
        let broker = FaultInjectingBroker(memory, faults: faults)
        var configuration = JobSystem.Configuration()
        configuration.clock = clock
        let jobs = try await JobSystem(broker: broker, configuration: configuration)
        let handle = try await jobs.submit(Nothing())
        try await handle.cancel()
        clock.advance(by: .seconds(1))
        _ = try await broker.claim(request)
        let error = await #expect(throws: JobError.self) { try await handle.value }
        #expect(error?.code == .cancelled)
    }

    @Test("follows its seed")
    func seeds() {
        func faults(_ seed: UInt64) -> [String] {
            var plan = FaultPlan.random(seed: seed, .init(drop: 0.2, delay: 0.2, die: 0.1))
            return (0..<200).map { _ in plan.next(.claim).map { "\($0)" } ?? "" }
        }
        #expect(faults(1) == faults(1))
        #expect(faults(1) != faults(2))
        #expect((40...160).contains(faults(1).filter { !$0.isEmpty }.count))
    }

    @Test("leaves the world alone once it is healed")
    func heal() async throws {
        let broker = broker(.random(seed: 1, .init(drop: 1)))
        await #expect(throws: BrokerError.self) { try await broker.claim(request) }
        broker.faults.heal()
        _ = try await broker.claim(request)
        broker.faults.inject(.drop, on: .claim)
        _ = try await broker.claim(request)
    }

    private struct Nothing: Job {
        static let name: JobName = "nothing"
    }
}
