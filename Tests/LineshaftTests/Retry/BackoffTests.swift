//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import Testing

@Suite(.timeLimit(.minutes(20)))
struct BackoffTests {
    private func delays(_ backoff: Backoff, _ attempts: [Int], seed: UInt64 = 1) -> [Duration] {
        var generator = Xoshiro256(seed: seed)
        return attempts.map { backoff.delay(afterAttempt: $0, using: &generator) }
    }

    @Test
    func `Exponential backoff doubles up to its maximum`() {
        let backoff = Backoff.exponential(base: .seconds(1), maximum: .seconds(10), jitter: false)
        let expected: [Duration] = [1, 2, 4, 8, 10, 10].map { .seconds($0) }
        #expect(delays(backoff, [1, 2, 3, 4, 5, 60]) == expected)
    }

    @Test
    func `Jitter draws from the whole range and never beyond it`() {
        let backoff = Backoff.exponential(base: .seconds(8), factor: 1, maximum: .seconds(8))
        let drawn = delays(backoff, Array(repeating: 1, count: 2_000))
        #expect(drawn.allSatisfy { $0 >= .zero && $0 <= .seconds(8) })
        #expect(drawn.contains { $0 < .seconds(1) } && drawn.contains { $0 > .seconds(7) })
        #expect(delays(backoff, [1, 1, 1]) == delays(backoff, [1, 1, 1]))
    }

    @Test
    func `Linear, constant and Fibonacci waits are what their names say`() {
        #expect(
            delays(.linear(step: .seconds(5), maximum: .seconds(12)), [1, 2, 3, 100])
                == [5, 10, 12, 12].map { .seconds($0) }
        )
        #expect(delays(.constant(.seconds(3)), [1, 2, 50]) == [3, 3, 3].map { .seconds($0) })
        let expected: [Duration] = [1, 2, 3, 5, 8, 13, 21, 34].map { .seconds($0) }
        #expect(delays(.fibonacci(), Array(1...8)) == expected)
        #expect(delays(.fibonacci(maximum: .seconds(60)), [100]) == [.seconds(60)])
    }

    @Test(arguments: [
        Backoff.exponential(base: .seconds(1), factor: 1e300, maximum: .seconds(Int64.max / 2)),
        .exponential(base: .zero), .exponential(base: .seconds(Int64.max / 2), maximum: .seconds(Int64.max / 2)),
        .linear(step: .seconds(Int64.max / 2), maximum: .seconds(Int64.max / 2)), .constant(.zero),
        .fibonacci(unit: .seconds(Int64.max / 2), maximum: .seconds(Int64.max / 2)),
    ])
    func `No attempt and no number traps`(_ backoff: Backoff) {
        for delay in delays(backoff, [.min, -1, 0, 1, 2, 63, 64, 1_025]) { #expect(delay >= .zero) }
    }

    @Test
    func `What is wrong with a rule is said in words`() {
        #expect(Backoff.constant(.seconds(-1)).problem?.contains("negative") == true)
        #expect(Backoff.linear(step: .seconds(-1)).problem?.contains("step") == true)
        #expect(Backoff.linear(maximum: .seconds(-1)).problem?.contains("maximum") == true)
        #expect(Backoff.fibonacci(unit: .seconds(-1)).problem?.contains("unit") == true)
        #expect(Backoff.exponential(base: .seconds(-1)).problem?.contains("base") == true)
        #expect(Backoff.exponential(factor: 0.5).problem?.contains("factor is 0.5") == true)
        #expect(Backoff.exponential(factor: .nan).problem != nil)
        #expect(RetryPolicy(maximumAttempts: 0).problem?.contains("1 or more") == true)
        #expect(RetryPolicy(maximumElapsed: .seconds(-1)).problem?.contains("elapsed") == true)
        #expect(RetryPolicy.standard.problem == nil)
        #expect(RetryPolicy.never.problem == nil)
    }
}
