//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting
import Testing

@Suite(.serialized, .timeLimit(.minutes(20)))
struct RedisScheduleTests {
    @Test(arguments: ScheduleStoreConformance.cases)
    func `Redis keeps schedules`(_ promise: ScheduleStoreConformance.Case) async throws {
        try await promise.run(RedisFixture())
    }

    @Test(arguments: ScheduleStoreConformance.cases)
    func `A Redis Cluster keeps schedules`(_ promise: ScheduleStoreConformance.Case) async throws {
        try await promise.run(RedisFixture(isCluster: true))
    }

    @Test(arguments: ScheduleConformance.cases)
    func `Schedulers keep their promises on Redis`(_ promise: SystemConformance.Case) async throws {
        try await promise.run(RedisFixture())
    }
}
