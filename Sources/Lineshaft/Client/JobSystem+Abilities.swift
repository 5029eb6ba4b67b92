//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension JobSystem {
    /// Refuses jobs that need what the broker does not declare.
    ///
    /// Accepted all the same they would run at once, out of their turn, or twice, and nobody would be told.
    func checkAbilities(for drafts: [JobDraft]) throws(BrokerError) {
        if capabilities.isSuperset(of: [.delays, .priorities, .unique]) { return }
        for draft in drafts {
            let details = draft.box?.details
            let job = "the job “\(draft.name)”"
            if details?.start != nil { try require(.delays, to: "delay \(job)", "delays") }
            if draft.priority != .normal { try require(.priorities, to: "give \(job) a priority", "priorities") }
            if details?.unique != nil { try require(.unique, to: "keep \(job) unique", "unique") }
        }
    }

    /// Refuses what needs an ability that the broker does not declare.
    ///
    /// - Parameters:
    ///   - ability: The ability.
    ///   - purpose: What it is needed for, as it follows “This broker cannot”.
    ///   - name: The name of the ability in ``BrokerCapabilities``.
    /// - Throws: ``BrokerError`` with the code `unsupported`.
    func require(_ ability: BrokerCapabilities, to purpose: String, _ name: String) throws(BrokerError) {
        if capabilities.contains(ability) { return }
        throw BrokerError(
            code: .unsupported,
            message: "This broker cannot \(purpose). Do without, or use a broker that declares `\(name)`."
        )
    }
}
