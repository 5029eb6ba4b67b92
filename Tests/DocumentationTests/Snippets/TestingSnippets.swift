//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting
import Testing

struct SendInvitation: Job {
    static let name: JobName = "invitations.send"

    var address: String
}

/// Where invitations go.
protocol Mailer: Sendable {
    func send(to address: String) async throws
}

/// A mail server for tests: each letter is refused a few times.
actor RefusingMailer: Mailer {
    struct Refusal: Error {}

    private(set) var sent: [String] = []
    private var refusals: Int

    init(refusals: Int) {
        self.refusals = refusals
    }

    func send(to address: String) throws {
        if refusals > 0 {
            refusals -= 1
            throw Refusal()
        }
        sent.append(address)
    }
}

/// Code to be tested: it submits jobs.
func invite(_ addresses: [String], with jobs: JobSystem) async throws {
    try await jobs.submit(contentsOf: addresses.map(SendInvitation.init), options: .init(queue: "mail"))
}

@Suite("The code of Testing jobs", .timeLimit(.minutes(20)))
struct TestingSnippets {
    @Test("Three integers are summed")
    func sum() async throws {
        try await withJobHarness {
            SumIntegers.handler()
        } run: { harness in
            let sum = try await harness.run(SumIntegers(integers: [1, 2, 3]))
            #expect(sum == 6)
        }
    }

    @Test("An invitation is tried again until it is sent")
    func retries() async throws {
        let mailer = RefusingMailer(refusals: 3)
        try await withJobHarness {
            Handler(for: SendInvitation.self) { job, context in
                try await mailer.send(to: job.address)
            }
        } run: { harness in
            let invitation = SendInvitation(address: "ada@example.org")
            try await harness.jobs.submit(invitation, delay: .seconds(86_400))
            let report = try await harness.drain()
            #expect(report.succeeded == 1)
            #expect(report.elapsed >= .seconds(86_400))
            #expect(await mailer.sent == ["ada@example.org"])
        }
    }

    @Test("What was submitted can be asked for")
    func submissions() async throws {
        try await withJobHarness {
            Handler(for: SendInvitation.self) { _, _ in }
        } run: { harness in
            try await invite(["ada@example.org", "grace@example.org"], with: harness.jobs)
            let invitations = try harness.expectSubmitted(SendInvitation.self, count: 2, on: "mail")
            #expect(invitations.map(\.address) == ["ada@example.org", "grace@example.org"])
        }
    }

    @Test("A failure is found in the report")
    func failure() async throws {
        try await withJobHarness {
            Handler(for: SendInvitation.self) { job, context in
                throw PermanentFailure("There is no mailbox \(job.address).")
            }
        } run: { harness in
            let handle = try await harness.jobs.submit(SendInvitation(address: "nobody@example.org"))
            let report = try await harness.drain()
            #expect(report.failures[handle.id]?.message == "There is no mailbox nobody@example.org.")
        }
    }

    @Test("A system of one's own takes a virtual clock")
    func clock() async throws {
        let clock = VirtualClock()
        var configuration = JobSystem.Configuration()
        configuration.clock = clock
        let jobs = try await JobSystem(url: "memory:", configuration: configuration)

        let handle = try await jobs.submit(SumIntegers(integers: [1]), delay: .seconds(3600))
        clock.advance(by: .seconds(3600))
        #expect(try await handle.status == .ready)

        await jobs.shutdown()
    }
}

/// What a broker's tests hand to the conformance suite.
struct MyFixture: BrokerFixture {
    let clock = VirtualClock()

    func makeBroker() async throws -> any Broker {
        MemoryBroker(clock: clock)
    }

    func advance(by duration: Duration) async throws {
        clock.advance(by: duration)
    }

    func jumpWallClock(by duration: Duration) async throws -> Bool {
        clock.jump(by: duration)
        return true
    }
}

@Suite("A broker of one's own", .timeLimit(.minutes(20)))
struct MyBrokerTests {
    @Test(arguments: BrokerConformance.cases)
    func `My broker keeps the contract`(_ promise: BrokerConformance.Case) async throws {
        try await promise.run(MyFixture())
    }

    @Test(arguments: SystemConformance.cases)
    func `Workers keep their promises on my broker`(_ promise: SystemConformance.Case) async throws {
        try await promise.run(MyFixture())
    }
}
