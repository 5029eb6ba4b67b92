//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting
import Synchronization
import Testing

private struct Greeting: Job {
    static let name: JobName = "greeting"
    typealias Output = String

    var who = "you"
}

private final class Trail: Sendable {
    private let state = Mutex<[String]>([])
    var steps: [String] { state.withLock { $0 } }
    func note(_ step: String) { state.withLock { $0.append(step) } }
}

/// Notes when it is entered and left.
private struct Marker: SubmitMiddleware, RunMiddleware {
    let name: String
    let trail: Trail

    func submit(
        _ drafts: [JobDraft],
        next: @Sendable ([JobDraft]) async throws -> [Receipt]
    ) async throws -> [Receipt] {
        trail.note("submit \(name)")
        var drafts = drafts
        for index in drafts.indices { drafts[index].details.headers["by", default: ""] += name }
        let receipts = try await next(drafts)
        trail.note("submitted \(name)")
        return receipts
    }

    func run(_ context: JobContext, next: @Sendable (JobContext) async throws -> [UInt8]) async throws -> [UInt8] {
        trail.note("run \(name)")
        do {
            let output = try await next(context)
            trail.note("ran \(name)")
            return output
        } catch {
            trail.note("\(name) saw \(error)")
            throw error
        }
    }
}

/// Says less than it was told.
private struct Swallower: SubmitMiddleware {
    func submit(
        _ drafts: [JobDraft],
        next: @Sendable ([JobDraft]) async throws -> [Receipt]
    ) async throws -> [Receipt] {
        Array(try await next(drafts).dropLast())
    }
}

private struct Refusal: Error, CustomStringConvertible {
    let description = "refused"
}

@Suite(.timeLimit(.minutes(20)))
struct MiddlewareTests {
    private func harness(
        submit: [any SubmitMiddleware] = [],
        run: [any RunMiddleware] = [],
        handler: @escaping @Sendable (Greeting, JobContext) async throws -> String,
        _ body: (JobHarness) async throws -> Void
    ) async throws {
        var system = JobSystem.Configuration()
        system.middleware = submit
        system.retry = .never
        var worker = Worker.Configuration()
        worker.middleware = run
        try await withJobHarness(system: system, worker: worker) {
            Handler(for: Greeting.self, handler)
        } run: {
            try await body($0)
        }
    }

    @Test
    func `The first middleware is outermost, and headers that it sets arrive`() async throws {
        let trail = Trail()
        let markers = ["a", "b"].map { Marker(name: $0, trail: trail) }
        try await harness(submit: markers, run: markers) { greeting, context in
            trail.note("handler \(context.headers)")
            return greeting.who
        } _: { harness in
            let greeted = try await harness.run(Greeting())
            #expect(greeted == "you")
        }
        let expected = [
            "submit a", "submit b", "submitted b", "submitted a",
            "run a", "run b", "handler [\"by\": \"ab\"]", "ran b", "ran a",
        ]
        #expect(trail.steps == expected)
    }

    @Test
    func `A refusal before submission reaches the caller, and nothing is submitted`() async throws {
        let refuse = Hooks(beforeSubmit: { _ in throw Refusal() })
        try await harness(submit: [refuse]) { greeting, _ in
            greeting.who
        } _: { harness in
            await #expect(throws: Refusal.self) { try await harness.jobs.submit(Greeting()) }
            try harness.expectNoneSubmitted(Greeting.self)
        }
    }

    @Test
    func `A refusal before a run, and an error after it, count as the handler's`() async throws {
        let trail = Trail()
        for hooks in [Hooks(beforeRun: { _ in throw Refusal() }), Hooks(afterRun: { _ in throw Refusal() })] {
            try await harness(run: [Marker(name: "outer", trail: trail), hooks]) { greeting, _ in
                greeting.who
            } _: { harness in
                let handle = try await harness.jobs.submit(Greeting())
                try await harness.drain()
                guard case .failed(let failure) = try await handle.status else {
                    Issue.record("The job did not fail")
                    return
                }
                #expect(failure.message == "refused" && failure.code == .failed)
            }
        }
        #expect(trail.steps.filter { $0 == "outer saw refused" }.count == 2)
    }

    @Test
    func `The error hook sees every attempt's error and changes nothing`() async throws {
        let trail = Trail()
        let hooks = Hooks(onError: { context, error in trail.note("\(context.attempt) \(error)") })
        try await harness(run: [hooks]) { _, _ in
            throw Refusal()
        } _: { harness in
            let handle = try await harness.jobs.submit(Greeting(), retry: .constant(.seconds(1), maximumAttempts: 3))
            try await harness.drain()
            #expect(try await handle.status.isFinished)
        }
        #expect(trail.steps == ["1 refused", "2 refused", "3 refused"])
    }

    @Test
    func `Middleware may change queue, priority and payload, and must return a receipt for each job`() async throws {
        let change = Hooks(beforeSubmit: { draft in
            draft.priority = .highest
            draft.payload = Array(#"{"who":"they"}"#.utf8)
        })
        try await harness(submit: [change]) { greeting, context in
            greeting.who
        } _: { harness in
            let greeted = try await harness.run(Greeting())
            #expect(greeted == "they")
        }
        try await harness(submit: [Swallower()]) { greeting, _ in
            greeting.who
        } _: { harness in
            do {
                try await harness.jobs.submit(Greeting())
                Issue.record("A receipt that is missing was not missed")
            } catch let error as ConfigurationError {
                #expect(error.code == .invalidState && error.message.contains("0 receipts for 1 jobs"))
            }
        }
    }

    @Test
    func `A queue that middleware chooses is held to the rules for names`() async throws {
        let elsewhere = Hooks(beforeSubmit: { draft in draft.queue = "elsewhere" })
        try await harness(submit: [elsewhere]) { greeting, _ in
            greeting.who
        } _: { harness in
            try await harness.jobs.submit(Greeting())
            try harness.expectSubmitted(Greeting.self, count: 1, on: "elsewhere")
        }
        let nowhere = Hooks(beforeSubmit: { draft in draft.queue = "no{where" })
        try await harness(submit: [nowhere]) { greeting, _ in
            greeting.who
        } _: { harness in
            let error = await #expect(throws: ConfigurationError.self) { try await harness.jobs.submit(Greeting()) }
            #expect(error?.code == .invalidName && error?.message.contains("no{where") == true)
            let queues = try await harness.jobs.inspector.queues()
            #expect(queues.isEmpty)
        }
    }

    @Test
    func `The end hook hears what becomes of the job after each run`() async throws {
        let trail = Trail()
        let hooks = Hooks(onEnd: { context, disposition in trail.note("\(context.attempt) \(disposition.label)") })
        try await harness(run: [hooks]) { greeting, context in
            if context.attempt < 3 { throw Refusal() }
            return greeting.who
        } _: { harness in
            _ = try await harness.jobs.submit(Greeting(), retry: .constant(.seconds(1), maximumAttempts: 3))
            try await harness.drain()
        }
        #expect(trail.steps == ["1 retried", "2 retried", "3 succeeded"])
    }
}
