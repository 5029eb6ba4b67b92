//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// How much the steps of one job may come to, and whether their order is checked.
public struct StepPolicy: Sendable, Hashable {
    /// The largest encoded value of one step, in bytes: 1 MiB.
    public var maximumValueSize: Int
    /// The most steps of one job: 10,000.
    public var maximumCount: Int
    /// The most bytes that names and values of one job's steps may take together: 16 MiB.
    ///
    /// All of them are read at once when the job runs again.
    public var maximumTotalSize: Int
    /// Whether a job fails when its handler asks for steps in another order than they were recorded in.
    ///
    /// Turn it off for a handler that does not always ask for the same steps in the same order, or to let jobs go on whose steps were
    /// recorded by other code. Then only names count.
    public var checksOrder: Bool

    /// Creates a policy, what is left out with its default.
    public init(
        maximumValueSize: Int = 1 << 20,
        maximumCount: Int = 10_000,
        maximumTotalSize: Int = 16 << 20,
        checksOrder: Bool = true
    ) {
        self.maximumValueSize = maximumValueSize
        self.maximumCount = maximumCount
        self.maximumTotalSize = maximumTotalSize
        self.checksOrder = checksOrder
    }

    /// What is wrong with the numbers, or `nil` when nothing is.
    package var problem: String? {
        for (what, value) in [
            ("maximumValueSize", maximumValueSize), ("maximumCount", maximumCount),
            ("maximumTotalSize", maximumTotalSize),
        ] where !(1...Self.largest).contains(value) {
            return "`\(what)` is \(value); it must be from 1 to \(Self.largest)"
        }
        return nil
    }

    private static let largest = 1 << 30
}

/// What the runs of one handler have in common as to steps.
package final class StepSettings: Sendable {
    package let policy: StepPolicy
    /// The calls that go on although a run is cancelled, until the worker stops.
    package let calls: UncancelledTasks

    package init(policy: StepPolicy = StepPolicy(), calls: UncancelledTasks = UncancelledTasks()) {
        self.policy = policy
        self.calls = calls
    }
}
