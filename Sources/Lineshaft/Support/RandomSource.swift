//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Synchronization

/// Random numbers for identifiers and for the jitter of retries, from one seed when a history must replay.
package final class RandomSource: Sendable {
    private let state: Mutex<Xoshiro256>

    /// Creates a source.
    ///
    /// - Parameter seed: The seed of a repeatable sequence, or `nil` for one that nobody can predict.
    package init(seed: UInt64?) {
        if let seed {
            state = Mutex(Xoshiro256(seed: seed))
        } else {
            var system = SystemRandomNumberGenerator()
            state = Mutex(Xoshiro256(words: (system.next(), system.next(), system.next(), system.next() | 1)))
        }
    }

    /// Runs `body` with the generator, alone.
    package func withGenerator<Result: Sendable>(_ body: (inout Xoshiro256) -> Result) -> Result {
        state.withLock { body(&$0) }
    }
}

/// The generator xoshiro256** of Blackman and Vigna (https://prng.di.unimi.it), seeded through SplitMix64.
package struct Xoshiro256: RandomNumberGenerator, Sendable {
    private var words: (UInt64, UInt64, UInt64, UInt64)

    package init(words: (UInt64, UInt64, UInt64, UInt64)) {
        self.words = words
    }

    package init(seed: UInt64) {
        var splitMix = seed
        func step() -> UInt64 {
            splitMix &+= 0x9E37_79B9_7F4A_7C15
            var mixed = splitMix
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
        words = (step(), step(), step(), step())
    }

    package mutating func next() -> UInt64 {
        func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 { (value << count) | (value >> (64 - count)) }
        let result = rotate(words.1 &* 5, 7) &* 9
        let shifted = words.1 << 17
        words.2 ^= words.0
        words.3 ^= words.1
        words.1 ^= words.2
        words.0 ^= words.3
        words.2 ^= shifted
        words.3 = rotate(words.3, 45)
        return result
    }
}
