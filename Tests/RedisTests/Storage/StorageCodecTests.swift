//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import LineshaftTesting
internal import Testing

@testable internal import LineshaftRedis

@Suite("Values as bytes")
struct StorageCodecTests {
    private let id = JobID(high: 1, low: 2)

    private func envelope(_ generator: inout SeededGenerator) -> Envelope {
        func chance() -> Bool { Bool.random(using: &generator) }
        func bytes(_ limit: Int) -> [UInt8] {
            (0..<Int.random(in: 0...limit, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) }
        }
        func time() -> Timestamp {
            Timestamp(nanosecondsSinceEpoch: Int64.random(in: .min ... .max, using: &generator))
        }
        func duration() -> Duration {
            Duration(
                secondsComponent: Int64.random(in: 0...1_000_000, using: &generator),
                attosecondsComponent: Int64.random(in: 0..<1_000_000_000_000_000_000, using: &generator)
            )
        }
        var details = Envelope.Details()
        if chance() { details.input = bytes(100) }
        if chance() { details.parent = JobID(high: .max, low: 0) }
        if chance() { details.start = time() }
        if chance() { details.expires = time() }
        if chance() { details.deadline = time() }
        if chance() { details.timeout = duration() }
        if chance() { details.retention = .nanoseconds(Int64.random(in: 0 ... .max, using: &generator)) }
        if chance() { details.unique = UniqueClaim(key: "schlüssel", window: chance() ? .seconds(3) : nil) }
        if chance() { details.headers = ["a": "b", "traceparent": "", "ключ": "значение"] }
        if chance() { details.acknowledgement = .immediate }
        let backoffs: [Backoff] = [
            .exponential(base: duration(), factor: 1.5, maximum: duration(), jitter: chance()),
            .linear(step: duration(), maximum: duration()), .constant(duration()),
            .fibonacci(unit: duration(), maximum: duration()),
        ]
        if chance() {
            details.retry = RetryPolicy(
                maximumAttempts: Int.random(in: 1...1000, using: &generator),
                maximumElapsed: chance() ? duration() : nil,
                backoff: backoffs[Int.random(in: 0..<4, using: &generator)]
            )
        }
        return Envelope(
            id: id,
            name: JobName(chance() ? "job" : String(repeating: "ü", count: 100)),
            version: Int.random(in: 0...99, using: &generator),
            queue: "q",
            priority: JobPriority(Int.random(in: 0...9, using: &generator)),
            payload: bytes(300),
            submitted: time(),
            replyTo: chance() ? ClientID(UInt64.random(in: 0 ... .max, using: &generator)) : nil,
            details: details
        )
    }

    @Test("Every job comes back as it was written")
    func envelopes() throws {
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<2000 {
            let envelope = envelope(&generator)
            let bytes = try EnvelopeCodec.encode(envelope)
            #expect(try EnvelopeCodec.decode(bytes, id: id, queue: "q") == envelope)
        }
    }

    @Test("Damaged bytes are an error with a reason, never a crash")
    func mutations() throws {
        var generator = SeededGenerator(seed: 2)
        var failures = 0
        for _ in 0..<20_000 {
            var bytes = try EnvelopeCodec.encode(envelope(&generator))
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let index = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes[index] ^= 1 << UInt8.random(in: 0...7, using: &generator)
                case 2: bytes.removeLast(bytes.count - max(index, 1))
                default: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: index)
                }
            }
            do throws(StorageError) {
                _ = try EnvelopeCodec.decode(bytes, id: id, queue: "q")
            } catch {
                failures += 1
                #expect(error.code == .malformed || error.code == .newer)
                #expect(error.message.contains("\(id)"))
            }
            _ = EnvelopeCodec.head(of: bytes)
            // Whatever the bytes, no other reader crashes on them.
            _ = try? StorageMessage.decode(bytes)
            _ = try? OutcomeCodec.decode([129] + bytes.dropFirst(), id: id, queue: "q")
            _ = try? FailureCodec.decode([UInt8.random(in: 1...3, using: &generator)] + bytes, id: id, queue: "q")
            _ = try? WorkerReportCodec.decode([1] + bytes)
            _ = try? ProgressCodec.decode([1] + bytes, id: id)
            _ = try? JobHistoryCodec.decode(bytes, id: id, queue: "q")
        }
        #expect(failures > 5000)
    }

    @Test("A plain job takes few bytes beside its payload")
    func size() throws {
        let envelope = Envelope(
            id: id,
            name: "sum",
            payload: Array(repeating: 7, count: 200),
            submitted: Timestamp(nanosecondsSinceEpoch: 1),
            replyTo: ClientID(3)
        )
        #expect(try EnvelopeCodec.encode(envelope).count == 200 + 5 + 8 + 4 + 1 + 8 + 1)
    }

    @Test("What the format has no room for is an error and not a trap")
    func tooLarge() {
        let long = String(repeating: "x", count: 70_000)
        let named = Envelope(id: id, name: JobName(long), payload: [], submitted: .distantPast)
        #expect(throws: StorageError.self) { try EnvelopeCodec.encode(named) }
        var details = Envelope.Details()
        details.unique = UniqueClaim(key: long, window: nil)
        let unique = Envelope(id: id, name: "a", payload: [], submitted: .distantPast, details: details)
        #expect(throws: StorageError.self) { try EnvelopeCodec.encode(unique) }
    }

    @Test("A long message of progress is cut to whole characters, and codes that are not known yet are kept")
    func others() throws {
        let progress = JobProgress(completed: 0.5, message: String(repeating: "ü", count: 5000))
        let read = try ProgressCodec.decode(ProgressCodec.encode(progress), id: id)
        #expect(read.message == String(repeating: "ü", count: 500))
        let failure = JobFailure(code: .timedOut, message: "m", type: "t", attempt: 3, time: .distantFuture)
        var bytes = FailureCodec.encode(failure)
        #expect(try FailureCodec.decode(bytes, id: id, queue: "q") == failure)
        bytes[2] = UInt8(ascii: "x")
        #expect(try FailureCodec.decode(bytes, id: id, queue: "q").code.rawValue == "ximedOut")
    }
}
