//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft

struct Fetch: Job {
    static let name: JobName = "fetch"
    typealias Output = Int

    var number = 0
}

struct Shrink: Job {
    static let name: JobName = "shrink"
    typealias Input = Int
    typealias Output = Int
}

struct Collect: Job {
    static let name: JobName = "collect"
    typealias Input = [Int]
    typealias Output = Int
}

struct Review: Job {
    static let name: JobName = "review"
    typealias Input = [MemberResult<Int>]
    typealias Output = Int
}

struct Warn: Job {
    static let name: JobName = "warn"
    typealias Input = WorkflowFailure
}

struct Remark: Job {
    static let name: JobName = "remark"
}

/// The plan of a workflow.
func plan<W: Workflow>(_ workflow: W) throws -> WorkflowPlan where W.Input == NoValue {
    var builder = WorkflowBuilder(codec: JSONCodec(), time: .distantPast)
    let output = try workflow.plan(into: &builder, after: .start)
    let id = JobID(derivedFrom: "workflow")
    return builder.plan(id: id, output: output, replyTo: nil, retention: .seconds(60))
}

/// The state of a workflow that has just been launched, and what is to be done first.
func launched(_ plan: WorkflowPlan) -> (state: WorkflowState, starts: [Int]) {
    var state = WorkflowState(plan.head)
    state.append(plan.nodes[...], at: 0)
    let told = Set(plan.head.regions.flatMap(\.callbacks))
    let roots = plan.nodes.indices.filter { plan.nodes[$0].join.count == 0 && !told.contains($0) }
    let step = state.begin(roots)
    _ = state.launch()
    return (state, step.starts.map(\.node))
}

let failed = Outcome.failed(
    JobFailure(code: .failed, message: "No.", type: "", attempt: 1, time: .distantPast)
)
