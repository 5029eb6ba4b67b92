//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// How long a job waits on which several workers have died, one after another.
///
/// All that a worker holds is lost with it, so a job that kills its worker takes its neighbours along each time that they are
/// given out together, until all of them count as poisonous. From the third time on, jobs that were lost together come back
/// at different times, so that they part: the one that kills meets others, and nobody meets it again and again.
package enum Suspicion {
    /// How many times a job is given out again at once.
    private static let patience = 2
    /// Within which time, in microseconds, jobs come back after that; four times as long each further time, up to
    /// the longest: a job that is lost because its worker's machine is overloaded is not to blame.
    private static let window = 10_000_000
    private static let longestWindow = 120_000_000

    /// How long a job waits that is to be given out again.
    ///
    /// The same for the same job and number, so that nothing has to be drawn where it is not remembered.
    ///
    /// - Parameters:
    ///   - id: The job.
    ///   - lostLeases: How many of its leases have run out, this one among them.
    /// - Returns: How long.
    package static func wait(_ id: JobID, lostLeases: Int) -> Duration {
        guard lostLeases > patience else { return .zero }
        // More than twice would be more than the longest.
        let window = min(window << (2 * min(lostLeases - patience - 1, 2)), longestWindow)
        let dice = (Int(id.low & 0xFFFF) + lostLeases * 7_919) * 40_503 % 65_536
        return .microseconds(window * dice / 65_536)
    }
}
