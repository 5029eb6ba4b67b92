//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Lineshaft

/// A job: read one file, and say what it contains.
public struct HashFile: Job {
    /// What queued jobs are found by.
    public static let name: JobName = "hash-file"
    /// What the file contains.
    public typealias Output = FileDigest

    /// The queue of these jobs.
    ///
    /// They are kept apart from others because they wait for disks.
    public static let queue: QueueName = "files"

    /// What the submitter need not say each time.
    ///
    /// Outcomes are taken as they come, so they need not be kept for long.
    public static var options: JobOptions {
        JobOptions(
            queue: queue,
            retry: .exponential(maximumAttempts: 4, base: .milliseconds(100), maximum: .seconds(2)),
            retention: .seconds(60)
        )
    }

    /// The folder that the path begins at, as an absolute path.
    public var folder: BytePath
    /// The file, below the folder.
    public var path: BytePath

    /// Creates a job.
    public init(folder: BytePath, path: BytePath) {
        self.folder = folder
        self.path = path
    }
}

/// What a file contains.
public struct FileDigest: Sendable, Hashable, Codable {
    /// Its length.
    public var bytes: Int
    /// The number of line ends in it, as `wc -l` counts: a last line without an end does not count.
    public var lines: Int
    /// Its SHA-256, in lowercase hexadecimal digits.
    public var sha256: String

    /// Creates a digest.
    public init(bytes: Int, lines: Int, sha256: String) {
        self.bytes = bytes
        self.lines = lines
        self.sha256 = sha256
    }
}
