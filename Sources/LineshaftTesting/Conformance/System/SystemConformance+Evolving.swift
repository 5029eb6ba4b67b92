//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension SystemConformance {
    /// Jobs whose parameters have changed since they were submitted.
    static let evolving: [Case] = [
        Case("An old payload is brought up to date by its job type", .acceptedMeansKept) { trial in
            let host = try await trial.host { trial.letters }
            let client = try await trial.system()
            try await trial.running(host) {
                let first = try await client.submit(FirstLetter(to: "Ada Lovelace"))
                let second = try await client.submit(SecondLetter(given: "Ada", family: "Lovelace"))
                let third = try await client.submit(Letter(recipient: .init(given: "Ada", family: "Lovelace")))
                for handle in [first, second, third] {
                    try check("the output", try await trial.value(of: handle), is: "Dear Ada Lovelace")
                }
            }
        },
        Case("A migration that throws makes the job a dead letter with its reason", .badInputStopsNobody) { trial in
            let host = try await trial.host { trial.letters }
            let client = try await trial.system()
            try await trial.running(host) {
                let handle = try await client.submit(FirstLetter(to: "Plato"))
                let failure = try await trial.failure(of: handle)
                try check("the failure", failure.code, is: .migrationFailed)
                for word in ["version 1", "version 3", "Letter", "no family name"] {
                    try check(failure.message.contains(word), "The message does not name \(word): \(failure.message)")
                }
                try check("the attempt", failure.attempt, is: 0)
                try check("the state", try await trial.inspector().find(handle.id)?.state, is: .dead)
            }
            let mended = try await trial.host("mended") {
                Handler(for: LenientLetter.self) { letter, _ in "Dear \(letter.to)" }
            }
            try await trial.running(mended) {
                let ids = try await trial.within {
                    var ids: [JobID] = []
                    for try await job in client.deadLetters(in: "default") { ids.append(job.id) }
                    return ids
                }
                try check("the number", try await client.retry(ids), is: 1)
                let next = client.handle(for: FirstLetter.self, id: ids[0])
                try check("the output", try await trial.value(of: next), is: "Dear Plato")
            }
        },
        Case("An old payload that nobody migrates becomes a dead letter that says so", .badInputStopsNobody) { trial in
            let host = try await trial.host {
                Handler(for: UnmigratedLetter.self) { letter, _ in letter.address }
            }
            try await trial.running(host) {
                let handle = try await host.system.submit(FirstLetter(to: "Plato"))
                let failure = try await trial.failure(of: handle)
                try check("the failure", failure.code, is: .undecodablePayload)
                for word in ["version 1", "version 2", "UnmigratedLetter", "migrate(from:)"] {
                    try check(failure.message.contains(word), "The message does not name \(word): \(failure.message)")
                }
            }
        },
        Case(
            "A newer job is parked, explained in words, and run by a newer worker",
            .badInputStopsNobody,
            needs: .delays
        ) {
            trial in
            let older = try await trial.host("older") {
                Handler(for: FirstLetter.self) { letter, _ in letter.to }
            }
            let client = try await trial.system()
            try await trial.running(older) {
                let handle = try await client.submit(Letter(recipient: .init(given: "Ada", family: "Lovelace")))
                try await trial.pass(.seconds(300))
                let deliveries = try await trial.inspector().find(handle.id)?.deliveries ?? 0
                try check((2...12).contains(deliveries), "It was offered \(deliveries) times in 300 seconds.")
                let explanation = try await client.explain(handle.id)
                guard case .parkedAsNewer(_, "trial.letter", 3, 1) = explanation else {
                    throw ConformanceFailure("It was explained so: \(explanation)")
                }
                try check(explanation.description.contains("newer program"), "It was explained so: \(explanation)")
                let newer = try await trial.host("newer") { trial.letters }
                try await trial.running(newer) {
                    try await trial.pass(.seconds(1))
                    // Whichever worker is offered it first: the older one parks it again.
                    try check("the output", try await trial.value(of: handle), is: "Dear Ada Lovelace")
                    try check("the attempts", try await handle.outcome.attempts, is: 1)
                }
            }
        },
    ]
}

/// The first layout of a letter.
private struct FirstLetter: Job {
    static let name: JobName = "trial.letter"
    typealias Output = String

    var to: String
}

/// Its second layout.
private struct SecondLetter: Job {
    static let name: JobName = "trial.letter"
    static let version = 2
    typealias Output = String

    var given: String
    var family: String
}

/// A letter as it is today.
private struct Letter: Job {
    static let name: JobName = "trial.letter"
    static let version = 3
    typealias Output = String

    struct Person: Codable {
        var given: String
        var family: String
    }

    var recipient: Person

    static func migrate(from old: OldPayload) throws -> Letter {
        if old.version == 2 { return Letter(recipient: try old.decode(Person.self)) }
        let words = try old.decode(FirstLetter.self).to.split(separator: " ").map(String.init)
        guard words.count == 2 else { throw TrialError(description: "there is no family name") }
        return Letter(recipient: Person(given: words[0], family: words[1]))
    }
}

/// A letter that old ones never were brought up to date for.
private struct UnmigratedLetter: Job {
    static let name: JobName = "trial.letter"
    static let version = 2
    typealias Output = String

    var address: String
}

/// A letter that takes any old one.
private struct LenientLetter: Job {
    static let name: JobName = "trial.letter"
    static let version = 3
    typealias Output = String

    var to: String
}

extension SystemTrial {
    fileprivate var letters: Handler<Letter> {
        Handler(for: Letter.self) { letter, _ in "Dear \(letter.recipient.given) \(letter.recipient.family)" }
    }
}
