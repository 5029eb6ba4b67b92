//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension SystemConformance {
    /// How long workflows are kept, and what becomes of their identities afterwards.
    static let keptWorkflows: [Case] = [
        Case("Whoever waits for a workflow is told of its end, however long it takes", workflows: true) { trial in
            let host = try await trial.workflowHost()
            let (client, other) = (try await trial.system(), try await trial.system())
            try await trial.running(host) {
                let late = JobOptions(start: .after(.seconds(30 * 3_600)))
                let handle = try await client.submit(Number(value: 3).with(late).then(Add()))
                let seen = other.workflow(for: handle.id, returning: Int.self)
                let value = try await trial.within(.seconds(40 * 3_600)) { try await seen.value }
                try check("the output", value, is: 4)
            }
        },
        Case("The end of a workflow that is kept is known, although its record is dropped", workflows: true) { trial in
            let host = try await trial.workflowHost()
            let client = try await trial.system()
            try await trial.running(host) {
                let short = try await client.submit(Number(value: 1).then(Add()), retention: .zero)
                try await trial.pass(.seconds(30))
                let seen = try await trial.system().workflow(for: short.id, returning: Int.self)
                try check("the output", try await trial.value(of: seen), is: 2)
                // A callback that takes longer than the retention keeps the workflow.
                let watched = Number(value: 1).then(Add()).onSuccess(Endless())
                let slow = try await client.submit(watched, retention: .seconds(60))
                try await trial.pass(.seconds(600))
                let again = try await trial.system().workflow(for: slow.id, returning: Int.self)
                try check("the output", try await trial.value(of: again), is: 2)
                try await trial.pass(.seconds(4_000))
                let gone = try await trial.system().workflow(for: slow.id, returning: Int.self)
                try check("the code", try await trial.error(of: gone).code, is: .notFound)
            }
        },
        Case("An identity can be used again once its workflow was dropped", .oneCallback, workflows: true) { trial in
            let host = try await trial.workflowHost()
            let client = try await trial.system()
            try await trial.running(host) {
                let id = JobID(derivedFrom: "again")
                let first = Number(value: -1).then(Add()).onFailure(Noted(word: "failed"))
                let handle = try await client.submit(first, id: id, retention: .seconds(60))
                try check("the code", try await trial.error(of: handle).code, is: .failed)
                let restarted = try await handle.restart()
                try check("the code", try await trial.error(of: restarted).code, is: .failed)
                try await trial.pass(.seconds(100))
                try check("the notes", trial.notes.count(of: "failed"), is: 2)
                for round in 1...3 {
                    trial.notes.clear()
                    // Another shape, with jobs of other types, of which workers have seen none under this identity.
                    let next = Group((1...round).map { Number(value: $0) }).then(Total()).onSuccess(Noted(word: "done"))
                    let handle = try await client.submit(next, id: id, retention: .seconds(60))
                    let sum = (1...round).reduce(0, +)
                    try check("the output", try await trial.value(of: handle), is: sum)
                    try await trial.pass(.seconds(100))
                    try check("the callback", trial.notes.count(of: "done"), is: 1)
                }
            }
        },
        Case("A job that is enqueued again long after its end does not run again", .oneCallback, workflows: true) {
            trial in
            let host = try await trial.workflowHost()
            let (client, stalled) = (try await trial.system(), try await trial.system())
            try await trial.running(host) {
                let handle = try await client.submit(Number(value: 1).then(Add()), retention: .seconds(3 * 24 * 3_600))
                guard let store = trial.broker.workflows, let head = try await store.head(of: handle.id) else {
                    throw ConformanceFailure("The workflow is not there.")
                }
                // Somebody is told that a node's turn has come, and stands still.
                let asked = trial.clock.now
                let node = try await store.nodes([0], of: handle.id)
                let start = WorkflowStep.Start(node: 0, generation: head.incarnation)
                try check("the output", try await trial.value(of: handle), is: 2)
                try await trial.pass(.seconds(24 * 3_600))
                try await stalled.enqueue(zip([start], node), of: head, since: asked)
                try await trial.pass(.seconds(60))
                try check("the runs", trial.notes.count(of: "number 1"), is: 1)
                try check("the queue", try await trial.inspector().counts(of: "default").ready, is: 0)
            }
        },
        Case("Of a workflow that nobody asks about, nothing stays for ever", workflows: true) { trial in
            let way = HostBroker(trial.broker)
            let client = try await trial.system(way)
            let store = trial.broker.workflows
            let id = JobID(derivedFrom: "unasked")
            // The submitter dies when all is launched, before it says that the end is known.
            way.die(at: .init(change: 2, isAfter: true) { await way.cut() })
            let none: [Number] = []
            do { _ = try await client.submit(Group(none), id: id) } catch is BrokerError {}
            try check("the end", try await store?.summary(of: id)?.end, is: .succeeded)
            try await trial.pass(.seconds(6 * 24 * 3_600))
            try check(try await store?.summary(of: id) != nil, "It was dropped too soon.")
            try await trial.pass(.seconds(2 * 24 * 3_600))
            try check(try await store?.summary(of: id) == nil, "It is kept for ever.")
        },
    ]
}
