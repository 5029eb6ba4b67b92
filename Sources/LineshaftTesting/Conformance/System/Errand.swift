//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

/// What most cases submit: it returns what its handler makes of a word.
struct Errand: Job {
    static let name: JobName = "trial.errand"
    typealias Output = String

    var word = "x"
}

/// A job under the wire name of an errand, of a later version.
struct LaterErrand: Job {
    static let name: JobName = "trial.errand"
    static let version = 2
    typealias Output = String

    var word = "x"
}

/// A job under the wire name of an errand with parameters that are none.
struct MisshapenErrand: Job {
    static let name: JobName = "trial.errand"
    typealias Output = String

    var number = 1
}

/// A job whose output JSON cannot express.
struct Immeasurable: Job {
    static let name: JobName = "trial.immeasurable"
    typealias Output = Double
}

/// What handlers of cases throw.
struct TrialError: Error, CustomStringConvertible {
    var description = "It did not work."
}

extension SystemTrial {
    /// A handler that notes the word and returns it.
    var echo: Handler<Errand> {
        Handler(for: Errand.self) { [notes] errand, _ in
            notes.note(errand.word)
            return errand.word
        }
    }

    /// A handler that notes the attempt and throws.
    func failing(_ error: any Error = TrialError()) -> Handler<Errand> {
        Handler(for: Errand.self) { [notes] _, context in
            notes.note("attempt \(context.attempt)")
            throw error
        }
    }

    /// A handler that notes that it began, waits as long as it is not cancelled, and notes how that ended.
    func waiting(_ name: String = "", for duration: Duration = .seconds(3_000)) -> Handler<Errand> {
        Handler(for: Errand.self) { [notes] errand, context in
            notes.note("\(name)began")
            do {
                try await context.clock.sleep(for: duration)
            } catch {
                notes.note("\(name)cancelled")
                throw error
            }
            notes.note("\(name)ended")
            return name + errand.word
        }
    }

    /// A handler that goes on until its gate opens, whatever happens.
    func stubborn(_ name: String = "") -> Handler<Errand> {
        Handler(for: Errand.self) { [notes] errand, _ in
            notes.note("\(name)began")
            await notes.gate(name).waitStubbornly()
            notes.note("\(name)ended")
            return name + errand.word
        }
    }
}
