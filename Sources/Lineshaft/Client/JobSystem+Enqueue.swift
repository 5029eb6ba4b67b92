//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension JobSystem {
    /// Brings drafts to the broker, through the middleware.
    ///
    /// - Parameter drafts: The jobs.
    /// - Returns: A receipt for each: accepted or duplicate, never full.
    /// - Throws: ``BrokerError``, and what middleware throws.
    package func enqueue(_ drafts: [JobDraft]) async throws -> [Receipt] {
        if submitMiddleware.isEmpty { return try await send(drafts) }
        return try await enqueue(drafts) { try await self.send($0) }
    }

    /// Brings drafts somewhere else than to the broker's queues, through the middleware.
    ///
    /// - Parameters:
    ///   - drafts: The jobs.
    ///   - send: What takes them in the end.
    /// - Returns: A receipt for each.
    /// - Throws: What `send` and middleware throw.
    func enqueue(
        _ drafts: [JobDraft],
        send: @escaping @Sendable ([JobDraft]) async throws -> [Receipt]
    ) async throws -> [Receipt] {
        let receipts = try await submit(drafts, through: submitMiddleware[...], send)
        guard receipts.count == drafts.count else {
            throw ConfigurationError(
                code: .invalidState,
                message: "A submit middleware returned \(receipts.count) receipts for \(drafts.count) jobs. "
                    + "It must return what `next` returned for the drafts it was given."
            )
        }
        return receipts
    }

    private func submit(
        _ drafts: [JobDraft],
        through middleware: ArraySlice<any SubmitMiddleware>,
        _ send: @escaping @Sendable ([JobDraft]) async throws -> [Receipt]
    ) async throws -> [Receipt] {
        guard let first = middleware.first else { return try await send(drafts) }
        return try await first.submit(drafts) { drafts in
            try await self.submit(drafts, through: middleware.dropFirst(), send)
        }
    }

    /// Hands one draft over to be taken alone, once it has been checked, without waiting for room.
    ///
    /// - Parameters:
    ///   - draft: The job.
    ///   - hand: What takes it.
    /// - Returns: The receipt: accepted or duplicate, never full.
    /// - Throws: ``BrokerError``, with the code `queueFull` among others.
    func send(
        _ draft: JobDraft,
        to hand: (Submission) async throws(BrokerError) -> Receipt
    ) async throws -> Receipt {
        try NameRules.check(draft.queue)
        try checkAbilities(for: [draft])
        let limit = configuration.lengthLimits[draft.queue]?.maximumLength
        let receipt = try await hand(Submission(draft.envelope(replyTo: nil), maximumLength: limit))
        guard receipt == .full else { return receipt }
        throw BrokerError(
            code: .queueFull,
            message:
                "The queue “\(draft.queue)” holds as many jobs as it may (\(limit.map { String($0) } ?? "unknown"))."
        )
    }

    /// Hands drafts to the broker and, where a queue is full and may be waited for, waits.
    private func send(_ drafts: [JobDraft]) async throws -> [Receipt] {
        let limits = configuration.lengthLimits
        // What callers name was checked before; what middleware puts in its place was not.
        if !submitMiddleware.isEmpty { for draft in drafts { try NameRules.check(draft.queue) } }
        try checkAbilities(for: drafts)
        let submissions = drafts.map { draft in
            Submission(
                draft.envelope(replyTo: inbox.client),
                maximumLength: limits.isEmpty ? nil : limits[draft.queue]?.maximumLength
            )
        }
        var receipts = try await broker.enqueue(submissions)
        guard !limits.isEmpty else { return receipts }
        while let full = receipts.firstIndex(of: .full) {
            let queue = drafts[full].queue
            guard let limit = limits[queue] else { break }
            if limit.whenFull == .fail {
                throw BrokerError(
                    code: .queueFull,
                    message: "The queue “\(queue)” holds \(limit.maximumLength) jobs, which is its maximum length. "
                        + "\(receipts.filter { $0 != .full }.count) of \(drafts.count) jobs were accepted. "
                        + "Try again later, raise the limit, or let `submit` wait with `whenFull: .suspend`."
                )
            }
            do {
                try await broker.waitForRoom(in: queue, maximumLength: limit.maximumLength)
            } catch {
                if error.code == .cancelled { throw CancellationError() }
                throw error
            }
            let waiting = receipts.indices.filter { receipts[$0] == .full }
            let again = try await broker.enqueue(waiting.map { submissions[$0] })
            for (index, receipt) in zip(waiting, again) { receipts[index] = receipt }
        }
        return receipts
    }
}
