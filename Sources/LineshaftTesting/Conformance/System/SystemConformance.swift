//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Lineshaft

/// What a broker must do together with whole systems and workers, case by case, for the tests of any broker.
///
/// The cases state what ``BrokerConformance`` cannot: it takes a worker to lose a lease while its handler runs on, to
/// be shut down in the middle of a job, or to find a name that it does not know. They run in virtual time.
///
/// ```swift
/// @Test(arguments: SystemConformance.cases)
/// func `Workers keep their promises on the broker`(_ promise: SystemConformance.Case) async throws {
///     try await promise.run(MyFixture())
/// }
/// ```
public struct SystemConformance: Sendable {
    /// One thing that workers and clients must do with a broker.
    public struct Case: Sendable, CustomStringConvertible {
        /// What they must do, as a sentence.
        public let name: String
        /// The promise that this is a part of.
        public let promise: BrokerConformance.Promise
        /// What the broker must be able to do for the case to mean anything.
        public let capabilities: BrokerCapabilities
        /// Whether the case needs the broker's ``/Lineshaft/Broker/steps``.
        public let needsSteps: Bool
        /// Whether the case is about brokers that keep no outcomes themselves.
        public let isAboutStoresApart: Bool
        /// Whether the case is about workflows.
        public let isAboutWorkflows: Bool
        private let body: @Sendable (SystemTrial) async throws -> Void

        init(
            _ name: String,
            _ promise: BrokerConformance.Promise = .contract,
            needs capabilities: BrokerCapabilities = [],
            steps: Bool = false,
            apart: Bool = false,
            workflows: Bool = false,
            _ body: @escaping @Sendable (SystemTrial) async throws -> Void
        ) {
            self.name = name
            self.promise = promise
            self.capabilities = capabilities
            needsSteps = steps
            isAboutStoresApart = apart
            isAboutWorkflows = workflows
            self.body = body
        }

        /// The sentence.
        public var description: String { name }

        /// Whether the case means anything for a broker.
        ///
        /// All cases need its inspector. A broker without a result store of its own gets the fixture's beside it.
        public func applies(to broker: some Broker) -> Bool {
            broker.capabilities.isSuperset(of: capabilities) && broker.inspector != nil
                && (!needsSteps || broker.steps != nil) && (!isAboutStoresApart || broker.results == nil)
                && (!isAboutWorkflows || broker.workflows != nil)
        }

        /// Makes a broker and sees whether workers and clients do with it what they must.
        ///
        /// A case that does not apply to the broker passes.
        ///
        /// - Parameter fixture: Where the broker comes from.
        /// - Throws: ``ConformanceFailure``, or what was thrown where it should not have been.
        public func run(_ fixture: any BrokerFixture) async throws {
            let broker = try await fixture.makeBroker()
            guard applies(to: broker) else {
                await broker.shutdown()
                return
            }
            let store = broker.results == nil ? try await fixture.makeResultStore() : nil
            do {
                try await QuietExecutor.run { [body] executor in
                    try await body(SystemTrial(fixture: fixture, broker: broker, store: store, executor: executor))
                }
            } catch {
                await store?.shutdown()
                await broker.shutdown()
                throw error
            }
            await store?.shutdown()
            await broker.shutdown()
        }
    }

    /// All cases.
    public static let cases: [Case] =
        living + dying + fencing + cancelling + misfits + retrying + limits + stopping + steering + submitting
        + following + queueLimits + tenants + deadLetters + explaining + apart + steps + stepMistakes + evolving
        + workflows
        + failingWorkflows + steeredWorkflows + dyingWorkflows + expandingJobs
        + brokenOffWorkflows + keptWorkflows + workflowResults + startedWorkflows + killedWorkflows
}
