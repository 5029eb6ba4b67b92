//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Lineshaft
internal import Synchronization

/// Middleware that remembers what was submitted, so that a test can ask for it.
///
/// ``JobHarness`` has one. To use it with a system of your own, put it last in the configuration's `middleware`.
public final class SubmissionRecorder: SubmitMiddleware {
    /// One submission that the broker accepted.
    public struct Submission: Sendable {
        /// The job's identity.
        public let id: JobID
        /// The job as it was submitted.
        public let draft: JobDraft
        /// Whether it was a duplicate of a job that was there.
        public let isDuplicate: Bool
    }

    private let recorded = Mutex<[Submission]>([])

    /// Creates a recorder that has seen nothing.
    public init() {}

    /// What was submitted, in order.
    public var submissions: [Submission] {
        recorded.withLock { $0 }
    }

    /// Forgets what was submitted.
    public func reset() {
        recorded.withLock { $0 = [] }
    }

    /// Goes on, then remembers what was accepted.
    public func submit(
        _ drafts: [JobDraft],
        next: @Sendable ([JobDraft]) async throws -> [Receipt]
    ) async throws -> [Receipt] {
        let receipts = try await next(drafts)
        let submissions = zip(drafts, receipts).map { draft, receipt in
            Submission(id: draft.id, draft: draft, isDuplicate: receipt != .accepted)
        }
        recorded.withLock { $0 += submissions }
        return receipts
    }

    /// The jobs of one type that were submitted, in order, decoded.
    ///
    /// - Parameters:
    ///   - type: The job type.
    ///   - codec: How they were encoded.
    /// - Returns: The jobs, with how they were submitted.
    /// - Throws: What decoding throws: a job that was submitted under this name and is not of this type.
    public func jobs<J: Job>(
        of type: J.Type,
        codec: any PayloadCodec = JSONCodec()
    ) throws -> [(job: J, submission: Submission)] {
        try submissions.filter { $0.draft.name == J.name }.map { submission in
            (job: try codec.decode(J.self, from: submission.draft.payload), submission: submission)
        }
    }
}
