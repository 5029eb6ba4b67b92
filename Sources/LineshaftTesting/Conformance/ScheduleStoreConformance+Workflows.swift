//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension ScheduleStoreConformance {
    /// Workflows of schedules, which begin once.
    static let beginning: [Case] = [
        Case("A workflow is begun until it is launched, and not after that") { trial in
            guard let workflows = trial.broker.workflows else { return }
            let (head, nodes, deadline) = try trial.workflow()
            try check("at first", try await trial.store.create(head, before: deadline), is: .unfinished)
            try check("once more", try await trial.store.create(head, before: deadline), is: .unfinished)
            try await workflows.append(nodes, at: 0, to: head.id)
            _ = try await workflows.begin([0], of: head.id)
            _ = try await workflows.launch(head.id)
            try check("when it is launched", try await trial.store.create(head, before: deadline), is: .known)
        },
        Case("A workflow is not begun after the last moment for it") { trial in
            guard let workflows = trial.broker.workflows else { return }
            let (head, _, deadline) = try trial.workflow()
            try await trial.fixture.advance(by: .seconds(301))
            try check("the answer", try await trial.store.create(head, before: deadline), is: .late)
            try check("whether it is there", try await workflows.summary(of: head.id) == nil, is: true)
        },
        Case("A workflow that is not kept any more is not begun again, until an hour after that was confirmed") {
            trial in
            guard trial.broker.workflows != nil else { return }
            let (head, _, _) = try trial.workflow()
            let far = trial.fixture.clock.now + .seconds(1_000 * 86_400)
            _ = try await trial.store.create(head, before: far)
            // It is never launched, and dropped after a day.
            try await trial.fixture.advance(by: .seconds(40 * 86_400))
            try check("after forty days", try await trial.store.create(head, before: far), is: .known)
            try await trial.store.confirm(head.id)
            try await trial.fixture.advance(by: .seconds(3_000))
            try check("within the hour", try await trial.store.create(head, before: far), is: .known)
        },
    ]
}

extension ScheduleStoreTrial {
    /// A workflow of one job, and the last moment for it.
    func workflow() throws -> (head: WorkflowHead, nodes: ArraySlice<WorkflowNode>, deadline: Timestamp) {
        let work = try ScheduledWorkflow(Errand(), retention: nil, codec: JSONCodec())
        let plan = work.plan(id: JobID(derivedFrom: "workflow"), headers: [:], retention: .seconds(60))
        guard let plan else { throw ConformanceFailure("The plan cannot be read.") }
        return (plan.head, plan.nodes[...], fixture.clock.now + .seconds(300))
    }
}
