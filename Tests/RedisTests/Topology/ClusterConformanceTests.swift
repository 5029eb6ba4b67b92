//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting
import Testing

/// What holds on one server holds on a Cluster, which serves no call whose keys are in several slots.
///
/// Whole systems make no other calls than these.
@Suite(.serialized, .timeLimit(.minutes(20)))
struct ClusterConformanceTests {
    @Test(arguments: BrokerConformance.cases)
    func `The Redis broker keeps the contract on a Cluster`(_ promise: BrokerConformance.Case) async throws {
        try await promise.run(RedisFixture(isCluster: true))
    }

    @Test(arguments: ResultStoreConformance.cases)
    func `The Redis broker is a result store on a Cluster`(_ promise: ResultStoreConformance.Case) async throws {
        try await promise.run(RedisFixture(isCluster: true))
    }
}
