//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// The queues that a worker serves, and how much of each.
///
/// ```swift
/// ["default": 10, "imports": .init(concurrency: 2, weight: 3)]
/// ```
public struct WorkerQueues: Sendable, ExpressibleByDictionaryLiteral {
    /// How a worker serves one queue.
    public struct Settings: Sendable, Hashable, ExpressibleByIntegerLiteral {
        /// How many jobs of the queue run at once in this worker.
        public var concurrency: Int
        /// How much of a busy worker goes to this queue, against the weights of the others.
        public var weight: Int

        /// Creates settings.
        public init(concurrency: Int, weight: Int = 1) {
            self.concurrency = concurrency
            self.weight = weight
        }

        /// Creates settings of this concurrency and weight 1.
        public init(integerLiteral value: Int) {
            self.init(concurrency: value)
        }
    }

    package private(set) var entries: [(name: QueueName, settings: Settings)]

    /// Lists queues; one that is listed twice is an error when the worker runs.
    public init(dictionaryLiteral elements: (QueueName, Settings)...) {
        entries = elements.map { (name: $0.0, settings: $0.1) }
    }

    /// Serves one queue.
    public init(_ queue: QueueName = .default, concurrency: Int) {
        entries = [(name: queue, settings: Settings(concurrency: concurrency))]
    }

    /// Lists queues.
    public init(_ queues: [QueueName: Settings]) {
        entries = queues.sorted { $0.key < $1.key }.map { (name: $0.key, settings: $0.value) }
    }

    package func validate() throws(ConfigurationError) {
        if entries.isEmpty {
            throw ConfigurationError(
                code: .invalidValue,
                message: "The worker serves no queue. Name at least one, such as [\"default\": 10]."
            )
        }
        var seen: Set<QueueName> = []
        for (name, settings) in entries {
            try NameRules.check(name)
            if !seen.insert(name).inserted {
                throw ConfigurationError(
                    code: .duplicateName,
                    message: "The queue “\(name)” is listed twice for one worker. Remove one of the two."
                )
            }
            try Self.check(settings.concurrency, "a concurrency", of: name)
            try Self.check(settings.weight, "a weight", of: name)
        }
    }

    package static func check(_ value: Int, _ what: String, of queue: QueueName) throws(ConfigurationError) {
        guard value < 1 || value > 1_000_000 else { return }
        throw ConfigurationError(
            code: .invalidValue,
            message: "The queue “\(queue)” is given \(what) of \(value); it must be from 1 to 1,000,000. "
                + "To stop a queue for a while, pause it."
        )
    }
}
