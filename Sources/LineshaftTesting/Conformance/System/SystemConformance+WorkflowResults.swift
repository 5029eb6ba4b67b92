//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension SystemConformance {
    /// What workflows make of results: failures among them, sizes, numbers, and steps whose results nobody takes.
    static let workflowResults: [Case] = [
        Case("A failure can be a result in a graph and among different types", .oneCallback, workflows: true) { trial in
            let host = try await trial.workflowHost()
            let client = try await trial.system()
            try await trial.running(host) {
                let graph = Graph { graph in
                    let bad = try graph.add(Number(value: -1).asResult())
                    let good = try graph.add(Number(value: 2).then(Add()).asResult())
                    let first = try graph.add(Verdict(), taking: bad)
                    let second = try graph.add(Verdict(), taking: good)
                    return try graph.add(Both(), taking: first, second)
                }
                try check("the graph", try await trial.value(of: try await client.submit(graph)), is: "failed 3")
                let whole = Graph { try $0.add(Number(value: -1).then(Add())) }.asResult().then(Verdict())
                try check("the whole", try await trial.value(of: try await client.submit(whole)), is: "failed")
                let parallel = Parallel(Number(value: -1), Number(value: 7).then(Digits())).collected()
                let values = try await trial.value(of: try await client.submit(parallel)).values
                guard case .failed(let failure) = values.0 else {
                    throw ConformanceFailure("The first result is \(values.0).")
                }
                try check("the failure", failure.name, is: Number.name)
                try check("the other", try values.1.get(), is: "7")
            }
        },
        Case("A graph is over when all its steps are", .oneCallback, workflows: true) { trial in
            let host = try await trial.workflowHost()
            let client = try await trial.system()
            try await trial.running(host) {
                let graph = Graph { graph in
                    let start = try graph.add(Number(value: 1))
                    let slow = try graph.add(
                        Number(value: 2).with(JobOptions(start: .after(.seconds(50)))),
                        after: start
                    )
                    _ = try graph.add(Add(amount: 5), taking: slow)
                    return start
                }
                let handle = try await client.submit(graph.onSuccess(Noted(word: "done")).then(Add(amount: 9)))
                try check("the output", try await trial.value(of: handle), is: 10)
                try await trial.pass(.seconds(10))
                try check("the order", Array(trial.notes.lines.prefix(3)), is: ["number 1", "number 2", "add 5"])
                try check("the rest", Set(trial.notes.lines.dropFirst(3)), is: ["done", "add 9"])
                // A step that nobody waits for fails the graph as any other.
                let failing = Graph { graph in
                    _ = try graph.add(Number(value: -1).with(JobOptions(start: .after(.seconds(50)))))
                    return try graph.add(Number(value: 1))
                }
                let failed = try await client.submit(failing.followed(by: Noted(word: "after")))
                try check("the code", try await trial.error(of: failed).code, is: .failed)
                try check("what follows", trial.notes.count(of: "after"), is: 0)
            }
        },
        Case("Callbacks run in queues and at times of their own", .oneCallback, workflows: true) { trial in
            let host = try await trial.workflowHost()
            let other = try await trial.workflowHost("host-2", queues: ["callbacks": 1])
            let client = try await trial.system()
            try await trial.running(host, other) {
                let late = JobOptions(queue: "callbacks", start: .after(.seconds(100)))
                let good = Number(value: 1).onSuccess(Noted(word: "good"), options: late)
                let bad = Number(value: -1).onFailure(Noted(word: "bad"), options: late)
                _ = try await trial.value(of: try await client.submit(good))
                _ = try await trial.error(of: try await client.submit(bad))
                try await trial.pass(.seconds(50))
                try check("the scheduled", try await trial.inspector().counts(of: "callbacks").scheduled, is: 2)
                try await trial.pass(.seconds(60))
                try check("the first", trial.notes.count(of: "good"), is: 1)
                try check("the second", trial.notes.count(of: "bad"), is: 1)
            }
        },
        Case("A callback is told that somebody cancelled the workflow", needs: .cancellation, workflows: true) {
            trial in
            let client = try await trial.system()
            let handle = try await client.submit(Number(value: 1).then(Add()).onFailure(Alarmed()))
            try await handle.cancel()
            let host = try await trial.workflowHost()
            try await trial.running(host) {
                try check("the code", try await trial.error(of: handle).code, is: .cancelled)
                try await trial.pass(.seconds(10))
                try check("the alarm", trial.notes.lines, is: ["alarmed by workflow: It was cancelled."])
            }
        },
        Case(
            "Members that were cancelled with their workflow begin again with it",
            .oneCallback,
            needs: .cancellation,
            workflows: true
        ) { trial in
            let client = try await trial.system()
            let members = Group([1, -2, 3].map { Number(value: $0) }).collected()
            let handle = try await client.submit(members.then(Tally()))
            try await handle.cancel()
            try check("the code", try await trial.error(of: handle).code, is: .cancelled)
            let again = try await handle.restart()
            let host = try await trial.workflowHost()
            try await trial.running(host) {
                // One that fails by itself is a result as before.
                try check("the output", try await trial.value(of: again), is: "1 failed 3")
            }
        },
        Case("A link may be followed by any number of members", .oneCallback, workflows: true) { trial in
            let host = try await trial.workflowHost()
            let client = try await trial.system()
            try await trial.running(host) {
                let count = 2_500
                let spread = Number(value: 1).then(Group((0..<count).map { Add(amount: $0) })).then(Total())
                let sum = count * (count - 1) / 2 + count
                try check("the output", try await trial.value(of: try await client.submit(spread)), is: sum)
                try checkSubmissions(trial, atMost: 1)
            }
        },
        Case("Results that are too large end their jobs with a clear error", workflows: true) { trial in
            let host = try await trial.workflowHost { _ in
            } system: {
                $0.workflowLimits = WorkflowLimits(maximumOutputSize: 1_000, maximumInputSize: 2_500)
            }
            let client = try await trial.system { $0.workflowLimits.maximumInputSize = 2_500 }
            try await trial.running(host) {
                let single = try await client.submit(Group([Large(count: 2_000)]).then(Length()))
                let first = try await trial.error(of: single)
                try check("the code", first.code, is: .outputTooLarge)
                try check(first.message.contains("may return 1000"), "The error is “\(first)”.")
                let together = try await client.submit(Group((0..<3).map { _ in Large(count: 900) }).then(Length()))
                let second = try await trial.error(of: together)
                try check("the code", second.code, is: .inputTooLarge)
                try check(second.message.contains("2500 bytes"), "The error is “\(second)”.")
                let fitting = try await client.submit(Group((0..<2).map { _ in Large(count: 900) }).then(Length()))
                try check("the output", try await trial.value(of: fitting), is: 1_800)
                let unread = try await client.submit(Group((0..<3).map { _ in Large(count: 900) }))
                try check("the code", try await trial.error(of: unread).code, is: .inputTooLarge)
            }
        },
    ]
}
