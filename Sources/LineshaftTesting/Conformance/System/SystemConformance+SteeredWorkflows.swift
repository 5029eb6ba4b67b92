//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension SystemConformance {
    /// Workflows that somebody cancels or restarts.
    static let steeredWorkflows: [Case] = [
        Case(
            "Cancelling a workflow cancels what runs and begins no more",
            .cancellationReachesRunningJobs,
            needs: .cancellation,
            workflows: true
        ) { trial in
            let host = try await trial.workflowHost(queues: ["default": 2])
            let client = try await trial.system()
            try await trial.running(host) {
                let members = Group((1...5).map { Endless(word: "\($0)") })
                let handle = try await client.submit(members.then(Total()).onFailure(Noted(word: "stopped")))
                try await trial.settleDown()
                try check("whether there was something to cancel", try await handle.cancel(), is: true)
                try check("the code", try await trial.error(of: handle).code, is: .cancelled)
                try check("the phase", try await handle.status.phase, is: .cancelled)
                try await trial.pass(.seconds(60))
                let lines = trial.notes.lines
                try check("the ones that ran", lines.count { $0.hasSuffix("began") }, is: 2)
                try check("the cancelled ones", lines.count { $0.hasSuffix("cancelled") }, is: 2)
                try check("the callback", trial.notes.count(of: "stopped"), is: 1)
                try check("whether there is more to cancel", try await handle.cancel(), is: false)
            }
        },
        Case(
            "A workflow can be cancelled from its identity while no worker is there",
            needs: .cancellation,
            workflows: true
        ) { trial in
            let client = try await trial.system()
            let other = try await trial.system()
            let handle = try await client.submit(Group((1...3).map { Number(value: $0) }).then(Total()))
            try await other.workflow(for: handle.id, returning: Int.self).cancel()
            try check("the code", try await trial.error(of: handle).code, is: .cancelled)
            let host = try await trial.workflowHost()
            try await trial.running(host) {
                try await trial.pass(.seconds(60))
                try check("the notes", trial.notes.lines, is: [])
            }
        },
        Case("A restarted workflow goes on where it failed", .oneCallback, workflows: true) { trial in
            let host = try await trial.workflowHost()
            let client = try await trial.system()
            try await trial.running(host) {
                let chord = Group([1, -2, 3].map { Number(value: $0) }).then(Total())
                let first = try await client.submit(chord.then(Add()).onFailure(Noted(word: "failed")))
                try check("the code", try await trial.error(of: first).code, is: .failed)
                try await trial.pass(.seconds(10))
                trial.notes.gate("mended").open()
                let second = try await first.restart()
                try check("the output", try await trial.value(of: second), is: 7)
                try check("the first member", trial.notes.count(of: "number 1"), is: 1)
                try check("the failed one", trial.notes.count(of: "number -2"), is: 2)
                try check("the callback", trial.notes.count(of: "failed"), is: 1)
                let status = try await second.status
                try check("the status", status, is: .init(phase: .succeeded, completed: 5, total: 5, restarts: 1))
                try check("the dead letters", try await trial.inspector().counts(of: "default").dead, is: 0)
            }
        },
        Case("Retrying the dead letter of a workflow restarts the workflow", .oneCallback, workflows: true) { trial in
            let host = try await trial.workflowHost()
            let client = try await trial.system()
            try await trial.running(host) {
                let handle = try await client.submit(Number(value: -1).then(Add()).onFailure(Noted(word: "failed")))
                try check("the code", try await trial.error(of: handle).code, is: .failed)
                try await trial.pass(.seconds(10))
                trial.notes.gate("mended").open()
                try check("the retried ones", try await client.retryAll(in: "default"), is: 1)
                let again = client.workflow(for: handle.id, returning: Int.self)
                try check("the output", try await trial.value(of: again), is: 2)
                try await trial.pass(.seconds(10))
                try check("the callback", trial.notes.count(of: "failed"), is: 1)
            }
        },
        Case("A cancelled workflow can be restarted", needs: .cancellation, workflows: true) { trial in
            let client = try await trial.system()
            let first = try await client.submit(Group([1, 2].map { Number(value: $0) }).then(Total()))
            try await first.cancel()
            try check("the code", try await trial.error(of: first).code, is: .cancelled)
            let second = try await first.restart()
            let host = try await trial.workflowHost()
            try await trial.running(host) {
                try check("the output", try await trial.value(of: second), is: 3)
            }
        },
        Case("Nothing of a workflow is dropped while it goes on, and all of it afterwards", workflows: true) { trial in
            let host = try await trial.workflowHost()
            let client = try await trial.system()
            try await trial.running(host) {
                let late = JobOptions(start: .after(.seconds(7 * 24 * 3_600)))
                let members = Parallel(Number(value: 3), Number(value: 4).with(late).then(Digits())).then(Label())
                let handle = try await client.submit(members, retention: .seconds(3_600))
                try await trial.pass(.seconds(7 * 24 * 3_600 - 10))
                try check("the output", try await trial.value(of: handle), is: "34")
                try await trial.pass(.seconds(3_700))
                let gone = client.workflow(for: handle.id, returning: String.self)
                try check("the code", try await trial.error(of: gone).code, is: .notFound)
            }
        },
    ]
}
