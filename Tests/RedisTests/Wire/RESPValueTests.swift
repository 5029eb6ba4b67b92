//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import LineshaftRedis
import Testing

@Suite(.timeLimit(.minutes(20)))
struct RESPValueTests {
    @Test(
        "The first word of an error is its code, and the rest its message",
        arguments: [
            ("NOSCRIPT No matching script.", "NOSCRIPT", "No matching script."),
            ("MOVED 1 a:2", "MOVED", "1 a:2"), ("ERR", "ERR", ""), ("LS_FENCED token 3", "LS_FENCED", "token 3"),
            ("something happened", "ERR", "something happened"), ("", "ERR", ""),
        ]
    )
    func splitsErrors(_ line: String, _ code: String, _ message: String) {
        let error = RedisServerError(line: line)
        #expect(error.code == code)
        #expect(error.message == message)
        #expect(error.description == line)
    }

    @Test("A code is recognised only as the whole first word")
    func recognisesCodes() {
        #expect(RedisServerError(line: "MOVED 1 a:2").has(code: "MOVED"))
        #expect(RedisServerError(line: "MOVED").has(code: "MOVED"))
        #expect(!RedisServerError(line: "MOVEDON x").has(code: "MOVED"))
        #expect(!RedisServerError(line: "MOV").has(code: "MOVED"))
        #expect(RedisServerError(line: "LOADING Redis is loading").isTransient)
        #expect(!RedisServerError(line: "WRONGTYPE x").isTransient)
    }

    @Test("A number is one also as digits of a string")
    func readsNumbers() {
        #expect(RESPValue.integer(-3).integer == -3)
        #expect(RESPValue.bulk("42").integer == 42)
        #expect(RESPValue.bulk("-9223372036854775808").integer == .min)
        for text in ["", "-", "9223372036854775808", "-9223372036854775809", "1 ", "+1", "0x1", "１"] {
            #expect(RESPValue.bulk(text).integer == nil)
        }
        #expect(RESPValue.null.integer == nil)
        #expect(RESPValue.boolean(true).integer == 1)
    }

    @Test("Text is a status or valid UTF-8")
    func readsText() {
        #expect(RESPValue.bulk("é").text == "é")
        #expect(RESPValue.string([0xFF]).text == nil)
        #expect(RESPValue.status("OK").isOK)
        #expect(!RESPValue.bulk("OK").isOK)
    }

    @Test("A value's kind says nothing of what is in a string")
    func hidesContents() {
        #expect(RESPValue.bulk("secret").kind == "a string of 6 bytes")
        #expect(RESPValue.array([.bulk("secret")]).kind == "an array of 1")
        #expect(RESPValue.map([.bulk("a"), .bulk("b")]).kind == "a map of 1")
    }
}
