//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import ExampleManifest
public import Lineshaft
internal import Logging

/// What workers run for an import.
public struct ImportHandlers: Sendable {
    private let limits: UnpackLimits
    private let threads = BlockingThreads()

    /// Creates the handlers.
    ///
    /// - Parameter limits: How much one import may unpack.
    public init(limits: UnpackLimits = UnpackLimits()) {
        self.limits = limits
    }

    /// Unpacks; a damaged archive fails its import at once, other trouble is tried again.
    public var unpack: Handler<Unpack> {
        Handler(for: Unpack.self) { [limits, threads] job, context in
            let fence = context.fence
            return try await permanently {
                try await threads.run { isCancelled in
                    let folder = try job.scratch.makeFolder(for: fence)
                    return try Unpacker(into: folder, limits: limits).unpack(job.source, isCancelled: isCancelled)
                }
            }
        }
    }

    /// Fans out: how many files there are is known now.
    public var importFiles: Handler<ImportFiles> {
        Handler(
            for: ImportFiles.self,
            expanding: { job, unpacked, _ in
                Group(unpacked.files.map { ValidateFile(file: $0).then(SummariseFile(rowsPerStep: job.rowsPerStep)) })
                    .then(JoinTotals(ignored: unpacked.ignored))
            }
        )
    }

    /// Checks a file; a line that is wrong fails the import at once.
    public var validateFile: Handler<ValidateFile> {
        Handler(for: ValidateFile.self) { [threads] job, _ in
            try await permanently {
                try await threads.run { isCancelled in
                    let file = try OrderFile(job.file.path, name: job.file.name)
                    var totals = OrderTotals()
                    _ = try file.read(isCancelled: isCancelled) { totals.add($0) }
                    return job.file
                }
            }
        }
    }

    /// Adds a file up.
    ///
    /// Each part of it is a step of its own, so that another worker goes on where one was killed.
    public var summariseFile: Handler<SummariseFile> {
        Handler(for: SummariseFile.self) { [threads] job, file, context in
            var totals = OrderTotals()
            var position: OrderFile.Position? = OrderFile.Position()
            while let start = position {
                let part = try await context.checkpoint("from byte \(start.offset)") {
                    try await permanently {
                        try await threads.run { isCancelled in
                            try Part(of: file, from: start, limit: job.rowsPerStep, isCancelled: isCancelled)
                        }
                    }
                }
                totals.add(part.totals)
                position = part.end
            }
            return FileTotals(name: file.name, totals: totals)
        }
    }

    /// Joins what the files come to.
    public var joinTotals: Handler<JoinTotals> {
        Handler(for: JoinTotals.self) { job, files, _ in Report(files: files, ignored: job.ignored) }
    }

    /// Writes the report, whole or not at all.
    public var writeReport: Handler<WriteReport> {
        Handler(for: WriteReport.self) { [threads] job, report, _ in
            try await threads.run { _ in
                try ManifestFile(BytePath(job.path)).commit(try report.json())
                return report
            }
        }
    }

    /// Deletes the temporary data.
    public var tidyUp: Handler<TidyUp> {
        Handler(for: TidyUp.self) { [threads] job, report, _ in
            try await threads.run { _ in
                try job.scratch.delete()
                return report
            }
        }
    }

    /// Deletes the temporary data of an import that has failed.
    public var abandonImport: Handler<AbandonImport> {
        Handler(for: AbandonImport.self) { [threads] job, failure, context in
            try await threads.run { _ in try job.scratch.delete() }
            context.logger.error(
                "An import has failed, and its temporary data were deleted",
                metadata: [
                    "import": "\(failure.workflow)", "job": "\(failure.name)", "error": "\(failure.failure.message)",
                ]
            )
        }
    }
}

/// A part of a file that was added up.
private struct Part: Sendable, Codable {
    let totals: OrderTotals
    /// Where the next part begins; `nil` behind the last one.
    let end: OrderFile.Position?

    init(of file: Unpacked.File, from start: OrderFile.Position, limit: Int, isCancelled: () -> Bool) throws {
        var totals = OrderTotals()
        end = try OrderFile(file.path, name: file.name).read(from: start, limit: limit, isCancelled: isCancelled) {
            totals.add($0)
        }
        self.totals = totals
    }
}

/// Lets errors that no other attempt can mend end their job.
private func permanently<Value>(_ body: () async throws -> Value) async throws -> Value {
    do {
        return try await body()
    } catch let problem as ImportProblem {
        throw PermanentFailure("\(problem)")
    } catch let problem as ArchiveProblem {
        throw PermanentFailure("The archive cannot be imported: \(problem)")
    } catch let error as FileError where error.isPermanent {
        throw PermanentFailure("\(error)")
    }
}
