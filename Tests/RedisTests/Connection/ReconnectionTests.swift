//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftRedis
import Testing

@Suite(.timeLimit(.minutes(20)))
struct ReconnectionTests {
    @Test("All addresses are tried at once before there is a wait, which grows")
    func goesRound() {
        var generator = Xoshiro256(seed: 1)
        let backoff = Backoff.exponential(base: .seconds(1), maximum: .seconds(4), jitter: false)
        var reconnection = Reconnection(addressCount: 3, backoff: backoff)
        var attempts: [Reconnection.Attempt] = []
        for _ in 0..<12 { attempts.append(reconnection.failed(at: .zero, using: &generator)) }
        #expect(attempts.map(\.index) == [1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0])
        #expect(attempts.map(\.delay) == [0, 0, 1, 0, 0, 2, 0, 0, 4, 0, 0, 4].map { .seconds($0) })
        #expect(reconnection.failures == 4)
    }

    @Test("Waits are drawn from the whole range, and are never none")
    func jitters() {
        var generator = Xoshiro256(seed: 7)
        var delays: [Duration] = []
        for _ in 0..<500 {
            var reconnection = Reconnection(addressCount: 1)
            for _ in 0..<10 { delays.append(reconnection.failed(at: .zero, using: &generator).delay) }
        }
        #expect(delays.allSatisfy { $0 >= .milliseconds(5) && $0 <= .seconds(5) })
        #expect(delays.contains { $0 > .seconds(4) } && delays.contains { $0 < .milliseconds(50) })
    }

    @Test("A connection that lasted starts anew with the same address; one that broke at once does not")
    func forgivesOldFailures() {
        var generator = Xoshiro256(seed: 1)
        let backoff = Backoff.exponential(base: .seconds(1), maximum: .seconds(8), jitter: false)
        var reconnection = Reconnection(addressCount: 2, backoff: backoff)
        for _ in 0..<4 { _ = reconnection.failed(at: .zero, using: &generator) }
        #expect(reconnection.failures == 2)
        reconnection.connected(at: .seconds(10))
        #expect(reconnection.failed(at: .milliseconds(10_010), using: &generator) == .init(index: 1, delay: .zero))
        #expect(reconnection.failures == 2)
        reconnection.connected(at: .seconds(20))
        #expect(reconnection.failed(at: .seconds(25), using: &generator) == .init(index: 1, delay: .seconds(1)))
        #expect(reconnection.failures == 0)
    }

    @Test("New addresses are begun with the first")
    func replacesAddresses() {
        var generator = Xoshiro256(seed: 1)
        var reconnection = Reconnection(addressCount: 3)
        _ = reconnection.failed(at: .zero, using: &generator)
        #expect(reconnection.currentIndex == 1)
        reconnection.replaceAddresses(count: 1)
        #expect(reconnection.currentIndex == 0)
        #expect(reconnection.failed(at: .zero, using: &generator).index == 0)
    }
}
