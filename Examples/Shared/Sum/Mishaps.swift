//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// Which attempts fail: a share of them, drawn at random, and the same ones whenever the seed is the same.
///
/// Nothing is remembered between draws, so neither the order of the jobs nor the number of workers changes a thing.
public struct Mishaps: Sendable, Hashable {
    /// All attempts go well.
    public static let none = Mishaps(share: 0, seed: 0)

    /// The share of attempts that fail, from 0 to 1.
    public let share: Double
    /// What the draws depend on.
    public let seed: UInt64

    /// Creates a plan.
    public init(share: Double, seed: UInt64) {
        self.share = share
        self.seed = seed
    }

    /// Whether an attempt fails.
    ///
    /// - Parameters:
    ///   - job: What tells the job from others.
    ///   - attempt: The attempt, from 1.
    /// - Returns: The same answer for the same question.
    public func strike(_ job: Int, attempt: Int) -> Bool {
        guard share > 0 else { return false }
        let draw = Self.mix(Self.mix(seed ^ UInt64(bitPattern: Int64(job))) &+ UInt64(bitPattern: Int64(attempt)))
        return Double(draw >> 11) * 0x1p-53 < share
    }

    /// One step of SplitMix64: every bit of the result depends on every bit of the argument.
    private static func mix(_ value: UInt64) -> UInt64 {
        var mixed = value &+ 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
