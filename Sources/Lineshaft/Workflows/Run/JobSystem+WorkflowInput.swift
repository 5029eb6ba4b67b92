//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Logging

extension JobSystem {
    /// What a job takes: from the store when it is part of a workflow, else what travels with it.
    ///
    /// - Parameter envelope: The job.
    /// - Returns: What it takes.
    /// - Throws: ``BrokerError`` when the store cannot be reached, or no longer has what the job takes;
    ///   ``WorkflowSizeError`` when that is too large.
    package func input(of envelope: Envelope) async throws -> WorkflowInput {
        guard envelope.hasDetails else { return .value([]) }
        let details = envelope.details
        guard let reference = details.workflow else { return .value(details.input ?? []) }
        let store = try workflowStore
        guard case .job(_, _, let input) = try await store.nodes([reference.node], of: reference.id).first?.kind else {
            throw WorkflowMissing.error(reference.id)
        }
        switch input {
        case .value(let part): return try await read(part, of: reference.id, from: store)
        case .failure(let region):
            guard let failure = try await failures(of: [region], of: reference.id).first ?? nil else {
                throw WorkflowMissing.error(reference.id)
            }
            return .failure(failure)
        }
    }

    /// Refuses what a job of a workflow returned when it is too large.
    ///
    /// - Parameter output: What it returned, encoded.
    /// - Throws: ``WorkflowSizeError``.
    package func checkOutput(_ output: [UInt8]) throws {
        let limit = configuration.workflowLimits.maximumOutputSize
        if output.count > limit { throw WorkflowSizeError.output(output.count, limit: limit) }
    }

    /// Reads what is handed on.
    ///
    /// - Parameters:
    ///   - part: What is wanted.
    ///   - id: The workflow.
    ///   - store: Where it is kept.
    /// - Returns: The output, in the shape of the part.
    /// - Throws: ``BrokerError``; ``WorkflowSizeError`` when it is too large.
    package func read(
        _ part: WorkflowNode.Part,
        of id: JobID,
        from store: any WorkflowStore
    ) async throws -> WorkflowInput {
        var room = configuration.workflowLimits.maximumInputSize
        return try await read([part], of: id, from: store, &room).first ?? .value([])
    }

    /// Reads what is handed on, some thousand outputs at a time, or less when they are large.
    private func read(
        _ parts: [WorkflowNode.Part],
        of id: JobID,
        from store: any WorkflowStore,
        _ room: inout Int
    ) async throws -> [WorkflowInput] {
        var read: [WorkflowInput] = []
        read.reserveCapacity(parts.count)
        var pages = PageSizes(limit: store.batchLimit)
        var start = 0
        while start < parts.count {
            let page = parts[start..<min(start + pages.next, parts.count)]
            start = page.endIndex
            let before = room
            let jobs = page.compactMap { part in if case .output(let node) = part { node } else { nil } }
            let gathers = page.compactMap { part in if case .gathered(let node) = part { node } else { nil } }
            var outcomes = jobs.isEmpty ? [] : try await store.outcomes(of: jobs, of: id)[...]
            var nodes = gathers.isEmpty ? [] : try await store.nodes(gathers, of: id)[...]
            for part in page {
                switch part {
                case .nothing: read.append(.value([]))
                case .output:
                    guard let outcome = outcomes.popFirst() else { throw WorkflowMissing.error(id) }
                    // Of a member that did not succeed, the group that collects it says so.
                    if case .succeeded(let output) = outcome {
                        room -= output.count
                        if room < 0 {
                            throw WorkflowSizeError.input(limit: configuration.workflowLimits.maximumInputSize)
                        }
                        read.append(.value(output))
                    } else {
                        read.append(.value([]))
                    }
                case .gathered:
                    guard let node = nodes.popFirst() else { throw WorkflowMissing.error(id) }
                    read.append(try await self.read(node, of: id, from: store, &room))
                }
            }
            pages.note(bytes: before - room, of: jobs.count)
        }
        return read
    }

    private func read(
        _ node: WorkflowNode,
        of id: JobID,
        from store: any WorkflowStore,
        _ room: inout Int
    ) async throws -> WorkflowInput {
        switch node.kind {
        case .job: throw WorkflowMissing.error(id)
        case .relay(let part): return try await read([part], of: id, from: store, &room).first ?? .value([])
        case .gather(let parts): return .list(try await read(parts, of: id, from: store, &room))
        case .collect(let parts, let regions):
            let failures = try await failures(of: regions, of: id)
            // Nothing is read of members that failed: there may be nothing.
            let wanted = zip(parts, failures).map { part, failure in failure == nil ? part : .nothing }
            let values = try await read(wanted, of: id, from: store, &room)
            return .list(
                zip(values, failures).map { value, failure in
                    .result(failure.map(Result.failure) ?? .success(value))
                }
            )
        }
    }

    /// Why parts of a workflow failed.
    private func failures(of regions: [Int], of id: JobID) async throws(BrokerError) -> [WorkflowFailure?] {
        let store = try workflowStore
        var failures: [WorkflowFailure?] = []
        failures.reserveCapacity(regions.count)
        for start in stride(from: 0, to: regions.count, by: store.batchLimit) {
            let page = Array(regions[start..<min(start + store.batchLimit, regions.count)])
            let stops = try await store.stops(of: page, of: id)
            guard stops.count == page.count else { throw WorkflowMissing.error(id) }
            let starts = stops.compactMap { stop in if case .failure(let start) = stop { start } else { nil } }
            var described = starts.isEmpty ? [] : try await describe(starts, of: id)[...]
            for stop in stops {
                switch stop {
                case nil: failures.append(nil)
                case .cancellation: failures.append(WorkflowFailure(cancelled: id, at: clock.now))
                case .failure: failures.append(described.popFirst())
                }
            }
        }
        return failures
    }

    /// Why a workflow failed; `nil` when it has not.
    package func failure(of id: JobID) async throws(BrokerError) -> WorkflowFailure? {
        try await failures(of: [0], of: id).first ?? nil
    }

    /// How nodes failed, with the names of their jobs.
    package func describe(_ starts: [WorkflowStep.Start], of id: JobID) async throws(BrokerError) -> [WorkflowFailure] {
        let store = try workflowStore
        guard let head = try await store.head(of: id) else { throw WorkflowMissing.error(id) }
        let nodes = try await store.nodes(starts.map(\.node), of: id)
        let outcomes = try await store.outcomes(of: starts.map(\.node), of: id)
        guard nodes.count == starts.count, outcomes.count == starts.count else { throw WorkflowMissing.error(id) }
        return zip(starts, zip(nodes, outcomes)).map { start, known in
            let reference = WorkflowReference(id: id, node: start.node, generation: start.generation)
            var name: JobName = "?"
            if case .job(let template, _, _) = known.0.kind { name = head.templates[template].name }
            return WorkflowFailure(
                workflow: id,
                job: reference.job,
                name: name,
                failure: JobFailure(known.1 ?? .cancelled, at: clock.now)
            )
        }
    }
}

/// How many outputs are read at once, so that an answer has some megabytes at most.
private struct PageSizes {
    private static let bytes = 8 << 20

    let limit: Int
    private(set) var next: Int

    init(limit: Int) {
        self.limit = limit
        // Nothing is known of their size at first.
        next = min(limit, 100)
    }

    /// Takes in how large the outputs were that have been read.
    mutating func note(bytes: Int, of count: Int) {
        guard count > 0 else { return next = limit }
        let average = max(bytes / count, 1)
        next = min(max(Self.bytes / average, 1), limit)
    }
}

extension WorkflowFailure {
    /// The failure of a workflow that somebody has cancelled.
    fileprivate init(cancelled id: JobID, at time: Timestamp) {
        self.init(workflow: id, job: id, name: "workflow", failure: JobFailure(.cancelled, at: time))
    }
}

extension JobFailure {
    /// The failure that an outcome other than success is for those who waited for the job.
    fileprivate init(_ outcome: Outcome, at time: Timestamp) {
        switch outcome {
        case .failed(let failure): self = failure
        case .expired:
            self.init(
                code: .expired,
                message: "It was not started before its expiry.",
                type: "",
                attempt: 0,
                time: time
            )
        case .cancelled, .succeeded:
            self.init(code: .cancelled, message: "It was cancelled.", type: "", attempt: 0, time: time)
        }
    }
}

extension JobContext {
    /// What the job takes.
    ///
    /// - Returns: What it takes.
    /// - Throws: ``AwaitingWorkflow`` when that cannot be read for now.
    package func input() async throws -> WorkflowInput {
        do {
            return try await scope.system.input(of: scope.delivery.envelope)
        } catch let error as BrokerError where error.code != .rejected {
            throw AwaitingWorkflow(error, "What the job takes cannot be read; it is put off", logger)
        }
    }
}
