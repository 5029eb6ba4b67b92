//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting
import Logging
import Testing

struct FulfilOrder: Job {
    static let name: JobName = "orders.fulfil"
    static let options = JobOptions(retry: .exponential(maximumAttempts: 5))

    var order: Int
    var items: [String]
}

/// What an order is fulfilled with: it counts what it is asked, and its carrier is away at first.
actor Shop {
    struct CarrierIsAway: Error {}

    private(set) var log: [String] = []
    private var absences: Int

    init(absences: Int = 0) {
        self.absences = absences
    }

    @discardableResult
    func charge(_ order: Int) -> String {
        log.append("charge")
        return "payment \(order)"
    }

    @discardableResult
    func ship(_ items: [String], paidBy payment: String) throws -> String {
        log.append("ship")
        if absences > 0 {
            absences -= 1
            throw CarrierIsAway()
        }
        return "parcel of \(items.count)"
    }

    func send(_ text: String) {
        log.append("mail \(text)")
    }

    func label(_ item: String) -> String {
        log.append("label \(item)")
        return "label of \(item)"
    }
}

@Suite("The code of Durable steps", .timeLimit(.minutes(20)))
struct DurableStepsSnippets {
    @Test("Finished steps are not repeated by later attempts")
    func checkpoints() async throws {
        let shop = Shop(absences: 2)
        try await withJobHarness {
            Handler(for: FulfilOrder.self) { job, context in
                let payment = try await context.checkpoint("charge") {
                    await shop.charge(job.order)
                }
                let parcel = try await context.checkpoint("ship") {
                    try await shop.ship(job.items, paidBy: payment)
                }
                try await context.checkpoint("mail") {
                    await shop.send("\(parcel) is on its way")
                }
            }
        } run: { harness in
            _ = try await harness.run(FulfilOrder(order: 7, items: ["hat"]))
            #expect(await shop.log == ["charge", "ship", "ship", "ship", "mail parcel of 1 is on its way"])
        }
    }

    @Test("A handler of ordered steps goes on where it was")
    func ordered() async throws {
        let shop = Shop(absences: 1)
        try await withJobHarness {
            Handler(for: FulfilOrder.self) {
                Step("charge") { job in await shop.charge(job.order) }
                Step("ship") { job in try await shop.ship(job.items, paidBy: "card") }
                Step("mail") { job, context in
                    context.logger.info("Telling the customer")
                    await shop.send("order \(job.order) is on its way")
                }
            }
        } run: { harness in
            _ = try await harness.run(FulfilOrder(order: 7, items: []))
            #expect(await shop.log == ["charge", "ship", "ship", "mail order 7 is on its way"])
        }
    }

    @Test("Steps in a loop have the round in their names, and child tasks have steps of their own")
    func loops() async throws {
        let shop = Shop()
        try await withJobHarness {
            Handler(for: FulfilOrder.self) { job, context in
                for (index, item) in job.items.enumerated() {
                    try await context.checkpoint("label.\(index)") { await shop.label(item) }
                }

                async let parcel = context.checkpoint("ship") {
                    try await shop.ship(job.items, paidBy: "card")
                }
                async let payment = context.checkpoint("charge") { await shop.charge(job.order) }
                await shop.send(try await "\(parcel), \(payment)")
            }
        } run: { harness in
            _ = try await harness.run(FulfilOrder(order: 7, items: ["hat", "coat"]))
            #expect(await shop.log.suffix(1) == ["mail parcel of 2, payment 7"])
            #expect(await shop.log.prefix(2) == ["label hat", "label coat"])
        }
    }

    @Test("Limits are set for a worker or for a handler")
    func limits() async throws {
        let shop = Shop()
        var configuration = Worker.Configuration()
        configuration.steps = StepPolicy(maximumValueSize: 64 << 10, maximumCount: 100)

        try await withJobHarness(worker: configuration) {
            Handler(for: FulfilOrder.self) { job, context in
                try await context.checkpoint("charge") { await shop.charge(job.order) }
            }
            .stepPolicy(StepPolicy(checksOrder: false))
        } run: { harness in
            _ = try await harness.run(FulfilOrder(order: 7, items: []))
            #expect(await shop.log == ["charge"])
        }
    }

    @Test("Recorded steps can be looked at")
    func looking() async throws {
        let shop = Shop(absences: 1)
        try await withJobHarness {
            Handler(for: FulfilOrder.self) { job, context in
                try await context.checkpoint("charge") { await shop.charge(job.order) }
                _ = try await shop.ship(job.items, paidBy: "card")
            }
        } run: { harness in
            let jobs = harness.jobs
            let handle = try await jobs.submit(FulfilOrder(order: 7, items: []), retry: .never)
            await #expect(throws: JobError.self) { try await handle.value }
            for step in try await jobs.steps(of: handle.id) {
                print(step.place.map(String.init) ?? "–", step.name, step.size)
            }
            #expect(try await jobs.steps(of: handle.id).map(\.name) == ["charge"])
        }
    }
}
