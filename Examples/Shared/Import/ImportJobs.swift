//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Lineshaft

/// The jobs that an import consists of, in their order.
public enum ImportJobs: Sendable {
    /// The queue of all of them: they wait for disks, not for one another.
    public static let queue: QueueName = "imports"

    /// What the submitter need not say each time.
    static let options = JobOptions(
        queue: queue,
        retry: .exponential(maximumAttempts: 5, base: .milliseconds(200), maximum: .seconds(5))
    )
}

/// A job: unpack the data into the temporary folder.
public struct Unpack: Job {
    /// What queued jobs are found by.
    public static let name: JobName = "import.unpack"
    /// What was unpacked.
    public typealias Output = Unpacked
    /// Options for all of these.
    public static var options: JobOptions { ImportJobs.options }

    /// A zip archive, or a folder.
    let source: String
    let scratch: Scratch
}

/// The files of an import.
public struct Unpacked: Sendable, Hashable, Codable {
    /// A file as it lies in the temporary folder.
    public struct File: Sendable, Hashable, Codable {
        /// What people call it: its path in the archive or the folder.
        public let name: String
        let path: String
    }

    /// The files with data, by name.
    public let files: [File]
    /// The names of files that are left out, because they hold none.
    public let ignored: [String]
}

/// A job: see that all files are as they should be, and add them up.
///
/// It turns out to be a workflow with two jobs for each file.
public struct ImportFiles: Job {
    /// What queued jobs are found by.
    public static let name: JobName = "import.files"
    /// What is to be imported.
    public typealias Input = Unpacked
    /// What it comes to.
    public typealias Output = Report
    /// Options for all of these.
    public static var options: JobOptions { ImportJobs.options }

    let rowsPerStep: Int
}

/// A job: read one file and check each line of it.
public struct ValidateFile: Job {
    /// What queued jobs are found by.
    public static let name: JobName = "import.validate"
    /// The same file, which is now known to be right.
    public typealias Output = Unpacked.File
    /// Options for all of these.
    public static var options: JobOptions { ImportJobs.options }

    let file: Unpacked.File
}

/// A job: add up the orders of one file, so many at a time, and each of them once.
public struct SummariseFile: Job {
    /// What queued jobs are found by.
    public static let name: JobName = "import.summarise"
    /// The file.
    public typealias Input = Unpacked.File
    /// What its orders come to.
    public typealias Output = FileTotals
    /// Options for all of these.
    public static var options: JobOptions { ImportJobs.options }

    let rowsPerStep: Int
}

/// A job: join what the files come to.
public struct JoinTotals: Job {
    /// What queued jobs are found by.
    public static let name: JobName = "import.join"
    /// The files' totals, in the order of their names.
    public typealias Input = [FileTotals]
    /// All together.
    public typealias Output = Report
    /// Options for all of these.
    public static var options: JobOptions { ImportJobs.options }

    let ignored: [String]
}

/// A job: write the report into a file.
public struct WriteReport: Job {
    /// What queued jobs are found by.
    public static let name: JobName = "import.report"
    /// The report.
    public typealias Input = Report
    /// The same.
    public typealias Output = Report
    /// Options for all of these.
    public static var options: JobOptions { ImportJobs.options }

    let path: String
}

/// A job: delete the temporary folder when all is done.
public struct TidyUp: Job {
    /// What queued jobs are found by.
    public static let name: JobName = "import.tidy"
    /// The report, which is handed on.
    public typealias Input = Report
    /// The same.
    public typealias Output = Report
    /// Options for all of these.
    public static var options: JobOptions { ImportJobs.options }

    let scratch: Scratch
}

/// A job: delete the temporary folder when something has failed, and say what.
public struct AbandonImport: Job {
    /// What queued jobs are found by.
    public static let name: JobName = "import.abandon"
    /// What has failed.
    public typealias Input = WorkflowFailure
    /// Options for all of these.
    public static var options: JobOptions { ImportJobs.options }

    let scratch: Scratch
}
