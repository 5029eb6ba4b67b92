//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension SystemConformance {
    /// Workflows that go well.
    static let workflows: [Case] = [
        Case("A chain hands each output on to the next job", .oneCallback, workflows: true) { trial in
            let host = try await trial.workflowHost()
            let client = try await trial.system()
            try await trial.running(host) {
                let handle = try await client.submit(Number(value: 1).then(Add(amount: 2)).then(Add(amount: 3)))
                try check("the output", try await trial.value(of: handle), is: 6)
                try check("the notes", trial.notes.lines, is: ["number 1", "add 2", "add 3"])
                let status = try await handle.status
                try check("the status", status, is: .init(phase: .succeeded, completed: 3, total: 3, restarts: 0))
            }
        },
        Case("A group returns the outputs of its members in their order", .oneCallback, workflows: true) { trial in
            let host = try await trial.workflowHost()
            let client = try await trial.system()
            try await trial.running(host) {
                let handle = try await client.submit(Group((1...30).map { Number(value: $0) }))
                try check("the output", try await trial.value(of: handle), is: Array(1...30))
            }
        },
        Case("What follows a group takes all outputs, and runs once", .oneCallback, workflows: true) { trial in
            let host = try await trial.workflowHost()
            let client = try await trial.system()
            try await trial.running(host) {
                let chord = Group((1...20).map { Number(value: $0) }).then(Total())
                let handle = try await client.submit(chord)
                try check("the output", try await trial.value(of: handle), is: 210)
                try await trial.pass(.seconds(60))
                try check("the totals", trial.notes.count(of: "total \(Array(1...20))"), is: 1)
            }
        },
        Case("Workflows can be put together in any way", .oneCallback, workflows: true) { trial in
            let host = try await trial.workflowHost()
            let client = try await trial.system()
            try await trial.running(host) {
                // Chains in a group, a chord as a link, a group of groups, and different types side by side.
                let chains = Group((1...3).map { Number(value: $0).then(Add(amount: 10)) })
                let chord = chains.then(Total()).then(Add())
                let both = Parallel(chord, Number(value: 7).then(Digits())).then(Label())
                let first = try await client.submit(both)
                try check("the output", try await trial.value(of: first), is: "377")
                let nested = Group((0..<3).map { row in Group((1...3).map { Number(value: row * 3 + $0) }) })
                let second = try await client.submit(nested)
                try check("the output", try await trial.value(of: second), is: [[1, 2, 3], [4, 5, 6], [7, 8, 9]])
                let spread = Number(value: 5).then(Group([Add(amount: 1), Add(amount: 2)])).then(Total())
                let third = try await client.submit(spread)
                try check("the output", try await trial.value(of: third), is: 13)
            }
        },
        Case("A graph runs each step once what it takes is there", .oneCallback, workflows: true) { trial in
            let host = try await trial.workflowHost()
            let client = try await trial.system()
            try await trial.running(host) {
                let graph = Graph { graph in
                    let start = try graph.add(Number(value: 1))
                    let left = try graph.add(Add(amount: 10), taking: start)
                    let right = try graph.add(Add(amount: 20), taking: start)
                    let sum = try graph.add(Total(), taking: [left, right])
                    let text = try graph.add(Digits(), taking: left)
                    _ = try graph.add(Noted(word: "beside"), after: sum, text)
                    return try graph.add(Label(), taking: sum, text)
                }
                let handle = try await client.submit(graph)
                try check("the output", try await trial.value(of: handle), is: "3211")
                try check("the step beside", trial.notes.count(of: "beside"), is: 1)
            }
        },
        Case("Empty groups and series are over at once", .oneCallback, workflows: true) { trial in
            let client = try await trial.system()
            let none: [Number] = []
            let empty = try await client.submit(Group(none))
            try check("the output", try await trial.value(of: empty), is: [])
            _ = try await trial.value(of: try await client.submit(Series<Noted>([])))
            let host = try await trial.workflowHost()
            try await trial.running(host) {
                let total = try await client.submit(Group(none).then(Total()))
                try check("the output", try await trial.value(of: total), is: 0)
                let same = try await client.submit(Number(value: 4).then(Series<Add>([])).then(Add()))
                try check("the output", try await trial.value(of: same), is: 5)
                let later = try await client.submit(Number(value: 4).then(Group<Add>([])).then(Total()))
                try check("the output", try await trial.value(of: later), is: 0)
            }
        },
        Case("A series of a hundred links runs in order", .oneCallback, workflows: true) { trial in
            let host = try await trial.workflowHost()
            let client = try await trial.system()
            try await trial.running(host) {
                let links = (1...100).map { Add(amount: $0) }
                let handle = try await client.submit(Number(value: 0).then(Series(links)))
                try check("the output", try await trial.value(of: handle), is: 5_050)
                try check("the notes", trial.notes.lines, is: ["number 0"] + (1...100).map { "add \($0)" })
            }
        },
        Case("Links run in queues and with retries of their own", .oneCallback, workflows: true) { trial in
            let host = try await trial.workflowHost(queues: ["default": 2, "other": 1])
            let client = try await trial.system()
            try await trial.running(host) {
                let retry = JobOptions(queue: "other", retry: .constant(.seconds(5), maximumAttempts: 3))
                let handle = try await client.submit(Number(value: -3).with(retry).then(Add()))
                try await trial.pass(.seconds(1))
                try check("the attempts", trial.notes.lines, is: ["number -3"])
                trial.notes.gate("mended").open()
                try check("the output", try await trial.value(of: handle), is: 4)
                try check("the attempts", trial.notes.lines, is: ["number -3", "number -3", "add 1"])
            }
        },
        Case("A callback on success takes the output and makes no difference", .oneCallback, workflows: true) { trial in
            let host = try await trial.workflowHost()
            let client = try await trial.system()
            try await trial.running(host) {
                let part = Group([Number(value: 1), Number(value: 2)]).onSuccess(Total()).onSuccess(Noted(word: "done"))
                let handle = try await client.submit(part.onFailure(Noted(word: "failed")).then(Tail()))
                try check("the output", try await trial.value(of: handle), is: 2)
                try await trial.pass(.seconds(10))
                try check("the callback", trial.notes.count(of: "total [1, 2]"), is: 1)
                try check("the other one", trial.notes.count(of: "done"), is: 1)
                try check("that on failure", trial.notes.count(of: "failed"), is: 0)
            }
        },
        Case("A workflow submitted twice under one identity is one", .oneCallback, workflows: true) { trial in
            let host = try await trial.workflowHost()
            let client = try await trial.system()
            let other = try await trial.system()
            let id = JobID(derivedFrom: "once")
            try await trial.running(host) {
                let first = try await client.submit(Number(value: 1).then(Add()), id: id)
                try check("the output", try await trial.value(of: first), is: 2)
                let second = try await other.submit(Number(value: 1).then(Add()), id: id)
                try check("the output", try await trial.value(of: second), is: 2)
                let third = other.workflow(for: id, returning: Int.self)
                try check("the output", try await trial.value(of: third), is: 2)
                try check("the notes", trial.notes.lines, is: ["number 1", "add 1"])
            }
        },
        Case("Whoever waits is told of progress", workflows: true) { trial in
            let host = try await trial.workflowHost(queues: ["default": 1])
            let client = try await trial.system()
            let other = try await trial.system()
            try await trial.running(host) {
                let handle = try await client.submit(Number(value: 1).then(Series((1...3).map { Add(amount: $0) })))
                let seen = other.workflow(for: handle.id, returning: Int.self)
                let last = try await trial.within {
                    var last = 0.0
                    for try await progress in seen.progress {
                        guard progress.completed >= last, progress.total == 4 else {
                            throw ConformanceFailure("Progress went from \(last) to \(progress).")
                        }
                        last = progress.completed
                    }
                    return last
                }
                try check(last <= 4, "The last progress was \(last).")
                try check("the output", try await trial.value(of: seen), is: 7)
            }
        },
    ]
}
