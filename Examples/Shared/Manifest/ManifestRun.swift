//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Lineshaft

/// Makes a manifest the distributed way: finds the files of a folder, submits one job for each, and joins what comes back.
///
/// It is an actor because jobs end in any order and all at once. When it is interrupted, what it has is still there.
public actor ManifestRun {
    /// How far it has come.
    public struct Status: Sendable, Hashable {
        /// How many files were found so far.
        public var found = 0
        /// Whether there are no more to find.
        public var isComplete = false
        /// How many were read.
        public var read = 0
        /// How many could not be read.
        public var failed = 0
        /// How many bytes were read.
        public var bytes = 0

        /// How many have been found and have not ended.
        public var left: Int { found - read - failed }
    }

    /// How many files are looked for, and submitted, at a time.
    private static let batchSize = 64

    /// How far it has come.
    public private(set) var status = Status()

    private let root: BytePath
    private let threads: BlockingThreads
    private let onFound: @Sendable (Status) async -> Void
    private let onChange: @Sendable (Status) async -> Void
    private var walk: FolderWalk
    private var digests: [BytePath: FileDigest] = [:]
    /// What could not be read, and why.
    public private(set) var failures: [BytePath: String] = [:]

    /// Creates a run; nothing is read.
    ///
    /// - Parameters:
    ///   - root: The folder, as an absolute path.
    ///   - excluded: Files to leave out.
    ///   - threads: Where folders are read.
    ///   - onFound: Called once, when it is known how many files there are.
    ///   - onChange: Called when it has come further.
    public init(
        root: BytePath,
        excluding excluded: Set<FolderWalk.Identity> = [],
        threads: BlockingThreads = BlockingThreads(),
        onFound: @escaping @Sendable (Status) async -> Void = { _ in },
        onChange: @escaping @Sendable (Status) async -> Void = { _ in }
    ) {
        self.root = root
        self.threads = threads
        self.onFound = onFound
        self.onChange = onChange
        walk = FolderWalk(root: root, excluding: excluded)
    }

    /// The manifest of what has been read.
    ///
    /// It lacks the rest if ``run(on:)`` did not return.
    public var manifest: Manifest {
        Manifest(
            root: root,
            digests: digests,
            failures: failures,
            isInterrupted: !status.isComplete || status.left > 0
        )
    }

    /// Submits the jobs and joins what comes back.
    ///
    /// A folder of any size passes through a queue of limited length: where `jobs` has a limit for ``HashFile/queue``,
    /// submitting waits for the workers, and looking for files waits for submitting.
    ///
    /// - Parameter jobs: Where to submit.
    /// - Throws: `BrokerError` when the broker cannot be reached; `CancellationError`.
    public func run(on jobs: JobSystem) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            while let paths = try await findMore() {
                let handles = try await jobs.submit(contentsOf: paths.map { HashFile(folder: root, path: $0) })
                for (path, handle) in zip(paths, handles) {
                    group.addTask { try await self.join(path, handle) }
                }
            }
        }
    }

    /// Looks for a few more files; `nil` when there are no more.
    private func findMore() async throws -> [BytePath]? {
        let (items, walk) = try await threads.run { [walk] _ in
            var walk = walk
            return (walk.next(Self.batchSize), walk)
        }
        self.walk = walk
        if items.isEmpty {
            status.isComplete = true
            await onFound(status)
            return nil
        }
        var paths: [BytePath] = []
        for item in items {
            switch item {
            case .file(let path): paths.append(path)
            case .unreadable(let path, let error): fail(path, error.description)
            }
        }
        status.found += items.count
        await onChange(status)
        return paths
    }

    private func join(_ path: BytePath, _ handle: JobHandle<FileDigest>) async throws {
        do {
            let digest = try await handle.value
            digests[path] = digest
            status.read += 1
            status.bytes += digest.bytes
        } catch let error as JobError {
            // The error of `value` speaks of the job; the person who asked knows files.
            fail(path, error.failure?.message ?? error.message)
        }
        await onChange(status)
    }

    private func fail(_ path: BytePath, _ reason: String) {
        failures[path] = reason
        status.failed += 1
    }
}
