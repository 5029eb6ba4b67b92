//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

package import Lineshaft

/// Queues as they are listed in a configuration: `default=10`, `imports=2:3`, `mail=1000:fail`.
///
/// What is behind the last `=` is the queue's; the name itself may have any character that a queue's name may have.
package enum QueueText {
    /// Reads how a worker serves a queue: its name, its concurrency, and its weight if that is not 1.
    ///
    /// - Parameter text: Such as `default=10` or `imports=2:3`.
    /// - Returns: The queue; `nil` when the text is none.
    package static func served(_ text: String) -> (name: QueueName, settings: WorkerQueues.Settings)? {
        guard let (name, parts) = split(text), parts.count <= 2 else { return nil }
        guard let concurrency = Int(parts[0]) else { return nil }
        guard parts.count == 2 else { return (name, .init(concurrency: concurrency)) }
        guard let weight = Int(parts[1]) else { return nil }
        return (name, .init(concurrency: concurrency, weight: weight))
    }

    /// Reads how long a queue may grow: its name, its length, and what `submit` does at that length if not `suspend`.
    ///
    /// - Parameter text: Such as `imports=1000` or `mail=50:fail`.
    /// - Returns: The limit; `nil` when the text is none.
    package static func limit(_ text: String) -> (name: QueueName, limit: JobSystem.LengthLimit)? {
        guard let (name, parts) = split(text), parts.count <= 2, let length = Int(parts[0]) else { return nil }
        switch parts.dropFirst().first {
        case nil, "suspend": return (name, .init(maximumLength: length))
        case "fail": return (name, .init(maximumLength: length, whenFull: .fail))
        default: return nil
        }
    }

    private static func split(_ text: String) -> (name: QueueName, parts: [Substring])? {
        guard let equals = text.lastIndex(of: "="), equals > text.startIndex else { return nil }
        let value = text[text.index(after: equals)...]
        return (QueueName(String(text[..<equals])), value.split(separator: ":", omittingEmptySubsequences: false))
    }
}
