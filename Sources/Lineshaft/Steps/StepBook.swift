//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// The steps of one run: which are recorded, which the handler has asked for, and whether the two fit together.
///
/// A plain value without I/O. A step's *place* is its number among those that the handler's own task asks for, one after the
/// other. It is recorded only while no step of the run has thrown: then everything before it is recorded as well, so a later run
/// of the same code, which gets the same values, comes to the same name at the same place. Another name there means other code.
package struct StepBook: Sendable {
    /// What is to be done about a step that the handler asks for.
    package enum Answer: Sendable, Hashable {
        /// It was recorded with this value.
        case recorded([UInt8])
        /// It is to be run.
        case run
    }

    /// How a step of this run stands.
    private enum Progress {
        case open(place: Int, isOwn: Bool)
        case done
        /// It threw, and nothing was recorded: it may be asked for again.
        case failed
    }

    /// The longest name, in bytes.
    package static let longestName = 200

    private let job: String
    private let policy: StepPolicy
    private var recorded: [String: StepRecord] = [:]
    /// The names of the steps that have a place.
    private var names: [Int: String] = [:]
    private var asked: [String: Progress] = [:]
    /// How many places the handler's own task has come to.
    private var places = 0
    /// How many steps of the handler's own task are open; another one of that task is inside them.
    private var openOwn = 0
    private var open = 0
    private var hasFailed = false
    private var lastNumber = 0
    private var count = 0
    private var size = 0
    /// Why nothing can go on; it is thrown again for every later step, should the handler have caught it.
    private var broken: StepError?

    /// Creates the book of a run.
    ///
    /// - Parameters:
    ///   - job: What messages call the job.
    ///   - policy: The limits.
    ///   - records: What earlier runs recorded.
    package init(job: String, policy: StepPolicy, records: [StepRecord]) {
        self.job = job
        self.policy = policy
        for record in records {
            recorded[record.name] = record
            if record.place > 0 { names[record.place] = record.name }
            lastNumber = max(lastNumber, record.number)
            size += record.name.utf8.count + record.value.count
        }
        count = recorded.count
    }

    /// The handler asks for a step.
    ///
    /// - Parameters:
    ///   - name: Its name.
    ///   - isOwn: Whether the handler's own task asks, and not a child of it.
    /// - Returns: What to do; a step that is to be run is ended with ``finish(_:value:)`` or ``abandon(_:)``.
    /// - Throws: ``StepError`` when the name is taken, the order wrong or a limit reached.
    package mutating func begin(_ name: String, isOwn: Bool) throws(StepError) -> Answer {
        if let broken { throw broken }
        guard (1...Self.longestName).contains(name.utf8.count) else { throw invalid(name) }
        var place = 0
        switch asked[name] {
        case .open, .done: throw duplicate(name)
        case .failed: break
        case nil:
            if isOwn && openOwn == 0 && !hasFailed {
                places += 1
                place = places
            }
        }
        if place > 0 && policy.checksOrder { try checkOrder(name, place) }
        if let record = recorded[name] {
            asked[name] = .done
            return .recorded(record.value)
        }
        guard count + open < policy.maximumCount else {
            hasFailed = true
            throw tooMany(name)
        }
        asked[name] = .open(place: place, isOwn: isOwn)
        open += 1
        if isOwn { openOwn += 1 }
        return .run
    }

    /// A step's work is done.
    ///
    /// - Parameters:
    ///   - name: A step that was to be run.
    ///   - value: Its encoded value.
    /// - Returns: What is to be recorded before the handler goes on.
    /// - Throws: ``StepError`` when the value is too large.
    package mutating func finish(_ name: String, value: [UInt8]) throws(StepError) -> StepRecord {
        guard case .open(let place, _) = asked[name] else {
            // The one caller finishes what it was told to run, once.
            preconditionFailure("The step “\(name)” ended without having begun.")
        }
        let newSize = size + name.utf8.count + value.count
        if value.count > policy.maximumValueSize || newSize > policy.maximumTotalSize {
            abandon(name)
            throw tooLarge(name, value.count, newSize)
        }
        close(name, as: .done)
        size = newSize
        count += 1
        lastNumber += 1
        // Where the order is not checked, it need not be the same another time.
        let isPlaced = policy.checksOrder && !hasFailed
        return StepRecord(number: lastNumber, place: isPlaced ? place : 0, name: name, value: value)
    }

    /// A step was not begun, because its task is cancelled.
    package mutating func noteCancellation() {
        hasFailed = true
    }

    /// A step threw, or could not be recorded.
    package mutating func abandon(_ name: String) {
        hasFailed = true
        close(name, as: .failed)
    }

    /// A step that was finished could not be recorded.
    package mutating func takeBack(_ step: StepRecord) {
        hasFailed = true
        asked[step.name] = .failed
        size -= step.name.utf8.count + step.value.count
        count -= 1
    }

    /// A recorded value is not what the handler asks for; nothing can go on.
    package mutating func misread(_ name: String, type: String, cause: any Error) -> StepError {
        let size = recorded[name]?.value.count ?? 0
        return fail(
            .undecodableValue,
            "The recorded value of step “\(name)” of \(job) (\(size) bytes) is not a \(type): \(cause). The step's type has "
                + "changed since it ran: let the type decode the old form too, then retry the job.",
            cause
        )
    }

    /// The lease is lost; nothing can go on.
    package mutating func loseLease(_ name: String) -> StepError {
        fail(
            .leaseLost,
            "Step “\(name)” of \(job) was not recorded, because this run has lost its lease. The job's other run stands.",
            nil
        )
    }

    private mutating func close(_ name: String, as progress: Progress) {
        guard case .open(_, let isOwn) = asked[name] else { return }
        asked[name] = progress
        open -= 1
        if isOwn { openOwn -= 1 }
    }

    private mutating func checkOrder(_ name: String, _ place: Int) throws(StepError) {
        let difference: String
        if let expected = names[place], expected != name {
            difference = "an earlier run recorded “\(expected)” at this place"
        } else if let before = recorded[name]?.place, before > 0, before != place {
            difference = "an earlier run recorded it as step \(before)"
        } else {
            return
        }
        throw fail(
            .outOfOrder,
            "The handler of \(job) asks for “\(name)” as step \(place), but \(difference). The handler's steps have changed since: "
                + "let the handler ask for the recorded steps in their old order, or turn off `checksOrder` in its "
                + "StepPolicy so that only names count; then retry the job.",
            nil
        )
    }

    private mutating func fail(_ code: StepError.Code, _ message: String, _ cause: (any Error)?) -> StepError {
        let error = StepError(code: code, message: message, cause: cause)
        broken = broken ?? error
        return error
    }
}

extension StepBook {
    private func invalid(_ name: String) -> StepError {
        StepError(
            code: .invalidName,
            message:
                "The name “\(name.prefix(50))” of a step of \(job) is \(name.utf8.count) bytes long; it must be from 1 to "
                + "\(Self.longestName)."
        )
    }

    private func duplicate(_ name: String) -> StepError {
        StepError(
            code: .duplicateName,
            message:
                "The handler of \(job) uses the name “\(name)” for two steps of one run. Give each step a name of its own; in a loop, "
                + "put what tells the rounds apart into it, such as “\(name).\\(index)”."
        )
    }

    private func tooMany(_ name: String) -> StepError {
        StepError(
            code: .limitExceeded,
            message:
                "Step “\(name)” is one more than the \(policy.maximumCount) steps that \(job) may have. Put more into each "
                + "step, or raise `maximumCount` in the StepPolicy; then retry the job."
        )
    }

    private func tooLarge(_ name: String, _ valueSize: Int, _ newSize: Int) -> StepError {
        let limit =
            valueSize > policy.maximumValueSize
            ? "\(valueSize) bytes; `maximumValueSize` is \(policy.maximumValueSize)"
            : "\(valueSize) bytes, with which all steps take \(newSize); `maximumTotalSize` is \(policy.maximumTotalSize)"
        return StepError(
            code: .limitExceeded,
            message:
                "The value of step “\(name)” of \(job) has \(limit). The step has run and is not recorded. Return a "
                + "reference to large data instead, or raise the limit in the StepPolicy; then retry the job."
        )
    }
}
