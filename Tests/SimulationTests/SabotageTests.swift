//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting
import Testing

@Suite("The simulation finds a broker", .timeLimit(.minutes(20)))
struct SabotageTests {
    /// What each crime is found by.
    private static let expected: [Saboteur.Crime: String] =
        ([
            .settlesWithoutToken: .noStaleSettlement,
            .losesReleased: .acceptedIsKept,
            .deliversTwice: .tokensGrow,
            .ignoresCancel: .cancelledNeverRuns,
            .ignoresExtend: .leaseExcludes,
            .forgetsAccepted: .acceptedIsKept,
            .countsCrashes: .attemptsBounded,
            .shrinkingTokens: .tokensGrow,
            .liesAboutRefusal: .outcomeHasCause,
            .ignoresLimits: .limitsHold,
            .keepsEndings: .acceptedIsKept,
        ] as [Saboteur.Crime: HistoryRule])
        .mapValues(\.rawValue).merging([.forgetsSteps: "stepsNeverChange"]) { rule, _ in rule }

    @Test("that breaks its promise", arguments: Saboteur.Crime.allCases)
    func finds(_ crime: Saboteur.Crime) async throws {
        let rule = try #require(Self.expected[crime])
        for seed in 0..<UInt64(500) {
            let verdict = await Histories.run(seed: seed) { Saboteur($0, crime) }
            if verdict.problems.contains(where: { $0.hasPrefix("[\(rule)]") }) { return }
        }
        Issue.record("In 500 histories nobody noticed that \(crime.rawValue).")
    }
}
