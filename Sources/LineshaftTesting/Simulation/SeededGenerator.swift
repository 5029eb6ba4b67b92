//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

/// Random numbers that follow from a seed, the same in every process and on every machine.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var generator: Xoshiro256

    /// Creates a generator.
    ///
    /// - Parameter seed: What every number follows from.
    public init(seed: UInt64) {
        generator = Xoshiro256(seed: seed)
    }

    /// Creates one of several independent generators of the same seed.
    ///
    /// - Parameters:
    ///   - seed: What every number follows from.
    ///   - stream: Which of the generators, such as `"client 3"`.
    public init(seed: UInt64, stream: String) {
        // FNV-1a, for `Hasher` gives other values in every process.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in stream.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        generator = Xoshiro256(seed: seed ^ hash)
    }

    /// The next number.
    public mutating func next() -> UInt64 {
        generator.next()
    }

    /// Decides whether an event of the given probability happens.
    ///
    /// - Parameter probability: From 0 (never) to 1 (always).
    /// - Returns: Whether it happens.
    public mutating func chance(_ probability: Double) -> Bool {
        probability > 0 && Double.random(in: 0..<1, using: &self) < probability
    }

    /// Draws a duration between zero and `maximum`, in whole milliseconds.
    ///
    /// - Parameter maximum: The longest; zero or less gives zero.
    /// - Returns: The duration.
    public mutating func duration(upTo maximum: Duration) -> Duration {
        let milliseconds = maximum.saturatedNanoseconds / 1_000_000
        return milliseconds > 0 ? .milliseconds(Int64.random(in: 0...milliseconds, using: &self)) : .zero
    }
}
