//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

/// Returns a number, or fails if it is less than zero.
struct Number: Job {
    static let name: JobName = "trial.number"
    static let options = JobOptions(retry: .never)
    typealias Output = Int

    var value: Int
}

/// Adds to what it takes.
struct Add: Job {
    static let name: JobName = "trial.add"
    typealias Input = Int
    typealias Output = Int

    var amount = 1
}

/// Writes what it takes as digits.
struct Digits: Job {
    static let name: JobName = "trial.digits"
    typealias Input = Int
    typealias Output = String
}

/// Adds up what it takes, and notes it.
struct Total: Job {
    static let name: JobName = "trial.total"
    typealias Input = [Int]
    typealias Output = Int
}

/// Returns how many numbers it takes.
struct Tail: Job {
    static let name: JobName = "trial.tail"
    typealias Input = [Int]
    typealias Output = Int
}

/// Notes how the members ended, and returns that.
struct Tally: Job {
    static let name: JobName = "trial.tally"
    typealias Input = [MemberResult<Int>]
    typealias Output = String
}

/// Joins a number and a text.
struct Label: Job {
    static let name: JobName = "trial.label"
    typealias Input = Outputs<Int, String>
    typealias Output = String
}

/// Notes why a workflow failed.
struct Alarmed: Job {
    static let name: JobName = "trial.alarmed"
    typealias Input = WorkflowFailure
}

/// Notes a word.
struct Noted: Job {
    static let name: JobName = "trial.noted"

    var word: String
}

/// Notes a word when the gate of that name is open.
struct Patient: Job {
    static let name: JobName = "trial.patient"
    typealias Output = Int

    var word: String
}

/// Returns so many letters.
struct Large: Job {
    static let name: JobName = "trial.large"
    static let options = JobOptions(retry: .never)
    typealias Output = String

    var count: Int
}

/// Returns how long what it takes is together.
struct Length: Job {
    static let name: JobName = "trial.length"
    static let options = JobOptions(retry: .never)
    typealias Input = [String]
    typealias Output = Int
}

/// Joins two texts.
struct Both: Job {
    static let name: JobName = "trial.texts"
    typealias Input = Outputs<String, String>
    typealias Output = String
}

/// Says how the one before it ended.
struct Verdict: Job {
    static let name: JobName = "trial.verdict"
    typealias Input = MemberResult<Int>
    typealias Output = String
}

/// Waits until it is cancelled, or for an hour.
struct Endless: Job {
    static let name: JobName = "trial.endless"
    typealias Output = Int

    var word = "endless"
}

extension SystemTrial {
    /// Handlers for all of them.
    @HandlerBuilder var workflowHandlers: [AnyHandler] {
        Handler(for: Number.self) { [notes] job, context in
            notes.note("number \(job.value)", by: context.id)
            if job.value < 0, !notes.gate("mended").isOpen { throw TrialError(description: "No \(job.value).") }
            return abs(job.value)
        }
        Handler(for: Add.self) { [notes] job, input, context in
            notes.note("add \(job.amount)", by: context.id)
            return input + job.amount
        }
        Handler(for: Digits.self) { _, input, _ in "\(input)" }
        Handler(for: Total.self) { [notes] _, input, context in
            notes.note("total \(input)", by: context.id)
            return input.reduce(0, +)
        }
        Handler(for: Tally.self) { [notes] _, input, _ in
            let words = input.map { result in
                switch result {
                case .succeeded(let value): "\(value)"
                case .failed(let failure): failure.failure.code.description
                }
            }
            let line = words.joined(separator: " ")
            notes.note("tally \(line)")
            return line
        }
        Handler(for: Tail.self) { _, input, _ in input.count }
        Handler(for: Label.self) { _, input, _ in "\(input.values.0)\(input.values.1)" }
        Handler(for: Alarmed.self) { [notes] (_, failure, _) -> Void in
            notes.note("alarmed by \(failure.name): \(failure.failure.message)")
        }
        Handler(for: Noted.self) { [notes] (job, context) -> Void in notes.note(job.word, by: context.id) }
        Handler(for: Patient.self) { [notes] job, context in
            await notes.gate(job.word).wait()
            notes.note(job.word, by: context.id)
            return job.word.count
        }
        Handler(for: Large.self) { job, _ in String(repeating: "x", count: job.count) }
        Handler(for: Length.self) { _, input, _ in input.map(\.count).reduce(0, +) }
        Handler(for: Both.self) { _, input, _ in "\(input.values.0) \(input.values.1)" }
        Handler(for: Verdict.self) { _, input, _ in
            switch input {
            case .succeeded(let value): "\(value)"
            case .failed(let failure): failure.failure.code.description
            }
        }
        Handler(for: Endless.self) { [notes] job, context in
            notes.note("\(job.word) began")
            do {
                try await context.clock.sleep(for: .seconds(3_600))
            } catch {
                notes.note("\(job.word) cancelled")
                throw error
            }
            return 0
        }
    }

    /// A host that knows all of them and tries each once.
    func workflowHost(
        _ name: String = "host-1",
        queues: WorkerQueues = ["default": 4],
        _ configure: (inout Worker.Configuration) -> Void = { _ in },
        system change: (inout JobSystem.Configuration) -> Void = { _ in }
    ) async throws -> TrialHost {
        try await host(name, queues: queues, configure, system: change) { workflowHandlers }
    }

    /// The output of a workflow, for which as much time passes as it takes.
    func value<Output>(
        of handle: WorkflowHandle<Output>,
        file: String = #fileID,
        line: Int = #line
    ) async throws -> Output {
        try await within(.seconds(8_000), "The end of workflow \(handle.id)", file: file, line: line) {
            try await handle.value
        }
    }

    /// The error of a workflow that does not succeed.
    func error<Output>(
        of handle: WorkflowHandle<Output>,
        file: String = #fileID,
        line: Int = #line
    ) async throws -> JobError {
        let result = try await within(.seconds(8_000), "The end of workflow \(handle.id)", file: file, line: line) {
            do {
                return Result<Output, JobError>.success(try await handle.value)
            } catch let error as JobError {
                return .failure(error)
            }
        }
        switch result {
        case .success(let value): throw ConformanceFailure("Expected a failure, got \(value)", file: file, line: line)
        case .failure(let error): return error
        }
    }
}
