//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

/// The contract of ``/Lineshaft/ResultStore``, case by case, for the tests of any store.
public struct ResultStoreConformance: Sendable {
    /// One thing that a store must do.
    public struct Case: Sendable, CustomStringConvertible {
        /// What it must do, as a sentence.
        public let name: String
        private let body: @Sendable (ResultStoreTrial) async throws -> Void

        init(_ name: String, _ body: @escaping @Sendable (ResultStoreTrial) async throws -> Void) {
            self.name = name
            self.body = body
        }

        /// The sentence.
        public var description: String { name }

        /// Makes a store and sees whether it does what it must.
        ///
        /// - Parameter fixture: Where the store comes from.
        /// - Throws: ``ConformanceFailure``, or what the store threw where it should not have.
        public func run(_ fixture: some ResultStoreFixture) async throws {
            let store = try await fixture.makeStore()
            do {
                try await body(ResultStoreTrial(fixture: fixture, store: store))
            } catch {
                await store.shutdown()
                throw error
            }
            await store.shutdown()
        }
    }

    /// All cases.
    public static let cases: [Case] = storing + withdrawing + telling + progress
}

/// One run of one case.
struct ResultStoreTrial: Sendable {
    let fixture: any ResultStoreFixture
    let store: any ResultStore

    func id(_ number: UInt64) -> JobID {
        JobID(high: 0x019C_0000_0000_7000, low: 0x8000_0000_0000_0000 | number)
    }

    func record(
        _ number: UInt64,
        _ outcome: Outcome = .succeeded([1]),
        retention: Duration = .seconds(3600),
        replyTo: ClientID? = nil
    ) -> OutcomeRecord {
        OutcomeRecord(
            id: id(number),
            outcome: outcome,
            attempts: 1,
            finished: fixture.clock.now,
            retention: retention,
            replyTo: replyTo
        )
    }

    func outcome(of number: UInt64) async throws -> Outcome? {
        try await store.outcomes(of: [id(number)])[id(number)]?.outcome
    }

    func attachInbox(_ client: UInt64) async throws -> Inbox {
        let inbox = Inbox(client: ClientID(client))
        try await store.attach(inbox)
        return inbox
    }
}
