//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Foundation
import Lineshaft
import Testing

/// What `croniter` says of random expressions; see `Tests/Cron/vectors.py`.
@Suite(.timeLimit(.minutes(20)))
struct CronVectorTests {
    private struct Vector {
        let text: String
        let zone: TimeZoneName
        let start: Int64
        /// Minutes from the start's minute; none when nothing ever matches.
        let minutes: [Int64]

        init(_ line: Substring) throws {
            let parts = line.split(separator: "|")
            try #require(parts.count == 3 || parts.count == 4, "\(line)")
            text = String(parts[0])
            zone = parts.count == 4 ? TimeZoneName(String(parts[1])) : .utc
            start = try #require(Int64(parts[parts.count - 2]))
            minutes = parts[parts.count - 1].split(separator: " ").compactMap { Int64($0) }
        }

        var expected: [Int64] { minutes.map { (start / 60 + $0) * 60 } }
    }

    private func vectors(_ name: String = "vectors") throws -> [Vector] {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Cron/\(name).txt")
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map { try Vector($0) }
    }

    @Test
    func `Expressions fire when croniter says in UTC`() throws {
        let vectors = try vectors()
        #expect(vectors.count >= 10_000)
        try compare(vectors)
    }

    @Test
    func `Expressions fire when croniter says in other zones`() throws {
        let vectors = try vectors("zones")
        #expect(vectors.count >= 4_000 && Set(vectors.map(\.zone)).count > 10)
        try compare(vectors)
    }

    private func compare(_ vectors: [Vector]) throws {
        var wrong: [String] = []
        var rules: [TimeZoneName: TimeZoneRules] = [:]
        for zone in Set(vectors.map(\.zone)) { rules[zone] = try TimeZoneDatabase.system.rules(of: zone) }
        for vector in vectors {
            guard let expression = try? CronExpression(vector.text) else {
                if !vector.minutes.isEmpty { wrong.append("\(vector.text) is refused") }
                continue
            }
            var found: [Int64] = []
            var time = Timestamp(millisecondsSinceEpoch: vector.start * 1_000)
            while found.count < vector.minutes.count, let zone = rules[vector.zone],
                let next = expression.next(after: time, by: zone)
            {
                found.append(next.millisecondsSinceEpoch / 1_000)
                time = next
            }
            if found != vector.expected || vector.minutes.isEmpty {
                wrong.append("\(vector.text) in \(vector.zone) behind \(vector.start): \(found)")
            }
        }
        #expect(wrong.isEmpty, "\(wrong.count) are wrong, such as \(wrong.prefix(5))")
    }

    @Test
    func `Every time between two that were found does not match`() throws {
        // Minute by minute, for expressions that fire within a day.
        for vector in try vectors().prefix(3_000) where vector.minutes.last.map({ $0 < 1_440 }) ?? false {
            let expression = try CronExpression(vector.text)
            for minute in 0..<(vector.minutes.last ?? 0) {
                let time = vector.start / 60 + minute
                let next = expression.next(after: Timestamp(millisecondsSinceEpoch: time * 60_000), by: .utc)
                let expected = vector.minutes.first { $0 > minute }.map { (vector.start / 60 + $0) * 60_000 }
                #expect(next?.millisecondsSinceEpoch == expected, "\(vector.text)")
            }
        }
    }
}
