//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// A request for work: what travels to a worker, and the type of what comes back.
///
/// The definition is apart from the ``Handler`` that runs it, so a program that only submits does not link the work.
/// Stored properties are the job's parameters; they must be `Codable`.
///
/// Give every type a ``name`` that you are ready to keep: it is what queued jobs are found by.
public protocol Job: Workflow, Codable {
    /// What the job takes from the one before it in a workflow, beside its own parameters. Nothing, unless you say so.
    associatedtype Input: Codable & Sendable = NoValue
    /// What the job's handler returns. Nothing, unless you say so.
    associatedtype Output: Codable & Sendable = NoValue

    /// The wire name, 1 to 200 bytes. Two job types of one worker may not share one.
    static var name: JobName { get }

    /// The version of the parameters' layout, from 1. It travels with the job, so that a worker can tell old from new.
    static var version: Int { get }

    /// How jobs of this type are submitted unless the call says otherwise.
    static var options: JobOptions { get }

    /// Brings parameters that were submitted under an earlier ``version`` up to date.
    ///
    /// Called by a worker before the handler, once for each run of such a job, and never for one of the type's own version. What
    /// it throws makes the job a dead letter with that reason; once the migration is mended, retry it. Unless you write one, old
    /// payloads are decoded as they are.
    ///
    /// - Parameter old: The payload, with the version it was submitted under.
    /// - Returns: The job in today's layout.
    /// - Throws: Why that is not possible.
    static func migrate(from old: OldPayload) throws -> Self
}

extension Job {
    /// Version 1.
    public static var version: Int { 1 }

    /// No options: the system's defaults hold.
    public static var options: JobOptions { JobOptions() }
}

/// The value of a job that takes, or returns, nothing.
///
/// It travels as zero bytes.
public struct NoValue: Codable, Sendable, Hashable {
    /// Creates the one value there is.
    public init() {}
}
