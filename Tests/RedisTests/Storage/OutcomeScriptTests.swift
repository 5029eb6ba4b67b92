//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import Testing

@testable internal import LineshaftRedis

@Suite("Outcomes and progress on a real server", .timeLimit(.minutes(20)))
struct OutcomeScriptTests {
    @Test("The outcomes of one call reach each client in one message")
    func pushing() throws {
        let trial = try StorageTrial()
        let clients = [ClientID(7), ClientID(.max)]
        let listeners = try clients.map { try trial.listen(to: trial.settings.channel(of: $0)) }
        var ids: [[JobID]] = [[], []]
        for number in 0..<20 { ids[number % 2].append(try trial.submit(replyTo: clients[number % 2])) }
        try trial.submit()
        let items = try trial.claim(30).jobs.enumerated().map { index, job in
            let disposition = Settlement.Disposition.succeeded([UInt8(index)])
            return TurnCall.Item(Settlement(lease: job.lease, disposition: disposition), head: job.head)
        }
        _ = try trial.turn(items, claiming: nil)
        for round in 0..<2 {
            guard case .finished(let records) = try listeners[round].nextMessage() else {
                Issue.record("That was no outcome.")
                continue
            }
            #expect(records.map(\.id) == ids[round])
            #expect(records.map(\.outcome) == (0..<10).map { .succeeded([UInt8(2 * $0 + round)]) })
            #expect(records.allSatisfy { $0.replyTo == clients[round] })
        }
    }

    @Test("Who watches is told of progress and the end, or gets the outcome at once, and is then forgotten")
    func watching() throws {
        let trial = try StorageTrial()
        let client = ClientID(8)
        let listener = try trial.listen(to: trial.settings.channel(of: client))
        let id = try trial.submit()
        let watch = OutcomesCall(of: [id], watching: client, keys: trial.keys, settings: trial.settings)
        #expect(try trial.call(watch).isEmpty)
        #expect(try trial.call(watch).isEmpty)
        let report = JobProgress(completed: 3, total: 4, message: "Nearly there.")
        let reporting = ReportCall([(id, report)], keys: trial.keys, settings: trial.settings)
        #expect(try trial.call(reporting) == 1)
        #expect(try listener.nextMessage() == .progressed([id: report]))
        let progress = ProgressCall(of: [id], keys: trial.keys, settings: trial.settings)
        #expect(try trial.call(progress) == [id: report])
        try trial.settle(trial.take())
        let record = try #require(try trial.outcome(of: id))
        #expect(try listener.nextMessage() == .finished([record]))
        #expect(try trial.call(progress).isEmpty)
        #expect(try trial.call(reporting) == 0)
        #expect(try trial.call(progress).isEmpty)
        #expect(try trial.call(watch)[id]?.record == record)
        #expect(try trial.redis.send([Array("EXISTS".utf8), trial.keys.all[10]]) == .integer(0))
    }

    @Test("Outcomes of jobs that the server does not hold are kept as given, and the first one wins")
    func recording() throws {
        let trial = try StorageTrial()
        let client = ClientID(9)
        let listener = try trial.listen(to: trial.settings.channel(of: client))
        let failure = JobFailure(code: .failed, message: "Es ging nicht. ✗", type: "E", attempt: 2, time: trial.now)
        let outcomes: [Outcome] = [.succeeded([]), .succeeded([0, 255]), .failed(failure), .cancelled, .expired]
        let records = outcomes.map { outcome in
            OutcomeRecord(
                id: trial.makeID(),
                outcome: outcome,
                attempts: 2,
                finished: Timestamp(nanosecondsSinceEpoch: 1_234_567_890_123_456_789),
                retention: .seconds(60),
                replyTo: outcome == .expired ? client : nil
            )
        }
        #expect(try trial.call(try RecordCall(records, keys: trial.results, settings: trial.settings)) == records)
        #expect(try listener.nextMessage() == .finished([records[4]]))
        let read = OutcomesCall(of: records.map(\.id), keys: trial.results, settings: trial.settings)
        #expect(
            try trial.call(read).mapValues(\.record) == Dictionary(uniqueKeysWithValues: records.map { ($0.id, $0) })
        )
        let late = OutcomeRecord(
            id: records[0].id,
            outcome: .cancelled,
            attempts: 1,
            finished: trial.now,
            retention: .seconds(600)
        )
        #expect(try trial.call(try RecordCall([late], keys: trial.results, settings: trial.settings)) == [records[0]])
        try trial.advance(by: .seconds(59))
        #expect(try trial.call(read).count == 5)
        try trial.advance(by: .seconds(1))
        #expect(try trial.call(read).isEmpty)
        #expect(try trial.call(try RecordCall([late], keys: trial.results, settings: trial.settings)) == [late])
    }

    @Test("Workers are listed by name for as long as their reports hold")
    func workers() throws {
        let trial = try StorageTrial()
        func report(_ name: String, validity: Duration?) -> WorkerReport {
            WorkerReport(
                id: WorkerID(name),
                host: "host",
                processID: 42,
                started: trial.now,
                version: "1.2",
                queues: [WorkerReport.Queue(name: trial.queue, concurrency: 3, weight: 2)],
                concurrency: 5,
                knownJobs: ["a": 1, "b": 7],
                running: 2,
                stuck: 1,
                validity: validity
            )
        }
        let reports = [report("a", validity: nil), report("b", validity: .seconds(10)), report("c", validity: nil)]
        for report in reports.reversed() { try trial.call(AnnounceCall(report, settings: trial.settings)) }
        #expect(try trial.call(WorkersCall(settings: trial.settings)) == reports)
        try trial.call(ForgetWorkerCall(WorkerID("c"), settings: trial.settings))
        try trial.advance(by: .seconds(10))
        #expect(try trial.call(WorkersCall(settings: trial.settings)) == [reports[0]])
    }
}
