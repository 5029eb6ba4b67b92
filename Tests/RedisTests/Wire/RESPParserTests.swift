//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import LineshaftRedis
import Testing

@Suite(.timeLimit(.minutes(20)))
struct RESPParserTests {
    struct Sample: Sendable, CustomTestStringConvertible {
        let text: String
        let value: RESPValue
        var testDescription: String { text.debugDescription }
    }

    static let samples = [
        Sample(text: "+OK\r\n", value: .status("OK")),
        Sample(text: "+\r\n", value: .status("")),
        Sample(text: "-ERR no such key\r\n", value: .refusal("ERR no such key")),
        Sample(text: ":0\r\n", value: .integer(0)),
        Sample(text: ":-12\r\n", value: .integer(-12)),
        Sample(text: ":9223372036854775807\r\n", value: .integer(.max)),
        Sample(text: ":-9223372036854775808\r\n", value: .integer(.min)),
        Sample(text: "$5\r\nhello\r\n", value: .bulk("hello")),
        Sample(text: "$0\r\n\r\n", value: .string([])),
        Sample(text: "$4\r\n\r\n\r\n\r\n", value: .bulk("\r\n\r\n")),
        Sample(text: "$-1\r\n", value: .null),
        Sample(text: "*-1\r\n", value: .null),
        Sample(text: "*0\r\n", value: .array([])),
        Sample(text: "*3\r\n:1\r\n$-1\r\n+a\r\n", value: .array([.integer(1), .null, .status("a")])),
        Sample(
            text: "*2\r\n*2\r\n:1\r\n*0\r\n*1\r\n$1\r\nx\r\n",
            value: .array([.array([.integer(1), .array([])]), .array([.bulk("x")])])
        ),
        Sample(
            text: "*2\r\n-NOSCRIPT none\r\n:2\r\n",
            value: .array([.refusal("NOSCRIPT none"), .integer(2)])
        ),
    ]

    @Test("Every kind of reply is read, whole and byte by byte", arguments: samples)
    func readsEveryKind(_ sample: Sample) {
        for pieceSize in [1, 2, 3, 7, .max] {
            let reading = Reading(sample.text + sample.text, pieceSize: pieceSize)
            #expect(reading.error == nil)
            #expect(reading.replies == [sample.value, sample.value])
        }
    }

    @Test("A reply that has not ended is waited for, wherever it was cut", arguments: samples)
    func waitsForTheRest(_ sample: Sample) {
        for length in 0..<sample.text.utf8.count {
            let reading = Reading(Array(sample.text.utf8.prefix(length)))
            #expect(reading.replies == [])
            #expect(reading.error == nil)
        }
    }

    @Test("Bytes of all values pass through unchanged")
    func keepsBytes() {
        let bytes = (0..<70_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let text = Array("$\(bytes.count)\r\n".utf8) + bytes + Array("\r\n".utf8)
        for pieceSize in [1_000, 8_192, .max] {
            #expect(Reading(text + text, pieceSize: pieceSize).replies == [.string(bytes), .string(bytes)])
        }
    }

    @Test("Replies before the broken one are given first")
    func givesGoodRepliesFirst() {
        let reading = Reading("+first\r\n:2\r\n:x\r\n+never\r\n")
        #expect(reading.replies == [.status("first"), .integer(2)])
        #expect(reading.error?.code == .malformed)
    }

    @Test("After an error nothing is read any more")
    func staysBroken() {
        var parser = RESPParser()
        Array(":x\r\n".utf8).withUnsafeBytes { parser.feed($0) }
        #expect(throws: RESPError.self) { _ = try parser.next() }
        Array("+OK\r\n".utf8).withUnsafeBytes { parser.feed($0) }
        #expect(throws: RESPError.self) { _ = try parser.next() }
    }

    @Test(
        "What breaks the protocol is an error",
        arguments: [
            ":\r\n", ":x\r\n", ":1x\r\n", ":+1\r\n", ":01\r\n", ":9223372036854775808\r\n", "$x\r\n", "$-2\r\n",
            "$ 1\r\na\r\n",
            "$3\r\nabcde", "$3\r\nabc\r-", "$1\nx\r\n", "$1\rx\r\n", "*x\r\n", "*-2\r\n", "+a\nb\r\n", "-a\rb\r\n",
            "$99999999999999999999999999999999",
        ]
    )
    func refusesMalformed(_ text: String) {
        for pieceSize in [1, .max] {
            let reading = Reading(text, pieceSize: pieceSize)
            #expect(reading.replies == [])
            #expect(reading.error?.code == .malformed)
            #expect(reading.error?.message.contains("The connection cannot go on.") == true)
        }
    }

    @Test("Eight arrays within each other are read, and nine refused")
    func limitsDepth() {
        let eight = String(repeating: "*1\r\n", count: 8) + ":1\r\n"
        #expect(Reading(eight).replies.count == 1)
        #expect(Reading("*1\r\n" + eight).replies == [])
        #expect(Reading("*1\r\n" + eight).error != nil)
        var limits = RESPLimits()
        limits.depth = 2
        #expect(Reading("*1\r\n*1\r\n:1\r\n", limits: limits).error == nil)
        #expect(Reading("*1\r\n*1\r\n*1\r\n:1\r\n", limits: limits).error?.code == .tooDeep)
    }

    @Test("A long string is refused when it is announced, before its bytes come")
    func limitsBulkSize() {
        var limits = RESPLimits()
        limits.bulkSize = 10
        #expect(Reading("$10\r\n0123456789\r\n", limits: limits).error == nil)
        #expect(Reading("$11\r\n", limits: limits).error?.code == .tooLarge)
        #expect(Reading("*2\r\n:1\r\n$11\r\n", limits: limits).error?.code == .tooLarge)
        #expect(Reading("$536870912\r\n").error == nil)
        #expect(Reading("$536870913\r\n").error?.code == .tooLarge)
        #expect(Reading("$9223372036854775807\r\n").error?.code == .tooLarge)
    }

    @Test("All strings of a reply together are limited")
    func limitsReplySize() {
        var limits = RESPLimits()
        limits.replySize = 10
        #expect(Reading("*2\r\n$5\r\n01234\r\n$5\r\n01234\r\n", limits: limits).error == nil)
        #expect(Reading("*2\r\n$5\r\n01234\r\n$6\r\n", limits: limits).error?.code == .tooLarge)
        // The next reply is counted from nothing.
        #expect(Reading("$9\r\n012345678\r\n$9\r\n012345678\r\n", limits: limits).replies.count == 2)
    }

    @Test("Announced elements are refused before there is memory for them")
    func limitsElements() {
        #expect(Reading("*1000000000\r\n").error?.code == .tooManyElements)
        var limits = RESPLimits()
        limits.elements = 4
        #expect(Reading("*4\r\n:1\r\n:1\r\n:1\r\n:1\r\n", limits: limits).replies.count == 1)
        #expect(Reading("*2\r\n*2\r\n:1\r\n:1\r\n*1\r\n", limits: limits).error?.code == .tooManyElements)
    }

    @Test("A line without an end is refused before it fills the memory")
    func limitsLines() {
        var limits = RESPLimits()
        limits.lineLength = 100
        let line = String(repeating: "a", count: 100)
        #expect(Reading("+\(line)\r\n", pieceSize: 1, limits: limits).replies == [.status(line)])
        #expect(Reading("+\(line)a\r\n", limits: limits).error?.code == .tooLarge)
        #expect(Reading("-\(line)aa", limits: limits).error?.code == .tooLarge)
    }

    @Test(
        "The types of RESP3 are read where hiredis knows them",
        .enabled(if: RESPParser.readsRESP3, "hiredis 0.14 reads RESP2 alone"),
        arguments: [
            Sample(text: "_\r\n", value: .null), Sample(text: "#t\r\n", value: .boolean(true)),
            Sample(text: "#f\r\n", value: .boolean(false)), Sample(text: ",1.5\r\n", value: .double(1.5)),
            Sample(text: ",-inf\r\n", value: .double(-.infinity)),
            Sample(text: "(12345678901234567890\r\n", value: .bulk("12345678901234567890")),
            Sample(text: "=7\r\ntxt:abc\r\n", value: .bulk("abc")),
            Sample(text: "%1\r\n+a\r\n:1\r\n", value: .map([.status("a"), .integer(1)])),
            Sample(text: "~2\r\n:1\r\n:2\r\n", value: .set([.integer(1), .integer(2)])),
            Sample(text: ">2\r\n+message\r\n*1\r\n:1\r\n", value: .push([.status("message"), .array([.integer(1)])])),
        ]
    )
    func readsRESP3(_ sample: Sample) {
        for pieceSize in [1, 3, .max] {
            let reading = Reading(sample.text + sample.text, pieceSize: pieceSize)
            #expect(reading.error == nil)
            #expect(reading.replies == [sample.value, sample.value])
        }
    }

    @Test(
        "A type that is not read is an error and no reply",
        arguments: ["|1\r\n+a\r\n+b\r\n", "!3\r\nabc\r\n", "*1\r\n?\r\n"]
    )
    func refusesOtherTypes(_ text: String) {
        #expect(Reading(text).error?.code == .malformed)
        #expect(Reading(text).replies == [])
    }

    @Test("Thousands of parsers come and go, whole, broken and in the middle of a reply")
    func comesAndGoes() {
        for round in 0..<3_000 {
            let text = ["*2\r\n$3\r\nabc\r\n", ":x\r\n", "+OK\r\n", "$100\r\nabc"][round % 4]
            _ = Reading(text)
        }
    }
}
