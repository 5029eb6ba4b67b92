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
