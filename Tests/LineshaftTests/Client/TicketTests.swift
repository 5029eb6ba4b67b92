//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting
import Testing

@Suite(.timeLimit(.minutes(20)))
struct TicketTests {
    private let id = JobID(high: 1, low: 2)

    private func record(_ output: [UInt8] = [1]) -> OutcomeRecord {
        OutcomeRecord(
            id: id,
            outcome: .succeeded(output),
            attempts: 1,
            finished: VirtualClock.defaultStart,
            retention: .seconds(1)
        )
    }

    @Test
    func `A watched job whose last handle goes is abandoned, unless there is a new one`() {
        let inbox = Inbox(client: ClientID(1))
        var claims = [inbox.claim(id), inbox.claim(id)]
        inbox.noteWatched(id)
        claims.removeLast()
        #expect(inbox.takeAbandoned().isEmpty)
        claims.removeLast()
        #expect(inbox.takeAbandoned() == [id])
        #expect(inbox.takeAbandoned().isEmpty)
        // One that was only pushed is not watched.
        claims.append(inbox.claim(id))
        claims.removeLast()
        #expect(inbox.takeAbandoned().isEmpty)
        claims.append(inbox.claim(id))
        inbox.noteWatched(id)
        claims.removeLast()
        let last = inbox.claim(id)
        #expect(inbox.takeAbandoned().isEmpty)
        #expect(inbox.watched(among: [id]).isEmpty)
        inbox.noteWatched(id)
        #expect(inbox.watched(among: [id]) == [id])
        #expect(last.id == id)
    }

    @Test
    func `One waiter's cancellation disturbs no other, and comes also before the wait`() async throws {
        let inbox = Inbox(client: ClientID(1))
        let claim = inbox.claim(id)
        try await withThrowingTaskGroup(of: OutcomeRecord.self) { patient in
            for _ in 0..<3 { patient.addTask { try await claim.ticket.outcome() } }
            await withTaskGroup(of: Bool.self) { impatient in
                for _ in 0..<3 {
                    impatient.addTask {
                        do {
                            _ = try await claim.ticket.outcome()
                            return false
                        } catch {
                            return error is CancellationError
                        }
                    }
                }
                await Task.yield()
                impatient.cancelAll()
                // This one is cancelled before it begins to wait.
                impatient.addTask { await Self.isCancelledEarly(claim.ticket) }
                for await wasCancelled in impatient { #expect(wasCancelled) }
            }
            inbox.deliver([.finished(record())])
            for try await outcome in patient { #expect(outcome == record()) }
        }
        #expect(try await claim.ticket.outcome() == record())
    }

    private static func isCancelledEarly(_ ticket: Ticket) async -> Bool {
        do {
            _ = try await ticket.outcome()
            return false
        } catch {
            return error is CancellationError
        }
    }

    @Test
    func `An inbox forgets a job when nobody holds a claim to it, or its outcome has come`() {
        let inbox = Inbox(client: ClientID(1))
        do {
            let first = inbox.claim(id)
            let second = inbox.claim(id)
            #expect(inbox.awaited == [id] && first.ticket === second.ticket)
        }
        #expect(inbox.awaited == [])
        let claim = inbox.claim(id)
        inbox.deliver([.finished(record())])
        #expect(inbox.awaited == [] && claim.ticket.isFinished)
        // A new claim, for instance after a dead letter was retried, waits for a new outcome.
        let again = inbox.claim(id)
        #expect(!again.ticket.isFinished && inbox.awaited == [id])
    }

    @Test
    func `The first outcome stays, and events for nobody are dropped`() async throws {
        let inbox = Inbox(client: ClientID(1))
        inbox.deliver([.finished(record()), .progressed(id, JobProgress(completed: 1))])
        let claim = inbox.claim(id)
        claim.ticket.finish(record([1]))
        claim.ticket.finish(record([2]))
        claim.ticket.fail(BrokerError(code: .closed, message: "late"))
        #expect(try await claim.ticket.outcome() == record([1]))
    }

    @Test
    func `Closing fails who waits, and who comes later`() async throws {
        let inbox = Inbox(client: ClientID(1))
        let claim = inbox.claim(id)
        inbox.close(BrokerError(code: .closed, message: "The end."))
        for ticket in [claim.ticket, inbox.claim(JobID(high: 3, low: 4)).ticket] {
            await #expect(throws: BrokerError.self) { try await ticket.outcome() }
        }
    }

    @Test
    func `Followers of progress get the newest, end with the job, and are forgotten when they leave`() async {
        let inbox = Inbox(client: ClientID(1))
        weak var forgotten: Ticket?
        do {
            let claim = inbox.claim(id)
            forgotten = claim.ticket
            for step in 1...3 { inbox.deliver([.progressed(id, JobProgress(completed: Double(step)))]) }
            var reports = claim.ticket.followProgress().makeAsyncIterator()
            #expect(await reports.next()?.completed == 3)
            inbox.deliver([.progressed(id, JobProgress(completed: 4)), .progressed(id, JobProgress(completed: 5))])
            #expect(await reports.next()?.completed == 5)
            _ = claim.ticket.followProgress()
            inbox.deliver([.finished(record())])
            #expect(await reports.next() == nil)
            var late = claim.ticket.followProgress().makeAsyncIterator()
            _ = await late.next()
            #expect(await late.next() == nil)
        }
        #expect(forgotten == nil)
    }

    @Test
    func `A follower that leaves before the end keeps nothing alive`() async {
        let inbox = Inbox(client: ClientID(1))
        weak var forgotten: Ticket?
        do {
            let claim = inbox.claim(id)
            forgotten = claim.ticket
            var reports: AsyncStream<JobProgress>.Iterator? = claim.ticket.followProgress().makeAsyncIterator()
            inbox.deliver([.progressed(id, JobProgress(completed: 1))])
            #expect(await reports?.next()?.completed == 1)
            reports = nil
        }
        #expect(forgotten == nil)
    }
}
