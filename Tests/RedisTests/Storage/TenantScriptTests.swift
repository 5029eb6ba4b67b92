//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import Testing

@testable internal import LineshaftRedis

@Suite("Tenants and limited types on a real server", .timeLimit(.minutes(20)))
struct TenantScriptTests {
    private func configure(_ trial: StorageTrial, _ limits: QueueLimits) throws {
        try trial.call(ConfigureCall(limits, keys: trial.keys, settings: trial.settings))
    }

    private func idleCount(_ trial: StorageTrial) throws -> RESPValue {
        try trial.redis.send([Array("ZCARD".utf8), trial.keys.all[11]])
    }

    private func isForgotten(_ trial: StorageTrial) throws -> Bool {
        try trial.redis.send([Array("EXISTS".utf8), trial.keys.all[13], trial.keys.all[14]]) == .integer(0)
    }

    @Test("A place that a turn frees and takes itself wakes nobody", arguments: [true, false])
    func ownPlace(_ hasHead: Bool) throws {
        let trial = try StorageTrial()
        try configure(trial, QueueLimits(perTenant: PartLimits(concurrency: 1)))
        try trial.submit(count: 2) { $0.tenant = "a" }
        let first = try trial.take()
        #expect(try trial.claim(1, worker: "worker-2").isIdle)
        let settlement = Settlement(lease: first.lease, disposition: .succeeded([]))
        let item = TurnCall.Item(settlement, head: hasHead ? first.head : [])
        #expect(try trial.turn([item], claiming: trial.request(1)).jobs.count == 1)
        #expect(try idleCount(trial) == .integer(1))
    }

    @Test("A place that a turn frees and leaves wakes another worker", arguments: [true, false])
    func otherPlace(_ hasHead: Bool) throws {
        let trial = try StorageTrial()
        let listener = try trial.listen(to: trial.settings.channel(of: WorkerID("worker-2")))
        try configure(trial, QueueLimits(perTenant: PartLimits(concurrency: 1)))
        try trial.submit(count: 2) { $0.tenant = "a" }
        let first = try trial.take()
        #expect(try trial.claim(1, worker: "worker-2").isIdle)
        try trial.settle(first, withHead: hasHead)
        #expect(try listener.nextMessage() == .wake(trial.queue))
        #expect(try trial.claim(1, worker: "worker-2").jobs.count == 1)
    }

    @Test("A clock that is set back stops no rate for longer than one job takes")
    func clockSetBack() throws {
        let rate = RateLimit(1, per: .seconds(10), burst: 1)
        for limits in [
            QueueLimits(rate: rate), QueueLimits(perTenant: PartLimits(rate: rate)),
            QueueLimits(perJob: ["trial.job": PartLimits(rate: rate)]),
        ] {
            let trial = try StorageTrial()
            try configure(trial, limits)
            try trial.submit(count: 3) { $0.tenant = "a" }
            try trial.settle(trial.take())
            #expect(try trial.claim(1).jobs.isEmpty)
            try trial.advance(by: .seconds(-3_600))
            // One call may be needed to see it.
            for _ in 0..<2 { #expect(try trial.claim(1).jobs.isEmpty) }
            try trial.advance(by: .seconds(10))
            #expect(try trial.claim(1).jobs.count == 1, "\(limits)")
        }
    }

    @Test("A line of any length is listed in pages, in order and each job once", arguments: [7, 45, 600])
    func pages(_ limit: Int) throws {
        let trial = try StorageTrial()
        let ids = try (0..<6).flatMap { _ in try trial.submit(count: 100) { $0.tenant = "a" } }
        #expect(try trial.pages(.ready, limit: limit) == ids)
        let taken = try trial.claim(77).jobs
        #expect(try trial.pages(.ready, limit: limit) == Array(ids[77...]))
        for job in taken { try trial.settle(job, .released) }
        #expect(try trial.pages(.ready, limit: limit) == ids[..<77].reversed() + ids[77...])
    }

    @Test("Thousands of a tenant's cancelled jobs are passed over in pages of bounded work")
    func pagesOfGhosts() throws {
        let trial = try StorageTrial()
        let ids = try (0..<40).flatMap { _ in try trial.submit(count: 100) { $0.tenant = "a" } }
        for start in stride(from: 0, to: 3_900, by: 100) { _ = try trial.cancel(Array(ids[start..<start + 100])) }
        #expect(try trial.pages(.ready, limit: 30) == Array(ids[3_900...]))
        let first = try PageCall(.ready, after: nil, limit: 30, keys: trial.keys, settings: trial.settings)
        #expect(try trial.call(first).jobs.isEmpty)
    }

    @Test("Nothing is kept of tenants whose jobs have ended", arguments: [nil, 1, 5])
    func forgetting(_ concurrency: Int?) throws {
        let trial = try StorageTrial()
        if let concurrency { try configure(trial, QueueLimits(perTenant: PartLimits(concurrency: concurrency))) }
        for number in 0..<20 { try trial.submit(count: 70) { $0.tenant = TenantName("t\(number % 7)") } }
        var ended = 0
        while case let jobs = try trial.claim(16).jobs, !jobs.isEmpty {
            for part in stride(from: 0, to: jobs.count, by: 5) {
                let items = jobs[part..<min(part + 5, jobs.count)].map { job in
                    TurnCall.Item(Settlement(lease: job.lease, disposition: .succeeded([])), head: job.head)
                }
                ended += try trial.turn(items, claiming: nil).results.count { $0 == .applied }
            }
        }
        #expect(ended == 1_400)
        if concurrency != nil { try configure(trial, .none) }
        #expect(try trial.counts() == QueueCounts())
        #expect(try isForgotten(trial))
    }

    @Test("What runs is counted from when tenants are limited, and forgotten when they are not")
    func counting() throws {
        let trial = try StorageTrial()
        try trial.submit(count: 4) { $0.tenant = "a" }
        let running = try trial.claim(2).jobs
        try configure(trial, QueueLimits(perTenant: PartLimits(concurrency: 2)))
        #expect(try trial.claim(2).jobs.isEmpty)
        try trial.settle(running[0])
        let third = try trial.take()
        try configure(trial, .none)
        let fourth = try trial.take()
        let page = try TenantsCall(after: nil, limit: 10, keys: trial.keys, settings: trial.settings)
        #expect(try trial.call(page).tenants.isEmpty)
        try configure(trial, QueueLimits(perTenant: PartLimits(concurrency: 3)))
        try trial.submit { $0.tenant = "a" }
        #expect(try trial.claim(1).jobs.isEmpty)
        #expect(
            try trial.call(page).tenants
                == [TenantCounts(tenant: "a", ready: 1, running: 3, isHeldBack: true)]
        )
        for job in [running[1], third, fourth] { try trial.settle(job) }
        try trial.settle(trial.take())
        try configure(trial, .none)
        #expect(try isForgotten(trial))
    }
}
