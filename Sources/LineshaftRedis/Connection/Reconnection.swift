//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

package import Lineshaft

/// Where and when to try to connect next.
package struct Reconnection: Sendable {
    /// The next attempt.
    package struct Attempt: Sendable, Hashable {
        /// Which of the addresses.
        package let index: Int
        /// How long to wait before it.
        package let delay: Duration

        package init(index: Int, delay: Duration) {
            self.index = index
            self.delay = delay
        }
    }

    /// The shortest wait after a round of failures; full jitter alone could draw none many times in a row.
    private static let shortestDelay = Duration.milliseconds(5)

    /// How long a connection has to last for its breaking not to count as one more failure.
    private static let lasting = Duration.seconds(1)

    private let backoff: Backoff
    private var addressCount: Int
    private var index = 0
    private var triesInRound = 0
    private var failedRounds = 0
    private var connectedAt: Duration?

    /// Creates the book-keeping.
    ///
    /// - Parameters:
    ///   - addressCount: How many addresses there are; all are tried before there is a wait.
    ///   - backoff: How long to wait after a round of failures.
    package init(
        addressCount: Int,
        backoff: Backoff = .exponential(base: .milliseconds(50), maximum: .seconds(5), jitter: true)
    ) {
        self.addressCount = max(addressCount, 1)
        self.backoff = backoff
    }

    /// How many rounds have failed since a connection lasted.
    package var failures: Int { failedRounds }

    /// The address to try now.
    package var currentIndex: Int { index }

    /// There are other addresses from now on: begin with the first.
    package mutating func replaceAddresses(count: Int) {
        addressCount = max(count, 1)
        index = 0
        triesInRound = 0
    }

    /// A connection is ready to be used.
    package mutating func connected(at now: Duration) {
        connectedAt = now
        triesInRound = 0
    }

    /// An attempt failed, or a connection broke.
    ///
    /// - Parameters:
    ///   - now: The connection's clock.
    ///   - generator: Where jitter comes from.
    /// - Returns: The next attempt.
    package mutating func failed(at now: Duration, using generator: inout some RandomNumberGenerator) -> Attempt {
        if let since = connectedAt {
            connectedAt = nil
            if now - since >= Self.lasting {
                // It was well for a while: the same address, at once or nearly so.
                failedRounds = 0
                let delay = backoff.delay(afterAttempt: 1, using: &generator)
                return Attempt(index: index, delay: min(delay, Self.lasting))
            }
        }
        index = (index + 1) % addressCount
        triesInRound += 1
        guard triesInRound >= addressCount else { return Attempt(index: index, delay: .zero) }
        triesInRound = 0
        failedRounds += 1
        let delay = backoff.delay(afterAttempt: failedRounds, using: &generator)
        return Attempt(index: index, delay: max(delay, Self.shortestDelay))
    }
}
