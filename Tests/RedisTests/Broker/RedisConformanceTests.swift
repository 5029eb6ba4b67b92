//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting
import Testing

@Suite(.timeLimit(.minutes(20)))
struct RedisConformanceTests {
    @Test(arguments: BrokerConformance.cases)
    func `The Redis broker keeps the contract`(_ promise: BrokerConformance.Case) async throws {
        try await promise.run(RedisFixture())
    }

    @Test(arguments: ResultStoreConformance.cases)
    func `The Redis broker is a result store`(_ promise: ResultStoreConformance.Case) async throws {
        try await promise.run(RedisFixture())
    }

    @Test(arguments: SystemConformance.cases)
    func `Workers keep their promises on Redis`(_ promise: SystemConformance.Case) async throws {
        try await promise.run(RedisFixture())
    }
}
