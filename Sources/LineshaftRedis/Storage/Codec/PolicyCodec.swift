//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

/// A retry policy as bytes: attempts, deliveries, elapsed limit if there is one, and the backoff's rule with its numbers.
enum PolicyCodec {
    static func write(_ policy: RetryPolicy, to writer: inout ByteWriter) {
        writer.writeCompact(Int64(policy.maximumAttempts))
        writer.writeCompact(Int64(policy.maximumDeliveries))
        writer.write(UInt8(policy.maximumElapsed == nil ? 0 : 1))
        if let elapsed = policy.maximumElapsed { writer.write(elapsed) }
        switch policy.backoff.rule {
        case .exponential(let base, let factor, let maximum, let jitter):
            writer.write(UInt8(jitter ? 2 : 1))
            writer.write(base)
            writer.write(factor.bitPattern)
            writer.write(maximum)
        case .linear(let step, let maximum):
            writer.write(UInt8(3))
            writer.write(step)
            writer.write(maximum)
        case .constant(let duration):
            writer.write(UInt8(4))
            writer.write(duration)
        case .fibonacci(let unit, let maximum):
            writer.write(UInt8(5))
            writer.write(unit)
            writer.write(maximum)
        }
    }

    static func read(from reader: inout ByteReader) throws(StorageError) -> RetryPolicy {
        let attempts = try reader.readInt()
        let deliveries = try reader.readInt()
        let hasElapsed: UInt8 = try reader.read()
        guard hasElapsed < 2 else { throw reader.malformed("the retry policy makes no sense") }
        let elapsed = hasElapsed == 1 ? try reader.readDuration() : nil
        let backoff: Backoff
        let rule: UInt8 = try reader.read()
        switch rule {
        case 1, 2:
            let base = try reader.readDuration()
            let factor = Double(bitPattern: try reader.read())
            let maximum = try reader.readDuration()
            backoff = .exponential(base: base, factor: factor, maximum: maximum, jitter: rule == 2)
        case 3: backoff = .linear(step: try reader.readDuration(), maximum: try reader.readDuration())
        case 4: backoff = .constant(try reader.readDuration())
        case 5: backoff = .fibonacci(unit: try reader.readDuration(), maximum: try reader.readDuration())
        default: throw reader.malformed("there is no backoff \(rule)")
        }
        return RetryPolicy(
            maximumAttempts: attempts,
            maximumElapsed: elapsed,
            backoff: backoff,
            maximumDeliveries: deliveries
        )
    }
}
