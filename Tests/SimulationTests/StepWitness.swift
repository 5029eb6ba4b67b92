//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import Synchronization

/// Sees what steps return, in every run of every worker, and whether one ever returns something else.
final class StepWitness: Sendable {
    private struct State {
        var values: [JobID: [String: Int]] = [:]
        var problems: [String] = []
        var repetitions = 0
    }

    private let state = Mutex(State())

    /// What was wrong.
    var problems: [String] { state.withLock { $0.problems } }
    /// How many times a step returned what it had returned before.
    var repetitions: Int { state.withLock { $0.repetitions } }

    /// A step has returned.
    func saw(_ value: Int, of step: String, in job: JobID) {
        state.withLock { state in
            if let before = state.values[job]?[step] {
                state.repetitions += 1
                if before == value { return }
                state.problems.append("[stepsNeverChange] \(step) of job \(job) returned \(before), and then \(value).")
            }
            state.values[job, default: [:]][step] = value
        }
    }
}
