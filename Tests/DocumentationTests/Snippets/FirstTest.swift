//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting
import Testing

@Test("Three integers are summed")
func sumOfThree() async throws {
    try await withJobHarness {
        Handler(for: SumIntegers.self) { job, context in
            job.integers.reduce(0, +)
        }
    } run: { harness in
        let sum = try await harness.run(SumIntegers(integers: [1, 2, 3]))
        #expect(sum == 6)
    }
}
