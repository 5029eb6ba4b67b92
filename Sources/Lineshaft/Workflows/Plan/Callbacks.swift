//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Workflow {
    /// This workflow, and a job that is run with its output once it has succeeded.
    ///
    /// The job stands aside: what comes after this workflow does not wait for it, and it cannot make the workflow fail.
    ///
    /// - Parameters:
    ///   - callback: The job.
    ///   - options: What to do otherwise than the job's type says; times count from when it is told.
    /// - Returns: The workflow with its callback.
    public func onSuccess<Callback: Job>(
        _ callback: Callback,
        options: JobOptions? = nil
    ) -> Observed<Self, Callback>
    where Callback.Input == Output {
        Observed(base: self, callback: callback, options: options, moment: .success)
    }

    /// This workflow, and a job that takes nothing and is run once it has succeeded.
    ///
    /// - Parameters:
    ///   - callback: The job.
    ///   - options: What to do otherwise than the job's type says; times count from when it is told.
    /// - Returns: The workflow with its callback.
    @_disfavoredOverload
    public func onSuccess<Callback: Job>(
        _ callback: Callback,
        options: JobOptions? = nil
    ) -> Observed<Self, Callback>
    where Callback.Input == NoValue {
        // Disfavoured, for of a workflow that returns nothing this is the same as the other.
        Observed(base: self, callback: callback, options: options, moment: .success)
    }

    /// This workflow, and a job that is told once it has failed, or was cancelled while a part of it was under way.
    ///
    /// It runs when no part of this workflow runs any more, so that it can clear up after them. It stands aside: the
    /// workflow has failed whatever comes of it.
    ///
    /// - Parameters:
    ///   - callback: The job.
    ///   - options: What to do otherwise than the job's type says; times count from when it is told.
    /// - Returns: The workflow with its callback.
    public func onFailure<Callback: Job>(
        _ callback: Callback,
        options: JobOptions? = nil
    ) -> Observed<Self, Callback>
    where Callback.Input == WorkflowFailure {
        Observed(base: self, callback: callback, options: options, moment: .failure)
    }

    /// This workflow, and a job that takes nothing and is run once it has failed.
    ///
    /// - Parameters:
    ///   - callback: The job.
    ///   - options: What to do otherwise than the job's type says; times count from when it is told.
    /// - Returns: The workflow with its callback.
    public func onFailure<Callback: Job>(
        _ callback: Callback,
        options: JobOptions? = nil
    ) -> Observed<Self, Callback>
    where Callback.Input == NoValue {
        Observed(base: self, callback: callback, options: options, moment: .failure)
    }
}

/// A workflow with a job that is run when it has ended in a certain way.
///
/// Made by `onSuccess` and `onFailure`.
public struct Observed<Base: Workflow, Callback: Job>: Workflow {
    /// What the workflow takes.
    public typealias Input = Base.Input
    /// What it returns.
    public typealias Output = Base.Output

    /// When the callback is run.
    package enum Moment: Sendable {
        case success, failure
    }

    private let base: Base
    private let callback: Callback
    private let options: JobOptions?
    private let moment: Moment

    fileprivate init(base: Base, callback: Callback, options: JobOptions?, moment: Moment) {
        self.base = base
        self.callback = callback
        self.options = options
        self.moment = moment
    }

    /// Writes the workflow and its callback down.
    ///
    /// - Parameters:
    ///   - builder: Takes the nodes.
    ///   - source: What comes before.
    /// - Returns: Where the workflow's output will be.
    /// - Throws: What the parts throw.
    public func plan(into builder: inout WorkflowBuilder, after source: WorkflowSource) throws -> WorkflowSource {
        switch moment {
        case .success:
            let output = try base.plan(into: &builder, after: source)
            try builder.addCallback(callback, options: options, onSuccessOf: output)
            return output
        case .failure:
            let region = builder.openRegion()
            let output = try base.plan(into: &builder, after: source)
            builder.closeRegion(region)
            try builder.addCallback(callback, options: options, onFailureOf: region)
            return output
        }
    }
}
