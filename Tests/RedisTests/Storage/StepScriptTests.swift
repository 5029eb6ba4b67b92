//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import Testing

@testable internal import LineshaftRedis

@Suite("Steps on a real server", .timeLimit(.minutes(20)))
struct StepScriptTests {
    @Test("Nothing is left of a job's steps once it has ended, however many there were")
    func leaving() throws {
        let trial = try StorageTrial()
        for count in [1, 2, 999, 1_000, 2_001] {
            try trial.submit()
            let job = try trial.take()
            for number in 1...count { #expect(try trial.record(number, under: job.lease) == .applied) }
            #expect(try trial.steps(of: job.lease)?.count == count)
            try trial.settle(job)
            #expect(try trial.noteCount == 0)
        }
    }

    @Test("Steps that arrive in another order than they were numbered in, with one missing, are found and dropped")
    func gaps() throws {
        let trial = try StorageTrial()
        try trial.submit()
        let job = try trial.take()
        for number in [5, 2, 3, 2] { #expect(try trial.record(number, under: job.lease) == .applied) }
        #expect(try trial.steps(of: job.lease)?.map(\.number) == [2, 3, 5])
        try trial.settle(job, .failed(trial.failure()))
        #expect(try trial.noteCount > 0)
        let ids = [job.lease.id]
        #expect(try trial.call(DeleteCall(ids, keys: trial.keys, settings: trial.settings)) == [true])
        #expect(try trial.noteCount == 0)
    }

    @Test("Jobs beside one with steps are settled with it in one call, and each keeps its outcome")
    func neighbours() throws {
        let trial = try StorageTrial()
        let ids = try trial.submit(count: 20)
        let jobs = try trial.claim(20).jobs
        #expect(try trial.record(1, under: jobs[7].lease) == .applied)
        let items = jobs.enumerated().map { index, job in
            TurnCall.Item(Settlement(lease: job.lease, disposition: .succeeded([UInt8(index)])), head: job.head)
        }
        #expect(try trial.turn(items, claiming: nil).results == Array(repeating: .applied, count: 20))
        for (index, id) in ids.enumerated() {
            #expect(try trial.outcome(of: id)?.outcome == .succeeded([UInt8(index)]))
        }
        #expect(try trial.noteCount == 0)
    }

    @Test("A job that ran for the first time with steps is described as such, and counts no other delivery")
    func describing() throws {
        let trial = try StorageTrial()
        let id = try trial.submit()
        let job = try trial.take()
        #expect(try trial.record(1, under: job.lease) == .applied)
        let snapshot = try #require(try trial.find(id))
        #expect(snapshot.state == .running && snapshot.deliveries == 1 && snapshot.failedAttempts == 0)
        try trial.settle(job, .released)
        let again = try trial.take()
        #expect(again.delivery == 2 && again.attempt == 1)
    }

    @Test("The oldest dead letters take their steps with them")
    func surplus() throws {
        let trial = try StorageTrial(settings: StorageSettings(prefix: "trial:", maximumDeadLetters: 1))
        for _ in 0..<3 {
            try trial.submit()
            let job = try trial.take()
            #expect(try trial.record(1, under: job.lease) == .applied)
            try trial.settle(job, .failed(trial.failure()))
        }
        // The state, the outcome, and three fields for the one step.
        #expect(try trial.noteCount == 5)
    }

    @Test("A step comes back as it was written, and one of a newer program says so")
    func codec() throws {
        let id = JobID(high: 1, low: 2)
        let step = StepRecord(number: 300, place: 7, name: "größe", value: [0, 255, 10])
        let bytes = StepCodec.encode(step)
        #expect(try StepCodec.decode(bytes, id: id) == step)
        let newer = #expect(throws: StorageError.self) { try StepCodec.decode([2] + bytes.dropFirst(), id: id) }
        #expect(newer?.code == .newer)
        for length in 0..<8 {
            #expect(throws: StorageError.self) { try StepCodec.decode(Array(bytes.prefix(length)), id: id) }
        }
    }
}

extension StorageTrial {
    fileprivate func record(_ number: Int, under lease: Lease) throws -> SettlementResult {
        let step = StepRecord(number: number, place: number, name: "step \(number)", value: [1])
        return try call(RecordStepCall(step, under: lease, keys: keys, settings: settings))
    }

    fileprivate func steps(of lease: Lease) throws -> [StepRecord]? {
        try call(StepsCall(of: lease, keys: keys, settings: settings))
    }

    /// How many fields there are beside jobs and outcomes.
    fileprivate var noteCount: Int64 {
        get throws { try redis.send([Array("HLEN".utf8), keys.all[10]]).integer ?? -1 }
    }
}
