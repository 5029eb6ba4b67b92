//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import Synchronization

/// Remembers the jobs that a system submits.
///
/// A job is noted before it goes to the broker: when the answer is lost, it may have been accepted.
final class Submitted: SubmitMiddleware {
    private let state = Mutex<[JobID]>([])

    /// The jobs, in order.
    var ids: [JobID] { state.withLock { $0 } }

    func submit(
        _ drafts: [JobDraft],
        next: @Sendable ([JobDraft]) async throws -> [Receipt]
    ) async throws -> [Receipt] {
        state.withLock { $0 += drafts.map(\.id) }
        return try await next(drafts)
    }
}
