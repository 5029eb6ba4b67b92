//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import Testing

@testable internal import LineshaftRedis

@Suite("Enqueuing on a real server", .timeLimit(.minutes(20)))
struct EnqueueScriptTests {
    @Test("Submitting the same identifier again changes nothing, while the job waits, runs, is dead or has ended")
    func isIdempotent() throws {
        let trial = try StorageTrial()
        let id = try trial.submit()
        func again(_ change: (inout Envelope.Details) -> Void = { _ in }) throws {
            let envelope = trial.envelope(id: id, payload: [9], change)
            #expect(try trial.enqueue([Submission(envelope), Submission(envelope)]) == [.accepted, .accepted])
            #expect(try trial.enqueue([Submission(envelope, maximumLength: 0)]) == [.accepted])
        }
        try again()
        try again { $0.start = trial.now + .seconds(5) }
        let job = try trial.take()
        #expect(try job.envelope.get().payload == [1, 2, 3])
        try again()
        #expect(try trial.claim(5).jobs.isEmpty)
        try trial.settle(job, .failed(trial.failure()))
        try again()
        #expect(try trial.claim(5).jobs.isEmpty)
        #expect(try trial.call(DeleteCall([id], keys: trial.keys, settings: trial.settings)) == [true])
        // The outcome of a dead letter stays when it is deleted.
        try again()
        #expect(try trial.claim(5).jobs.isEmpty)
        #expect(try trial.outcome(of: id)?.outcome == .failed(trial.failure()))
        try trial.advance(by: .seconds(3600))
        #expect(try trial.outcome(of: id) == nil)
        try again()
        #expect(try trial.claim(5).jobs.map(\.lease.id) == [id])
    }

    @Test("The same identifier twice in one call is one job, and nothing at all is none")
    func twice() throws {
        let trial = try StorageTrial()
        let envelope = trial.envelope()
        #expect(try trial.enqueue([Submission(envelope), Submission(envelope)]) == [.accepted, .accepted])
        #expect(try trial.claim(10).jobs.count == 1)
    }

    @Test("A full queue takes nothing more until there is room, and delayed jobs count")
    func fullness() throws {
        let trial = try StorageTrial()
        let delayed = trial.envelope { $0.start = trial.now + .seconds(60) }
        let submissions = [delayed, trial.envelope(), trial.envelope()].map { Submission($0, maximumLength: 2) }
        #expect(try trial.enqueue(submissions) == [.accepted, .accepted, .full])
        let client = ClientID(5)
        let listener = try trial.listen(to: trial.settings.channel(of: client))
        let room = RoomCall(client, maximumLength: 2, keys: trial.keys, settings: trial.settings)
        #expect(try trial.call(room) == false)
        _ = try trial.take()
        #expect(try listener.nextMessage() == .room(trial.queue))
        #expect(try trial.call(room))
        #expect(try trial.enqueue([submissions[2]]) == [.accepted])
        #expect(try trial.call(room) == false)
        #expect(try trial.cancel([delayed.id]) == [.cancelled])
        #expect(try listener.nextMessage() == .room(trial.queue))
    }

    @Test("Expired jobs make room")
    func expiredRoom() throws {
        let trial = try StorageTrial()
        try trial.submit { $0.expires = trial.now + .seconds(60) }
        let second = Submission(trial.envelope(), maximumLength: 1)
        #expect(try trial.enqueue([second]) == [.full])
        try trial.advance(by: .seconds(60))
        #expect(try trial.enqueue([second]) == [.accepted])
    }

    @Test("A unique job keeps its like out until it has ended, whichever way")
    func unique() throws {
        let trial = try StorageTrial()
        let claim = UniqueClaim(key: "report", window: nil)
        func refuse(_ id: JobID, sourceLocation: SourceLocation = #_sourceLocation) throws {
            let receipts = try trial.enqueue([Submission(trial.envelope { $0.unique = claim })])
            #expect(receipts == [.duplicate(of: id)], sourceLocation: sourceLocation)
        }
        for disposition in [
            Settlement.Disposition.succeeded([]), .cancelled, .expired, .failed(trial.failure()),
        ] {
            let id = try trial.submit { $0.unique = claim }
            try refuse(id)
            try trial.submit(id: id) { $0.unique = claim }
            try trial.settle(trial.take(), .released)
            try refuse(id)
            try trial.settle(trial.take(), disposition)
        }
        let id = try trial.submit { $0.unique = claim }
        #expect(try trial.cancel([id]) == [.cancelled])
        try trial.submit { $0.unique = claim }
    }

    @Test("A window keeps its like out for its time, whatever became of the first job")
    func window() throws {
        let trial = try StorageTrial()
        let claim = UniqueClaim(key: "report", window: .seconds(60))
        let first = try trial.submit { $0.unique = claim }
        try trial.settle(trial.take())
        try trial.advance(by: .seconds(59))
        let next = Submission(trial.envelope { $0.unique = claim })
        #expect(try trial.enqueue([next]) == [.duplicate(of: first)])
        try trial.advance(by: .seconds(1))
        #expect(try trial.enqueue([next]) == [.accepted])
        try trial.advance(by: .seconds(60))
        let last = try trial.submit { $0.unique = claim }
        // The end of the one before must not free what the last one holds.
        try trial.settle(trial.take())
        #expect(try trial.enqueue([Submission(trial.envelope { $0.unique = claim })]) == [.duplicate(of: last)])
    }

    @Test("Payloads of any size, none included, arrive as they were sent")
    func sizes() throws {
        let trial = try StorageTrial()
        for size in [0, 1, 1000, 4 << 20] {
            let payload = (0..<size).map { UInt8(truncatingIfNeeded: $0 ^ ($0 >> 9)) }
            let envelope = trial.envelope(payload: payload)
            _ = try trial.enqueue([Submission(envelope)])
            #expect(try trial.take().envelope.get() == envelope)
        }
    }
}
