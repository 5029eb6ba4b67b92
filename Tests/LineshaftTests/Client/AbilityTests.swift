//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import Testing

private struct Note: Job {
    static let name: JobName = "note"
}

@Suite(.timeLimit(.minutes(20)))
struct AbilityTests {
    /// What somebody asks for, the ability that it takes, and that ability's name.
    private struct Demand: Sendable {
        let ability: BrokerCapabilities
        let name: String
        let make: @Sendable (JobSystem) async throws -> Void
    }

    private static let demands = [
        Demand(ability: .delays, name: "delays") { try await $0.submit(Note(), delay: .seconds(1)) },
        Demand(ability: .delays, name: "delays") { try await $0.submit(Note(), at: .distantFuture) },
        Demand(ability: .priorities, name: "priorities") { try await $0.submit(Note(), priority: .high) },
        Demand(ability: .unique, name: "unique") { try await $0.submit(Note(), unique: .byPayload) },
        Demand(ability: .cancellation, name: "cancellation") { try await $0.submit(Note()).cancel() },
        Demand(ability: .pause, name: "pause") { try await $0.pause("mail") },
        Demand(ability: .pause, name: "pause") { try await $0.resume("mail") },
        Demand(ability: .limits, name: "limits") { try await $0.limit("mail", concurrency: 1) },
        Demand(ability: .limits, name: "limits") { try await $0.removeLimits(of: "mail") },
    ]

    @Test
    func `What a broker does not declare is refused by name, and what it declares is done`() async throws {
        let plain = try await JobSystem(broker: ModestBroker(capabilities: []))
        try await plain.submit(Note(), timeout: .seconds(1), headers: ["a": "b"])
        for demand in Self.demands {
            let error = await #expect(throws: BrokerError.self) { try await demand.make(plain) }
            #expect(error?.code == .unsupported && error?.message.contains("`\(demand.name)`") == true)
            let able = try await JobSystem(broker: ModestBroker(capabilities: demand.ability))
            try await demand.make(able)
            await able.shutdown()
        }
        #expect(try await plain.inspector.counts(of: "default").scheduled == 0)
        await plain.shutdown()
    }

    @Test
    func `Queues are not kept short by a broker that cannot`() async throws {
        let configuration = JobSystem.Configuration(lengthLimits: ["mail": .init(maximumLength: 1)])
        let error = await #expect(throws: ConfigurationError.self) {
            _ = try await JobSystem(broker: ModestBroker(capabilities: []), configuration: configuration)
        }
        #expect(error?.code == .unsupported && error?.message.contains("“mail”") == true)
        await (try JobSystem(broker: ModestBroker(capabilities: .backpressure), configuration: configuration))
            .shutdown()
    }
}
