//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Foundation
import Lineshaft
import Testing

/// Files that are not as they should be, and some that merely are unusual.
@Suite(.timeLimit(.minutes(20)))
struct TimeZoneFileTests {
    private func berlin() throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/Europe/Berlin")))
    }

    private func message(_ bytes: [UInt8]) -> String? {
        do throws(ConfigurationError) {
            _ = try TimeZoneRules(tzif: bytes, name: "Test/Zone")
            return nil
        } catch {
            return error.code == .timeZonesUnavailable ? error.message : "another code"
        }
    }

    /// A file with one table of version 1, or two tables and a last line.
    private func file(
        version: UInt8 = 0,
        counts: [UInt32] = [0, 0, 0, 0, 1, 4],
        body: [UInt8] = [0, 0, 0x0E, 0x10, 0, 0] + Array("CET\0".utf8),
        footer: String? = nil
    ) -> [UInt8] {
        func header(_ counts: [UInt32]) -> [UInt8] {
            Array("TZif".utf8) + [version] + [UInt8](repeating: 0, count: 15)
                + counts.flatMap { count in (0..<4).reversed().map { UInt8(count >> ($0 * 8) & 0xFF) } }
        }
        guard version > 0 else { return header(counts) + body }
        return header([0, 0, 0, 0, 0, 0]) + header(counts) + body + Array("\n\(footer ?? "")\n".utf8)
    }

    @Test
    func `A file that breaks off anywhere is refused`() throws {
        let whole = try berlin()
        #expect(message(whole) == nil)
        for length in 0..<whole.count { #expect(message(Array(whole.prefix(length))) != nil, "\(length)") }
    }

    @Test
    func `No change of a byte makes it trap`() throws {
        let whole = try berlin()
        var generator = Xoshiro256(seed: 7)
        for _ in 0..<20_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            guard let rules = try? TimeZoneRules(tzif: bytes, name: "Test/Zone") else { continue }
            let time = Int64.random(in: -9_000_000_000...9_000_000_000, using: &generator)
            let period = rules.period(at: time)
            #expect(period.start <= time && time < period.end)
            _ = rules.instant(ofLocal: time)
        }
    }

    @Test
    func `Random bytes are no zone`() {
        var generator = Xoshiro256(seed: 8)
        for _ in 0..<5_000 {
            let count = Int.random(in: 0..<400, using: &generator)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            #expect(message(bytes)?.contains("it is no TZif file") == true || count < 4)
            _ = message(Array("TZif2".utf8) + bytes)
        }
    }

    @Test
    func `Absurd counts are refused before anything is reserved`() {
        let huge = UInt32.max
        for index in 0..<6 {
            var counts: [UInt32] = [0, 0, 0, 0, 1, 4]
            counts[index] = huge
            #expect(message(file(counts: counts)) != nil)
            #expect(message(file(version: 0x32, counts: counts)) != nil)
        }
        #expect(message(file(counts: [huge, huge, huge, huge, huge, huge])) != nil)
        #expect(message(file(counts: [0, 0, 0, 0, 0, 0], body: []))?.contains("0 kinds of local time") == true)
    }

    @Test
    func `A file of version 1 has a table and nothing after it`() throws {
        let rules = try TimeZoneRules(tzif: file(), name: "Test/Zone")
        #expect(rules.offset(at: 0) == 3_600 && rules.offset(at: 9_000_000_000) == 3_600)
    }

    @Test(arguments: [UInt8(ascii: "2"), UInt8(ascii: "3"), UInt8(ascii: "4"), UInt8(ascii: "9")])
    func `Later versions have a last line`(_ version: UInt8) throws {
        let bytes = file(version: version, footer: "CET-1CEST,M3.5.0,M10.5.0/3")
        let rules = try TimeZoneRules(tzif: bytes, name: "Test/Zone")
        // 1 July and 1 December 2026.
        #expect(rules.offset(at: 1_782_864_000) == 7_200 && rules.offset(at: 1_796_083_200) == 3_600)
    }

    @Test(arguments: [
        "CET", "CET-25", "CE-1", "CET-1CEST,M3.5.0", "CET-1CEST", "CET-1CEST,M13.5.0,M10.5.0",
        "CET-1CEST,M3.6.0,M10.5.0",
        "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,J0,J365", "CET-1CEST,366,1", "CET-1CEST,M3.5.0/168,M10.5.0", "<CET-1",
        "CET-1CEST,M3.5.0,M10.5.0/3x", "CET-1:60", "é-1",
    ])
    func `A last line that is no rule is refused`(_ footer: String) {
        #expect(message(file(version: 0x33, footer: footer))?.contains("is no rule") == true)
    }

    @Test
    func `A rule may begin summer time when it ends, or by the number of a day`() throws {
        // Summer all year round, as RFC 8536 writes it.
        let always = try TimeZoneRules(tzif: file(version: 0x33, footer: "XXX3EDT4,0/0,J365/23"), name: "Test/Zone")
        for time in stride(from: Int64(1_767_225_600), to: 1_830_297_600, by: 3_599) {
            #expect(always.offset(at: time) == -4 * 3_600, "\(time)")
        }
        // Days 60 to 300 without leap days, from 1 March to 27 October.
        let numbered = try TimeZoneRules(
            tzif: file(version: 0x32, footer: "<A+0>0<B+1>-1,J60/0,J300/0"),
            name: "Test/Zone"
        )
        for (year, day) in [(2027, "2027-03-01 00:00"), (2028, "2028-03-01 00:00")] {
            let start = LocalTime.parse(day).millisecondsSinceEpoch / 1_000
            #expect(numbered.offset(at: start - 1) == 0 && numbered.offset(at: start) == 3_600, "\(year)")
        }
    }

    @Test
    func `Transitions out of order, unknown kinds and leap seconds are refused`() {
        let two: [UInt8] = [0, 0, 0, 9, 0, 0, 0, 8] + [0, 0] + [0, 0, 0, 0, 0, 0] + Array("UTC\0".utf8)
        #expect(message(file(counts: [0, 0, 0, 2, 1, 4], body: two))?.contains("not in order") == true)
        let unknown: [UInt8] = [0, 0, 0, 9] + [7] + [0, 0, 0, 0, 0, 0] + Array("UTC\0".utf8)
        #expect(message(file(counts: [0, 0, 0, 1, 1, 4], body: unknown))?.contains("no kind of local time") == true)
        let far: [UInt8] = [0x7F, 0xFF, 0xFF, 0xFF, 0, 0] + Array("UTC\0".utf8)
        #expect(message(file(body: far))?.contains("seconds away from UTC") == true)
        let leap = Array(repeating: UInt8(0), count: 8)
        #expect(message(file(counts: [0, 0, 1, 0, 1, 4]) + leap)?.contains("leap seconds") == true)
    }
}
