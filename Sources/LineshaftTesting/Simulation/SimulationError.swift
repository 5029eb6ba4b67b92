//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// A simulation could not go on.
///
/// The message names the seed that replays it.
public struct SimulationError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it is.
    ///
    /// More kinds may come, so compare with `==` and keep a default.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: String {
            case deadlock, tooManySteps, escaped
        }

        private let value: Value

        /// Nothing can run and nobody sleeps, but the body has not ended.
        public static let deadlock = Code(value: .deadlock)
        /// The body has not ended after the most steps that it was allowed.
        public static let tooManySteps = Code(value: .tooManySteps)
        /// Something was run or resumed by a thread outside the simulation.
        public static let escaped = Code(value: .escaped)

        /// The code's name.
        public var description: String { value.rawValue }
    }

    /// What kind of failure it is.
    public let code: Code
    /// The seed of the simulation.
    public let seed: UInt64
    /// How many steps it had run.
    public let steps: Int
    /// How much virtual time had passed.
    public let elapsed: Duration

    /// What happened, and what to look for.
    public var description: String {
        let place = "(seed \(seed), step \(steps), \(elapsed) of virtual time)"
        switch code {
        case .deadlock:
            return "The simulation is deadlocked: its body has not ended, nothing can run and nobody sleeps on its "
                + "clock \(place). Either the code waits for what never comes, or it waits for something outside the "
                + "simulation: an unstructured task, another executor, a real sleep or a server."
        case .tooManySteps:
            return "The simulation has used up its steps and its body has not ended \(place). Either the code goes "
                + "round in circles, or `maximumSteps` is too low."
        default:
            return "Something escaped the simulation: a thread outside it resumed a task or asked its clock \(place). "
                + "Look for unstructured and detached tasks, actors with an executor of their own, Dispatch and real sleeps."
        }
    }
}
