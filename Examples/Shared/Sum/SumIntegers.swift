//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Lineshaft

/// A job: add up a run of integers.
///
/// This is all that travels. What does the adding is in the handler, which only workers need.
public struct SumIntegers: Job {
    /// What queued jobs are found by; it stays, whatever becomes of the type's name.
    public static let name: JobName = "sum-integers"
    /// Their sum.
    public typealias Output = Int

    /// The integers to add up.
    public var integers: Range<Int>

    /// Creates a job.
    public init(integers: Range<Int>) {
        self.integers = integers
    }
}
