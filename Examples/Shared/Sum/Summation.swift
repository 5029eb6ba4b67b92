//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Lineshaft

/// Sums integers the distributed way: cuts them into chunks, submits one job for each, and joins what comes back.
public struct Summation: Sendable {
    /// The integers.
    public let integers: Range<Int>
    /// How many of them make one job.
    public let chunkSize: Int

    /// Creates a summation; nothing is submitted.
    ///
    /// - Parameters:
    ///   - integers: The integers.
    ///   - chunkSize: How many of them make one job, at least 1.
    public init(of integers: Range<Int>, chunkSize: Int) {
        self.integers = integers
        self.chunkSize = max(chunkSize, 1)
    }

    /// The jobs.
    public var chunks: [SumIntegers] {
        stride(from: integers.lowerBound, to: integers.upperBound, by: chunkSize).map { start in
            let rest = integers.upperBound - start
            return SumIntegers(integers: start..<(start + min(chunkSize, rest)))
        }
    }

    /// Submits the jobs and joins what comes back.
    ///
    /// Where they run is not its business: any worker that knows them will do.
    ///
    /// - Parameters:
    ///   - jobs: Where to submit.
    ///   - onProgress: Called after each job that has ended, with the number of those and of all.
    /// - Returns: The sum, and the jobs that have failed for good and are missing from it.
    /// - Throws: `BrokerError` when the broker cannot be reached; `CancellationError`.
    public func run(
        on jobs: JobSystem,
        onProgress: @Sendable (_ ended: Int, _ total: Int) async -> Void = { _, _ in }
    ) async throws -> Total {
        let handles = try await jobs.submit(contentsOf: chunks)
        var total = Total()
        for (index, handle) in handles.enumerated() {
            do {
                total.sum += try await handle.value
                total.retries += try await handle.outcome.attempts - 1
            } catch let error as JobError {
                total.failures.append(error)
            }
            await onProgress(index + 1, handles.count)
        }
        return total
    }

    /// What the jobs come to.
    public struct Total: Sendable {
        /// The sum of what was added up.
        public var sum = 0
        /// How many attempts were made after the first ones, at the jobs that are in the sum.
        public var retries = 0
        /// Why parts are missing from it.
        public var failures: [JobError] = []
    }
}
