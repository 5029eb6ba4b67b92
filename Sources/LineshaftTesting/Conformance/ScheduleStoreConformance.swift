//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import Synchronization

/// The contract of ``/Lineshaft/ScheduleStore``, case by case, for the tests of any broker that keeps schedules.
///
/// What schedulers do with it is said in ``ScheduleConformance``.
public struct ScheduleStoreConformance: Sendable {
    /// One thing that a store must do.
    public struct Case: Sendable, CustomStringConvertible {
        /// What it must do, as a sentence.
        public let name: String
        private let body: @Sendable (ScheduleStoreTrial) async throws -> Void

        init(_ name: String, _ body: @escaping @Sendable (ScheduleStoreTrial) async throws -> Void) {
            self.name = name
            self.body = body
        }

        /// The sentence.
        public var description: String { name }

        /// Makes a broker and sees whether its store does what it must.
        ///
        /// - Parameter fixture: Where the broker comes from.
        /// - Throws: ``ConformanceFailure``, or what was thrown where it should not have been.
        public func run(_ fixture: any BrokerFixture) async throws {
            let broker = try await fixture.makeBroker()
            do {
                guard let store = broker.schedules else { throw ConformanceFailure("The broker keeps no schedules.") }
                try await body(ScheduleStoreTrial(fixture: fixture, broker: broker, store: store))
            } catch {
                await broker.shutdown()
                throw error
            }
            await broker.shutdown()
        }
    }

    /// All cases.
    public static let cases: [Case] = keeping + fencing + telling + beginning
}

/// One run of one case.
struct ScheduleStoreTrial: Sendable {
    let fixture: any BrokerFixture
    let broker: any Broker
    let store: any ScheduleStore

    func schedule(_ id: ScheduleID = "nightly", version: UInt64 = 1, _ bytes: [UInt8] = [1, 2, 3]) -> StoredSchedule {
        StoredSchedule(id: id, version: version, bytes: bytes)
    }

    func fence(_ sequence: UInt64, of schedule: ScheduleID = "nightly", created: Int64 = 0) -> ScheduleFence {
        ScheduleFence(
            schedule: schedule,
            created: Timestamp(millisecondsSinceEpoch: created),
            sequence: sequence
        )
    }

    func envelope(_ number: UInt64, _ change: (inout Envelope.Details) -> Void = { _ in }) -> Envelope {
        var details = Envelope.Details()
        change(&details)
        return Envelope(
            id: JobID(high: 0x019C_0000_0000_8000, low: 0x8000_0000_0000_0000 | number),
            name: "scheduled",
            payload: [1, 2, 3],
            submitted: fixture.clock.now,
            details: details
        )
    }

    func submit(_ number: UInt64, under fence: ScheduleFence, maximumLength: Int? = nil) async throws -> Receipt {
        try await store.submit(Submission(envelope(number), maximumLength: maximumLength), under: fence)
    }

    /// Claims all that is there and has it succeed.
    @discardableResult
    func runAll() async throws -> [JobID] {
        var done: [JobID] = []
        while true {
            let request = ClaimRequest(
                worker: WorkerID("trial"),
                shares: [ClaimRequest.Share(queue: .default, fair: 100, maximum: 100)],
                limit: 100,
                lease: .seconds(30),
                poisonLimit: 3
            )
            let claimed = try await broker.claim(request).deliveries
            if claimed.isEmpty { return done }
            _ = try await broker.settle(claimed.map { Settlement(lease: $0.lease, disposition: .succeeded([])) })
            done += claimed.map(\.envelope.id)
        }
    }

    /// An observer, and how often it was told.
    func makeObserver() -> (observer: ScheduleObserver, count: @Sendable () -> Int) {
        let told = ToldSchedules()
        return (ScheduleObserver { told.add($0) }, { told.ids.count })
    }

    /// An observer, and what it was told of.
    func makeListener() -> (observer: ScheduleObserver, ids: @Sendable () -> [ScheduleID?]) {
        let told = ToldSchedules()
        return (ScheduleObserver { told.add($0) }, { told.ids })
    }

    /// Waits until what was published has arrived.
    func settleDown() async throws {
        while try await fixture.settleDown() {}
    }
}

private final class ToldSchedules: Sendable {
    private let state = Mutex<[ScheduleID?]>([])

    var ids: [ScheduleID?] { state.withLock { $0 } }

    func add(_ id: ScheduleID?) {
        state.withLock { $0.append(id) }
    }
}
