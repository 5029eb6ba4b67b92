//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Testing
import UVEventLoop

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// An actor that compares a long stream with what it should be, and keeps none of it.
private actor Checker {
    nonisolated let loop: UVEventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    private let stream: UVStream
    private(set) var count = 0
    private(set) var isRight = true
    private(set) var mostBuffered = 0
    private var end: (count: Int, continuation: CheckedContinuation<Void, Never>)?

    init(on loop: UVEventLoop) {
        self.loop = loop
        stream = UVStream(on: loop)
    }

    /// What is sent again and again, twice, so that a piece may begin anywhere in its first half.
    private static let pattern: [UInt8] = {
        let half = (0..<period).map { UInt8(truncatingIfNeeded: $0 ^ ($0 >> 8) ^ ($0 >> 16)) }
        return half + half
    }()
    private static let period = 1 << 20

    /// Runs `body` with the bytes that belong at a position, at most so many.
    private func withBytes<Value>(at position: Int, _ limit: Int, _ body: (UnsafeRawBufferPointer) -> Value) -> Value {
        let start = position % Self.period
        return Self.pattern.withUnsafeBytes {
            body(UnsafeRawBufferPointer(rebasing: $0[start..<(start + min(limit, Self.period))]))
        }
    }

    func connect(to address: UVAddress) async throws {
        try await stream.connect(to: address)
        stream.startReading(for: self) { checker, bytes in checker.check(bytes) }
    }

    private func check(_ bytes: UnsafeRawBufferPointer) {
        let length = bytes.count
        let isSame = withBytes(at: count, bytes.count) { expected in
            guard let expected = expected.baseAddress, let bytes = bytes.baseAddress else { return true }
            return memcmp(bytes, expected, length) == 0
        }
        if !isSame { isRight = false }
        count += bytes.count
        if let end, count >= end.count {
            self.end = nil
            end.continuation.resume()
        }
    }

    /// Writes so much in pieces of so much, and never has more than `limit` and a piece waiting.
    func write(_ total: Int, piece: Int, limit: Int) async throws {
        var position = 0
        while position < total {
            let end = min(position + piece, total)
            while position < end {
                position += withBytes(at: position, end - position) { bytes in
                    stream.write(bytes)
                    return bytes.count
                }
            }
            mostBuffered = max(mostBuffered, stream.bufferedBytes)
            try await stream.waitUntilBuffered(below: limit)
        }
    }

    func waitForBytes(_ total: Int) async {
        if count < total { await withCheckedContinuation { end = (total, $0) } }
    }

    var statistics: UVStream.Statistics { stream.statistics }
}

@Suite(.timeLimit(.minutes(20)))
struct TransferTests {
    @Test(arguments: [(true, 100_000), (false, 100_000), (true, 5_000_000)])
    func `64 MiB go there and back, and no more than a bounded part of it waits`(isUnix: Bool, piece: Int) async throws
    {
        let total = 64 << 20
        let limit = 256 << 10
        let server = try Server(path: isUnix ? Server.freePath() : nil) { $0.echo() }
        let checker = Checker(on: try UVEventLoop(name: "transfer"))
        try await checker.connect(to: server.address)
        try await checker.write(total, piece: piece, limit: limit)
        await checker.waitForBytes(total)
        #expect(await checker.isRight)
        #expect(await checker.count == total)
        #expect(await checker.mostBuffered <= limit + piece)
        #expect(await checker.statistics.bytesWritten == total)
    }

    @Test
    func `A stream that is paused reads nothing until it goes on`() async throws {
        let server = try Server { $0.echo() }
        let loop = try UVEventLoop(name: "paused")
        let owner = StreamOwner(on: loop)
        let other = StreamOwner(on: loop)
        try await owner.connect(to: server.address)
        try await other.connect(to: server.address)
        await owner.run { owner in
            owner.stream.pauseReading()
            owner.stream.write([UInt8](repeating: 1, count: 100_000))
        }
        for round in 1...20 {
            await other.run { $0.stream.write([1]) }
            #expect(await other.bytes(count: round).count == round)
        }
        await owner.run { owner in
            #expect(owner.received.isEmpty)
            owner.stream.resumeReading()
        }
        #expect(await owner.bytes(count: 100_000).count == 100_000)
    }
}
