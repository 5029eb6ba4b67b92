//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// Puts a reply together from the values that the reader finds, in the order in which they come.
///
/// Every call answers whether to go on; after a `false` the reason is in ``failure``.
package struct ReplyBuilder: Sendable {
    /// What groups values.
    package enum Aggregate: Sendable {
        case array, map, set, push
    }

    private struct Frame: Sendable {
        let aggregate: Aggregate
        var remaining: Int
        var elements: [RESPValue]

        var value: RESPValue {
            switch aggregate {
            case .array: .array(elements)
            case .map: .map(elements)
            case .set: .set(elements)
            case .push: .push(elements)
            }
        }
    }

    let limits: RESPLimits
    private var frames: [Frame] = []
    private var elementCount = 0
    private var finished: RESPValue?

    /// The bytes of all strings of the reply so far.
    package private(set) var size = 0

    /// Why the reply cannot be taken.
    package private(set) var failure: RESPError?

    package init(limits: RESPLimits) {
        self.limits = limits
        frames.reserveCapacity(limits.depth)
    }

    /// Hands over the reply when it is whole, and begins the next.
    package mutating func take() -> RESPValue? {
        defer {
            finished = nil
            size = 0
            elementCount = 0
        }
        return finished
    }

    /// Begins an aggregate of `count` values, a map's keys and values counted apart.
    package mutating func begin(_ aggregate: Aggregate, count: Int) -> Bool {
        if frames.count >= limits.depth {
            return fail(.tooDeep, "A reply of the server nests arrays more than \(limits.depth) deep.")
        }
        if count > limits.elements - elementCount {
            let message = "A reply of the server announces \(count) elements; at most \(limits.elements) are allowed."
            return fail(.tooManyElements, message)
        }
        elementCount += count
        var frame = Frame(aggregate: aggregate, remaining: count, elements: [])
        if count == 0 {
            return append(frame.value)
        }
        // Memory for what has come, not for what is announced.
        frame.elements.reserveCapacity(min(count, 256))
        frames.append(frame)
        return true
    }

    /// Counts the bytes of a string before they are copied.
    package mutating func reserve(_ count: Int) -> Bool {
        if count > limits.bulkSize {
            return fail(
                .tooLarge,
                "The server sends a string of \(count) bytes; at most \(limits.bulkSize) are allowed."
            )
        }
        if count > limits.replySize - size {
            return fail(
                .tooLarge,
                "A reply of the server is longer than the \(limits.replySize) bytes that are allowed."
            )
        }
        size += count
        return true
    }

    /// Adds a value, and closes every aggregate that it was the last of.
    package mutating func append(_ value: RESPValue) -> Bool {
        var value = value
        while let last = frames.indices.last {
            frames[last].elements.append(value)
            frames[last].remaining -= 1
            guard frames[last].remaining == 0 else { return true }
            value = frames.removeLast().value
        }
        finished = value
        return true
    }

    /// Stops for a reason.
    ///
    /// - Returns: `false`.
    package mutating func fail(_ code: RESPError.Code, _ message: String) -> Bool {
        if failure == nil { failure = RESPError(code: code, message: message + " The connection cannot go on.") }
        return false
    }
}
