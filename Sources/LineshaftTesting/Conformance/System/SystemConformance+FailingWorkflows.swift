//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension SystemConformance {
    /// Workflows of which something fails.
    static let failingWorkflows: [Case] = [
        Case("A job that fails stops its chain, and is told to the callback", .oneCallback, workflows: true) { trial in
            let host = try await trial.workflowHost()
            let client = try await trial.system()
            try await trial.running(host) {
                let chain = Number(value: -1).then(Add()).onFailure(Alarmed()).onFailure(Noted(word: "failed"))
                let handle = try await client.submit(chain)
                let error = try await trial.error(of: handle)
                try check("the code", error.code, is: .failed)
                try check(error.message.contains("No -1."), "The error is “\(error)”.")
                try await trial.pass(.seconds(60))
                try check("the chain", trial.notes.count(of: "add 1"), is: 0)
                try check("the alarms", trial.notes.count(of: "alarmed by trial.number: No -1."), is: 1)
                try check("the other callback", trial.notes.count(of: "failed"), is: 1)
                guard case .failed(let failure) = try await handle.status.phase else {
                    throw ConformanceFailure("The status is \(try await handle.status).")
                }
                try check("the job", failure.name, is: Number.name)
            }
        },
        Case("A member that fails has the others cancelled", .oneCallback, needs: .cancellation, workflows: true) {
            trial in
            let host = try await trial.workflowHost(queues: ["default": 2, "slow": 1])
            let client = try await trial.system()
            try await trial.running(host) {
                let slow = JobOptions(queue: "slow")
                let members = Parallel(
                    Number(value: -1).with(JobOptions(start: .after(.seconds(5)))),
                    Endless().with(JobOptions(queue: "default")),
                    Endless(word: "first").with(slow),
                    Endless(word: "second").with(slow)
                )
                let handle = try await client.submit(members.onFailure(Alarmed()).followed(by: Noted(word: "after")))
                try await trial.pass(.seconds(1))
                let before = trial.clock.uptime
                try check("the code", try await trial.error(of: handle).code, is: .failed)
                try check(trial.clock.uptime - before <= .seconds(10), "It took too long.")
                try await trial.pass(.seconds(10))
                try check("the cancelled ones", trial.notes.count(of: "endless cancelled"), is: 1)
                try check("the one that waited", trial.notes.lines.contains("second began"), is: false)
                try check("what would come after", trial.notes.count(of: "after"), is: 0)
                // The callback comes when nothing runs any more.
                try check("the last note", trial.notes.lines.last, is: "alarmed by trial.number: No -1.")
                try check("the queue", try await trial.inspector().counts(of: "slow").ready, is: 0)
            }
        },
        Case("A collected group has a result of each member", .oneCallback, workflows: true) { trial in
            let host = try await trial.workflowHost()
            let client = try await trial.system()
            try await trial.running(host) {
                let members = [3, -1, 4, -1, 5].map { Number(value: $0).then(Add()) }
                let handle = try await client.submit(Group(members).collected().then(Tally()))
                try check("the output", try await trial.value(of: handle), is: "4 failed 5 failed 6")
                let status = try await handle.status
                try check("the phase", status.phase, is: .succeeded)
                let results = try await client.submit(Group([1, -2].map { Number(value: $0) }).collected())
                let values = try await trial.value(of: results)
                try check("the first", try values[0].get(), is: 1)
                guard case .failed(let failure) = values[1] else {
                    throw ConformanceFailure("The second result is \(values[1]).")
                }
                try check("the name", failure.name, is: Number.name)
            }
        },
        Case("A failure inside a member takes that member along and nothing else", .oneCallback, workflows: true) {
            trial in
            let host = try await trial.workflowHost()
            let client = try await trial.system()
            try await trial.running(host) {
                let good = Group([1, 2].map { Number(value: $0) }).then(Total())
                let bad = Group([3, -1].map { Number(value: $0) }).then(Total()).onFailure(Noted(word: "bad"))
                let both = Parallel(Group([good]).collected().then(Tally()), Group([bad]).collected().then(Tally()))
                let values = try await trial.value(of: try await client.submit(both)).values
                try check("the good one", values.0, is: "3")
                try check("the bad one", values.1, is: "failed")
                try await trial.pass(.seconds(10))
                try check("the callback", trial.notes.count(of: "bad"), is: 1)
            }
        },
        Case("A member that the broker ends by itself is told to its workflow", .oneCallback, workflows: true) {
            trial in
            let client = try await trial.system()
            let expiring = JobOptions(expires: .after(.seconds(5)))
            let late = try await client.submit(Number(value: 1).with(expiring).then(Add()).onFailure(Alarmed()))
            let deadline = JobOptions(deadline: .after(.seconds(6)))
            let over = try await client.submit(Number(value: 1).with(deadline).then(Add()))
            let collected = Group([Number(value: 1).with(expiring), Number(value: 2).with(JobOptions())]).collected()
            let tally = try await client.submit(collected.then(Tally()))
            try await trial.pass(.seconds(10))
            let host = try await trial.workflowHost()
            try await trial.running(host) {
                try check("the expired one", try await trial.error(of: late).code, is: .expired)
                try check("the late one", try await trial.error(of: over).code, is: .deadlineExceeded)
                try check("the collected ones", try await trial.value(of: tally), is: "expired 2")
                try await trial.pass(.seconds(10))
                let alarm = "alarmed by trial.number: It was not started before its expiry."
                try check("the alarms", trial.notes.count(of: alarm), is: 1)
            }
        },
        Case("A member that somebody cancels fails its workflow", .oneCallback, needs: .cancellation, workflows: true) {
            trial in
            let client = try await trial.system()
            let handle = try await client.submit(Number(value: 1).then(Add()).onFailure(Noted(word: "failed")))
            let waiting = try await trial.inspector().jobs(in: "default", state: .ready, after: nil, limit: 10)
            guard let member = waiting.jobs.first?.id else { throw ConformanceFailure("No member waits.") }
            try check("the result", try await client.cancel(member), is: .cancelled)
            let host = try await trial.workflowHost()
            try await trial.running(host) {
                try check("the code", try await trial.error(of: handle).code, is: .cancelled)
                try await trial.pass(.seconds(10))
                try check("the notes", trial.notes.lines, is: ["failed"])
            }
        },
        Case("A member that kills its workers fails its workflow", .badInputStopsNobody, workflows: true) { trial in
            let client = try await trial.system()
            let handle = try await client.submit(Endless().then(Add()).onFailure(Noted(word: "failed")))
            for number in 1...2 {
                let host = try await trial.workflowHost("host-\(number)") { $0.poisonLimit = 2 }
                try await trial.running(host) {
                    try await trial.pass(.seconds(9))
                    await host.die()
                }
            }
            let host = try await trial.workflowHost("survivor") { $0.poisonLimit = 2 }
            try await trial.running(host) {
                try check("the code", try await trial.error(of: handle).code, is: .poisoned)
                try await trial.pass(.seconds(10))
                try check("the callback", trial.notes.count(of: "failed"), is: 1)
            }
        },
    ]
}
