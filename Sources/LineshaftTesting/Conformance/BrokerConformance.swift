//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Lineshaft

/// The contract of ``/Lineshaft/Broker`` and ``/Lineshaft/QueueInspector``, case by case, for the tests of any broker.
///
/// What needs a whole worker (handlers that ignore cancellation, unknown names, payloads that cannot be decoded) is not
/// said here but in a suite for systems beside this one.
///
/// ```swift
/// @Test(arguments: BrokerConformance.cases)
/// func `The broker keeps its contract`(_ promise: BrokerConformance.Case) async throws {
///     try await promise.run(MyFixture())
/// }
/// ```
public struct BrokerConformance: Sendable {
    /// The promises of the design that cases state.
    public enum Promise: String, Sendable, CaseIterable {
        /// What was accepted is kept until it ends, in exactly one way.
        case acceptedMeansKept
        /// A job whose worker dies runs again.
        case atLeastOnce
        /// The first terminal outcome wins; a lost lease can do nothing.
        case oneOutcome
        /// What follows a job in a workflow comes into being exactly once.
        case oneCallback
        /// Cancellation reaches running jobs and is persisted.
        case cancellationReachesRunningJobs
        /// A bad job stops nobody and ends where a person finds it.
        case badInputStopsNobody
        /// An interrupted job goes back at once and costs no attempt.
        case shutdownIsNotFailure
        /// Due times and leases go by the broker's clock.
        case clocksMayDisagree
        /// Work is pushed, and nobody need ask often.
        case idleIsQuiet
        /// The contract of a single call.
        case contract
    }

    /// One thing that a broker must do.
    public struct Case: Sendable, CustomStringConvertible {
        /// What it must do, as a sentence.
        public let name: String
        /// The promise that this is a part of.
        public let promise: Promise
        /// What the broker must be able to do for the case to mean anything.
        public let capabilities: BrokerCapabilities
        /// Whether the case needs the broker's ``/Lineshaft/Broker/inspector``.
        public let needsInspector: Bool
        /// Whether the case needs the broker's own ``/Lineshaft/Broker/results``.
        public let needsResults: Bool
        /// Whether the case needs the broker's ``/Lineshaft/Broker/steps``.
        public let needsSteps: Bool
        /// Whether the case is about brokers without results of their own.
        public let needsNoResults: Bool
        private let body: @Sendable (BrokerTrial) async throws -> Void

        init(
            _ name: String,
            _ promise: Promise = .contract,
            needs capabilities: BrokerCapabilities = [],
            inspector: Bool = false,
            results: Bool = false,
            steps: Bool = false,
            withoutResults: Bool = false,
            _ body: @escaping @Sendable (BrokerTrial) async throws -> Void
        ) {
            self.name = name
            self.promise = promise
            self.capabilities = capabilities
            needsInspector = inspector
            needsResults = results
            needsSteps = steps
            needsNoResults = withoutResults
            self.body = body
        }

        /// The sentence.
        public var description: String { name }

        /// Whether the case means anything for a broker.
        public func applies(to broker: some Broker) -> Bool {
            broker.capabilities.isSuperset(of: capabilities)
                && (!needsInspector || broker.inspector != nil)
                && (!needsSteps || broker.steps != nil)
                && (!needsResults || broker.results != nil) && (!needsNoResults || broker.results == nil)
        }

        /// Makes a broker and sees whether it does what it must.
        ///
        /// A case that does not apply to the broker passes.
        ///
        /// - Parameter fixture: Where the broker comes from.
        /// - Throws: ``ConformanceFailure``, or what the broker threw where it should not have.
        public func run(_ fixture: some BrokerFixture) async throws {
            let broker = try await fixture.makeBroker()
            guard applies(to: broker) else {
                await broker.shutdown()
                return
            }
            do {
                try await body(BrokerTrial(fixture: fixture, broker: broker))
            } catch {
                await broker.shutdown()
                throw error
            }
            await broker.shutdown()
        }
    }

    /// All cases.
    public static let cases: [Case] =
        accepting + ordering + uniqueness + room + claiming + leases + poison + cancelling + retrying + deadLetters
        + inspecting + pausing + limits + tenants + time + wallClock + waking + outcomes + endings + steps + closing
}
