//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Lineshaft

/// An import: files of orders are unpacked, checked and added up side by side, and joined to a report.
public struct Import: Sendable {
    /// The import's identity.
    public let id: JobID
    /// Where it keeps temporary data.
    public let scratch: Scratch

    private let source: String
    private let report: String
    private let rowsPerStep: Int

    /// Describes an import; paths are absolute, and lead all workers to the same files.
    ///
    /// - Parameters:
    ///   - source: A zip archive, or a folder.
    ///   - report: Where the report goes. The temporary folder is beside it.
    ///   - rowsPerStep: How many orders of a file are added up before that is recorded, so that nobody has to do it again.
    ///   - id: The import's identity; drawn if left out.
    public init(source: String, report: String, rowsPerStep: Int = 100_000, id: JobID? = nil) {
        let id = id ?? JobID(high: .random(in: 0 ... .max), low: .random(in: 0 ... .max))
        self.id = id
        self.source = source
        self.report = report
        self.rowsPerStep = rowsPerStep
        let folder = report.lastIndex(of: "/").map { String(report[..<$0]) } ?? "."
        scratch = Scratch(in: folder, for: id)
    }

    /// The import as a workflow.
    public var workflow: some Workflow<NoValue, Report> {
        Unpack(source: source, scratch: scratch)
            .then(ImportFiles(rowsPerStep: rowsPerStep))
            .then(WriteReport(path: report))
            .then(TidyUp(scratch: scratch))
            .onFailure(AbandonImport(scratch: scratch))
    }

    /// Submits it.
    ///
    /// - Parameter jobs: Where to.
    /// - Returns: The workflow.
    /// - Throws: What submitting throws.
    public func submit(to jobs: JobSystem) async throws -> WorkflowHandle<Report> {
        try await jobs.submit(workflow, id: id)
    }

    /// Waits until the temporary data of an import that has failed are gone, which is the last thing that its callback does.
    ///
    /// - Parameters:
    ///   - clock: What to wait by.
    ///   - patience: How long to wait.
    /// - Returns: Whether they are gone.
    /// - Throws: `CancellationError`.
    public func waitForCleaning(clock: any QueueClock, patience: Duration = .seconds(60)) async throws -> Bool {
        let end = clock.uptime + patience
        while scratch.exists {
            if clock.uptime >= end { return false }
            try await clock.sleep(for: .milliseconds(50))
        }
        return true
    }
}
