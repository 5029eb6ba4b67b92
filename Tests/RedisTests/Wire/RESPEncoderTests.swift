//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftRedis
import Testing

@Suite(.timeLimit(.minutes(20)))
struct RESPEncoderTests {
    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test("Words of every kind are written with their lengths in bytes")
    func writesWords() {
        let command: RESPCommand = ["SET", "ké", .bytes([1, 0]), 12]
        #expect(text(command.encoded) == "*4\r\n$3\r\nSET\r\n$3\r\nké\r\n$2\r\n\u{1}\0\r\n$2\r\n12\r\n")
        #expect(command.name == "SET")
    }

    @Test("Numbers are written as digits", arguments: [0, 9, 10, 99, 100, 12_345, -1, -10, Int64.max, .min])
    func writesNumbers(_ number: Int64) {
        let digits = String(number)
        #expect(text(RESPCommand([.integer(number)]).encoded) == "*1\r\n$\(digits.utf8.count)\r\n\(digits)\r\n")
    }

    @Test("A script's call has the digest, the number of keys, the keys and the arguments")
    func writesScriptCalls() {
        let digest = ScriptDigest(of: "return 1")
        var encoder = RESPEncoder()
        encoder.append(script: digest, keys: ["a", "b"], arguments: ["c", 4])
        let words = ["EVALSHA", digest.description, "2", "a", "b", "c", "4"]
        #expect(encoder.bytes == RESPCommand(words.map { .string($0) }).encoded)
        encoder.removeAll()
        encoder.beginScript(digest, keys: 1, arguments: 2)
        encoder.append("k")
        encoder.append([1, 2, 3][1...])
        encoder.append("x" as StaticString)
        #expect(Reading(encoder.take()).replies.first?.elements?.count == 6)
        #expect(encoder.bytes.isEmpty)
    }

    @Test("Commands follow each other in one buffer, which is used again")
    func reusesTheBuffer() {
        var encoder = RESPEncoder(capacity: 100)
        encoder.append(["PING"])
        encoder.append(encoded: RESPCommand(["PING"]).encoded)
        #expect(text(encoder.bytes) == "*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nPING\r\n")
        encoder.removeAll()
        #expect(encoder.bytes.isEmpty && encoder.bytes.capacity >= 100)
        encoder.append(["SET", .bytes(Array(repeating: 0, count: 5_000))])
        encoder.removeAll(keepingCapacityUpTo: 1_000)
        #expect(encoder.bytes.capacity <= 1_000)
    }

    @Test("What is written is read again, for random commands in random pieces", arguments: 1...20)
    func roundTrips(_ seed: UInt64) {
        var generator = Xoshiro256(seed: seed)
        var encoder = RESPEncoder()
        var expected: [RESPValue] = []
        for _ in 0..<50 {
            let words = (0..<Int.random(in: 1...40, using: &generator)).map { _ in
                (0..<Int.random(in: 0...200, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator)
                }
            }
            encoder.append(RESPCommand(words.map { .bytes($0) }))
            expected.append(.array(words.map { .string($0) }))
        }
        let pieceSize = Int.random(in: 1...20_000, using: &generator)
        #expect(Reading(encoder.take(), pieceSize: pieceSize).replies == expected)
    }

    @Test(
        "A script's name is the SHA-1 of its source",
        arguments: [
            ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"), ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            ("return 1", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db"),
            (String(repeating: "a", count: 1_000_000), "34aa973cd4c4daa4f61eeb2bdbad27316534016f"),
            (String(repeating: "x", count: 55), "cef734ba81a024479e09eb5a75b6ddae62e6abf1"),
            (String(repeating: "x", count: 64), "bb2fa3ee7afb9f54c6dfb5d021f14b1ffe40c163"),
        ]
    )
    func computesDigests(_ source: String, _ digest: String) {
        #expect(ScriptDigest(of: source).description == digest)
    }
}
