//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

/// A store of steps with which things go wrong, see ``FaultInjectingBroker``.
struct FaultInjectingStepStore: StepStore {
    private let store: any StepStore
    private let faults: FaultInjector

    init(_ store: any StepStore, faults: FaultInjector) {
        self.store = store
        self.faults = faults
    }

    func steps(of lease: Lease) async throws(BrokerError) -> [StepRecord]? {
        try await faults.call(.readSteps) { () async throws(BrokerError) in try await store.steps(of: lease) }
    }

    func record(_ step: StepRecord, under lease: Lease) async throws(BrokerError) -> SettlementResult {
        try await faults.call(.recordStep) { () async throws(BrokerError) in try await store.record(step, under: lease)
        }
    }
}
