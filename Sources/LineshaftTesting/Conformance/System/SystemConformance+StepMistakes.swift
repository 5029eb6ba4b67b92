//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension SystemConformance {
    /// Handlers that use steps wrongly, or have been changed since.
    static let stepMistakes: [Case] = [
        Case("A step's name that is used twice ends the job with a reason", .badInputStopsNobody, steps: true) {
            trial in
            let host = try await trial.host {
                Handler(for: Errand.self) { _, context in
                    for word in ["a", "b"] { try await context.checkpoint("mail") { trial.notes.note(word) } }
                    return ""
                }
            }
            try await trial.running(host) {
                let failure = try await trial.failure(of: host.system.submit(Errand()))
                try check("the failure", failure.code, is: .invalidStep)
                try trial.checkMessage(failure, names: ["“mail”", "trial.errand"])
                try check("the notes", trial.notes.lines, is: ["a"])
            }
        },
        Case("A step that threw may be asked for again", steps: true) { trial in
            let host = try await trial.host {
                Handler(for: Errand.self) { _, context in
                    for round in 1...3 {
                        do {
                            return try await context.checkpoint("mail") { () -> String in
                                if round < 3 { throw TrialError() }
                                return "round \(round)"
                            }
                        } catch is TrialError {
                            trial.notes.note("again")
                        }
                    }
                    return "never"
                }
            }
            try await trial.running(host) {
                let handle = try await host.system.submit(Errand())
                try check("the output", try await trial.value(of: handle), is: "round 3")
                try check("the notes", trial.notes.lines, is: ["again", "again"])
            }
        },
        Case("A recorded value of another type ends the job with a reason", .badInputStopsNobody, steps: true) {
            trial in
            let host = try await trial.host {
                Handler(for: Errand.self) { _, context in
                    if context.attempt == 1 {
                        _ = try await context.checkpoint("count") { "three" }
                        throw TrialError()
                    }
                    return "\(try await context.checkpoint("count") { 3 })"
                }
            }
            try await trial.running(host) {
                let handle = try await host.system.submit(Errand())
                let failure = try await trial.failure(of: handle)
                try check("the failure", failure.code, is: .stepMismatch)
                try trial.checkMessage(failure, names: ["“count”", "trial.errand", "\(handle.id)", "Int"])
                try check("the attempt", failure.attempt, is: 2)
            }
        },
        Case("Steps in another order than recorded end the job with a reason", .badInputStopsNobody, steps: true) {
            trial in
            let changes: [[String]] = [["b", "a", "c"], ["a", "new", "b"], ["b", "c"]]
            for change in changes {
                let host = try await trial.host("host \(change)") { trial.steps(["a", "b"], then: change) }
                try await trial.running(host) {
                    let handle = try await host.system.submit(Errand())
                    let failure = try await trial.failure(of: handle)
                    try check("the failure for \(change)", failure.code, is: .stepMismatch)
                    try trial.checkMessage(failure, names: ["trial.errand", "\(handle.id)", "checksOrder"])
                }
            }
        },
        Case("Steps may be added behind those that were recorded", steps: true) { trial in
            let host = try await trial.host { trial.steps(["a", "b"], then: ["a", "b", "c"]) }
            try await trial.running(host) {
                let handle = try await host.system.submit(Errand())
                try check("the output", try await trial.value(of: handle), is: "a b c")
                try check("the notes", trial.notes.lines, is: ["a", "b", "c"])
            }
        },
        Case("Without the check of their order only the names of steps count", steps: true) { trial in
            let host = try await trial.host {
                trial.steps(["a", "b"], then: ["new", "b", "a"]).stepPolicy(StepPolicy(checksOrder: false))
            }
            try await trial.running(host) {
                let handle = try await host.system.submit(Errand())
                try check("the output", try await trial.value(of: handle), is: "new b a")
                try check("the notes", trial.notes.lines, is: ["a", "b", "new"])
            }
        },
        Case("A step that was caught failing keeps nobody from going on", steps: true) { trial in
            // The first attempt takes the way around, the second one does not need it any more.
            let host = try await trial.host {
                Handler(for: Errand.self) { _, context in
                    @Sendable func step(_ name: String, throws error: (any Error)? = nil) async throws {
                        try await context.checkpoint(name) {
                            trial.notes.note(name)
                            if let error { throw error }
                        }
                    }
                    do {
                        try await step("direct", throws: context.attempt == 1 ? TrialError() : nil)
                    } catch is TrialError {
                        try await step("around")
                    }
                    try await step("rest")
                    if context.attempt < 3 { throw TrialError() }
                    return "done"
                }
            }
            try await trial.running(host) {
                let handle = try await host.system.submit(Errand())
                try check("the output", try await trial.value(of: handle), is: "done")
                try check("the notes", trial.notes.lines, is: ["direct", "around", "rest", "direct"])
            }
        },
        Case(
            "Values and numbers of steps beyond the limits end the job with a reason",
            .badInputStopsNobody,
            steps: true
        ) {
            trial in
            let policies: [(StepPolicy, String)] = [
                (StepPolicy(maximumValueSize: 100), "maximumValueSize"),
                (StepPolicy(maximumCount: 2), "maximumCount"),
                (StepPolicy(maximumTotalSize: 150), "maximumTotalSize"),
            ]
            for (policy, limit) in policies {
                let host = try await trial.host("host \(limit)") {
                    $0.steps = policy
                } handlers: {
                    Handler(for: Errand.self) { _, context in
                        for size in [10, 90, 150] {
                            _ = try await context.checkpoint("\(size)") { String(repeating: "x", count: size) }
                        }
                        return ""
                    }
                }
                try await trial.running(host) {
                    let failure = try await trial.failure(of: host.system.submit(Errand()))
                    try check("the failure", failure.code, is: .invalidStep)
                    try trial.checkMessage(failure, names: ["“150”", "trial.errand", limit])
                }
            }
        },
        Case("A value that cannot be encoded ends the job with a reason", .badInputStopsNobody, steps: true) { trial in
            let host = try await trial.host {
                Handler(for: Errand.self) { _, context in
                    "\(try await context.checkpoint("ratio") { Double.infinity })"
                }
            }
            try await trial.running(host) {
                let failure = try await trial.failure(of: host.system.submit(Errand()))
                try check("the failure", failure.code, is: .invalidStep)
                try trial.checkMessage(failure, names: ["“ratio”", "Double"])
            }
        },
        Case("What is wrong with steps is said again although the handler caught it", steps: true) { trial in
            let host = try await trial.host {
                Handler(for: Errand.self) { _, context in
                    if context.attempt == 1 {
                        _ = try await context.checkpoint("a") { "text" }
                        throw TrialError()
                    }
                    do {
                        _ = try await context.checkpoint("a") { 1 }
                    } catch is StepError {
                        trial.notes.note("caught")
                    }
                    try await context.checkpoint("b") { trial.notes.note("b") }
                    return ""
                }
            }
            try await trial.running(host) {
                let failure = try await trial.failure(of: host.system.submit(Errand()))
                try check("the failure", failure.code, is: .stepMismatch)
                try check("the notes", trial.notes.lines, is: ["caught"])
            }
        },
    ]
}

extension SystemTrial {
    /// A handler whose first attempt fails behind its steps, and which asks for others in later ones.
    fileprivate func steps(_ names: [String], then others: [String]) -> Handler<Errand> {
        Handler(for: Errand.self) { [notes] _, context in
            var words: [String] = []
            for name in context.attempt == 1 ? names : others {
                words.append(
                    try await context.checkpoint(name) { () -> String in
                        notes.note(name)
                        return name
                    }
                )
            }
            if context.attempt == 1 { throw TrialError() }
            return words.joined(separator: " ")
        }
    }

    fileprivate func checkMessage(_ failure: JobFailure, names words: [String]) throws {
        for word in words {
            try check(failure.message.contains(word), "The message does not name \(word): \(failure.message)")
        }
    }
}
