//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting
import Testing

@Suite(.timeLimit(.minutes(20)))
struct MemoryConformanceTests {
    @Test(arguments: BrokerConformance.cases)
    func `The in-memory broker keeps the contract`(_ promise: BrokerConformance.Case) async throws {
        try await promise.run(MemoryBrokerFixture())
    }

    @Test(arguments: BrokerConformance.cases)
    func `The in-memory broker without results keeps the contract`(_ promise: BrokerConformance.Case) async throws {
        try await promise.run(Self.withoutResults)
    }

    @Test(arguments: SystemConformance.cases)
    func `Workers keep their promises with a result store beside the broker`(
        _ promise: SystemConformance.Case
    ) async throws {
        try await promise.run(Self.withoutResults)
    }

    private static var withoutResults: MemoryBrokerFixture {
        MemoryBrokerFixture(configuration: .init(keepsResults: false))
    }

    @Test(arguments: ResultStoreConformance.cases)
    func `The in-memory result store keeps the contract`(_ promise: ResultStoreConformance.Case) async throws {
        try await promise.run(MemoryResultStoreFixture())
    }

    @Test(arguments: ResultStoreConformance.cases)
    func `The in-memory broker is a result store`(_ promise: ResultStoreConformance.Case) async throws {
        try await promise.run(MemoryBrokerResultsFixture())
    }

    @Test(arguments: SystemConformance.cases)
    func `Workers keep their promises on the in-memory broker`(_ promise: SystemConformance.Case) async throws {
        try await promise.run(MemoryBrokerFixture())
    }

    @Test(arguments: ScheduleStoreConformance.cases)
    func `The in-memory broker keeps schedules`(_ promise: ScheduleStoreConformance.Case) async throws {
        try await promise.run(MemoryBrokerFixture())
    }

    @Test(arguments: ScheduleConformance.cases)
    func `Schedulers keep their promises on the in-memory broker`(_ promise: SystemConformance.Case) async throws {
        try await promise.run(MemoryBrokerFixture())
    }

    @Test(arguments: ScheduleConformance.cases)
    func `Schedulers keep their promises with a result store beside the broker`(
        _ promise: SystemConformance.Case
    ) async throws {
        try await promise.run(Self.withoutResults)
    }

    @Test
    func `Every case has a name of its own and every promise has a case`() {
        let names =
            BrokerConformance.cases.map(\.name) + SystemConformance.cases.map(\.name)
            + ResultStoreConformance.cases.map { "Store: " + $0.name } + ScheduleConformance.cases.map(\.name)
            + ScheduleStoreConformance.cases.map { "Schedules: " + $0.name }
        #expect(Set(names).count == names.count)
        let promises = BrokerConformance.cases.map(\.promise) + SystemConformance.cases.map(\.promise)
        #expect(Set(promises) == Set(BrokerConformance.Promise.allCases))
    }
}
