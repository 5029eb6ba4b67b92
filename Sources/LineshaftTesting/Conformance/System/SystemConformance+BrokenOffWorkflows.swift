//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension SystemConformance {
    /// Workflows whose submitters, and those who restart them, die at it or are refused.
    static let brokenOffWorkflows: [Case] = [
        Case("A restart that was broken off is completed by the next one", .oneCallback, workflows: true) { trial in
            let host = try await trial.workflowHost()
            let client = try await trial.system()
            try await trial.running(host) {
                for (change, isAfter) in deaths {
                    trial.notes.clear()
                    // Some of the members may have been cancelled for the failure's sake, and begin again too.
                    let chord = Group([1, 2, 3].map { Number(value: $0) }).collected().then(Tally())
                    let failing = Number(value: -4).then(Add())
                    let both = Parallel(failing, chord).onFailure(Noted(word: "failed"))
                    let first = try await client.submit(both)
                    try check("the code", try await trial.error(of: first).code, is: .failed)
                    try await trial.pass(.seconds(10))
                    trial.notes.gate("mended").open()
                    let way = HostBroker(trial.broker)
                    let dying = try await trial.system(way)
                    way.die(at: .init(change: change, isAfter: isAfter) { await way.cut() })
                    do {
                        _ = try await dying.workflow(for: first.id, returning: NoValue.self).restart()
                    } catch is BrokerError {}
                    let survived = way.changes < change
                    // What goes on may be over by now.
                    if !survived { do { _ = try await first.restart() } catch is ConfigurationError {} }
                    let again = client.workflow(for: first.id, returning: Outputs<Int, String>.self)
                    let values = try await trial.value(of: again).values
                    try check("the first output, \(change)", values.0, is: 5)
                    try check("the second output, \(change)", values.1, is: "1 2 3")
                    try checkSubmissions(trial, atMost: 2)
                    trial.notes.closeGates()
                    if survived { return }
                }
                throw ConformanceFailure("A restart takes too many changes.")
            }
        },
        Case("A submission that was broken off is completed by the next one", .oneCallback, workflows: true) { trial in
            let host = try await trial.workflowHost()
            try await trial.running(host) {
                for (change, isAfter) in deaths {
                    trial.notes.clear()
                    let way = HostBroker(trial.broker)
                    let (dying, client) = (try await trial.system(way), try await trial.system())
                    way.die(at: .init(change: change, isAfter: isAfter) { await way.cut() })
                    let id = JobID(derivedFrom: "broken off \(change) \(isAfter)")
                    let chord = Group([1, 2, 3].map { Number(value: $0) }).then(Total()).onSuccess(Noted(word: "done"))
                    do { _ = try await dying.submit(chord, id: id) } catch is BrokerError {}
                    // Whatever was begun has its time to end before it goes on.
                    try await trial.pass(.seconds(5))
                    let handle = try await client.submit(chord, id: id)
                    try check("the output, \(change)", try await trial.value(of: handle), is: 6)
                    try await trial.pass(.seconds(5))
                    try check("the callback, \(change)", trial.notes.count(of: "done"), is: 1)
                    try checkSubmissions(trial, atMost: 1)
                    if way.changes < change { return }
                }
                throw ConformanceFailure("A submission takes too many changes.")
            }
        },
        Case("A workflow that is over when its submitter dies has an outcome", .oneCallback, workflows: true) { trial in
            let host = try await trial.workflowHost()
            try await trial.running(host) {
                for (change, isAfter) in deaths {
                    let way = HostBroker(trial.broker)
                    let (dying, client) = (try await trial.system(way), try await trial.system())
                    way.die(at: .init(change: change, isAfter: isAfter) { await way.cut() })
                    let id = JobID(derivedFrom: "over at once \(change) \(isAfter)")
                    let none: [Number] = []
                    do { _ = try await dying.submit(Group(none), id: id) } catch is BrokerError {}
                    let isLaunched = try await trial.broker.workflows?.summary(of: id)?.isLaunched ?? false
                    if isLaunched {
                        let handle = client.workflow(for: id, returning: [Int].self)
                        try check("the output", try await trial.value(of: handle), is: [])
                    }
                    if way.changes < change { return }
                }
                throw ConformanceFailure("A submission takes too many changes.")
            }
        },
        Case("A workflow that refuses to be told is told later", .oneCallback, workflows: true) { trial in
            let host = try await trial.workflowHost()
            let client = try await trial.system()
            try await trial.running(host) {
                let refusals = Countdown(3)
                let handle = try await client.submit(Number(value: 1).then(Add()).onSuccess(Noted(word: "done")))
                host.way.before(.workflow) { () async throws(BrokerError) in
                    if refusals.take() { throw BrokerError(code: .rejected, message: "No.") }
                }
                try check("the output", try await trial.value(of: handle), is: 2)
                try await trial.pass(.seconds(60))
                try check("the callback", trial.notes.count(of: "done"), is: 1)
                try checkSubmissions(trial, atMost: 4)
            }
        },
        Case("What comes of an ending is told later when its workflow refuses", .oneCallback, workflows: true) {
            trial in
            let client = try await trial.system()
            let expiring = JobOptions(expires: .after(.seconds(5)))
            let handle = try await client.submit(Number(value: 1).with(expiring).onFailure(Noted(word: "failed")))
            try await trial.pass(.seconds(10))
            let host = try await trial.workflowHost()
            let refusals = Countdown(2)
            host.way.before(.workflow) { () async throws(BrokerError) in
                if refusals.take() { throw BrokerError(code: .rejected, message: "No.") }
            }
            try await trial.running(host) {
                try check("the code", try await trial.error(of: handle).code, is: .expired)
                try await trial.pass(.seconds(60))
                try check("the callback", trial.notes.count(of: "failed"), is: 1)
            }
        },
    ]

    /// The moments at which one may die: before and after the first change, the second, and so on.
    private static var deaths: [(change: Int, isAfter: Bool)] {
        (1...60).flatMap { [($0, false), ($0, true)] }
    }

    /// What was done was done for one submission, apart from what failed and was begun anew.
    static func checkSubmissions(_ trial: SystemTrial, atMost count: Int) throws {
        for (line, ids) in trial.notes.runs where !line.contains("-") {
            try check("the submissions of “\(line)”", Set(ids).count, is: 1)
            try check(ids.count <= count, "“\(line)” was done \(ids.count) times.")
        }
    }
}
