//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Foundation
import Lineshaft
import Testing

@Suite(.timeLimit(.minutes(20)))
struct TimeZoneRulesTests {
    private static let zones = TimeZone.knownTimeZoneIdentifiers.sorted()

    private func offset(_ zone: TimeZone, at seconds: Int64) -> Int64 {
        Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(seconds))))
    }

    @Test(arguments: [
        "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "Pacific/Apia",
        "Europe/Dublin", "Africa/Casablanca", "Asia/Tehran", "Asia/Kathmandu", "America/St_Johns", "Africa/Cairo",
        "America/Nuuk", "Asia/Gaza", "Pacific/Chatham", "Antarctica/Troll", "America/Santiago", "Etc/GMT+5",
    ])
    func `Offsets are those of Foundation around every transition from 1970 to 2100`(_ name: String) throws {
        let rules = try TimeZoneDatabase.system.rules(of: TimeZoneName(name))
        let zone = try #require(TimeZone(identifier: name))
        let end: Int64 = 4_102_444_800
        var time: Int64 = 0
        var changes = 0
        while time < end {
            let period = rules.period(at: time)
            #expect(period.start <= time && time < period.end)
            if period.end == .max { break }
            for second in [period.end - 1, period.end, period.end + 1, period.end - 3_600, period.end + 3_600]
            where second > 0 && second < end {
                #expect(rules.offset(at: second) == offset(zone, at: second), "\(name) at \(second)")
            }
            changes += 1
            time = period.end
        }
        // Nor does anything change in between, which would show at one of these.
        for second in stride(from: Int64(0), to: end, by: 86_400 * 5 + 1_234) {
            #expect(rules.offset(at: second) == offset(zone, at: second), "\(name) at \(second)")
        }
        #expect(changes > 20 || name.hasPrefix("Etc") || name == "Asia/Kathmandu")
    }

    @Test
    func `Offsets of all zones are those of Foundation`() throws {
        var count = 0
        for name in Self.zones {
            guard let zone = TimeZone(identifier: name) else { continue }
            let rules: TimeZoneRules
            do throws(ConfigurationError) {
                rules = try TimeZoneDatabase.system.rules(of: TimeZoneName(name))
            } catch {
                // Foundation may know names that the machine's package leaves out.
                #expect(error.code == .unknownTimeZone, "\(error)")
                continue
            }
            count += 1
            let wrong = stride(from: Int64(0), to: 4_102_444_800, by: 86_400 * 37 + 12_345).filter {
                rules.offset(at: $0) != offset(zone, at: $0)
            }
            #expect(wrong.isEmpty, "\(name) at \(wrong.prefix(3))")
        }
        #expect(count > 300)
    }

    @Test
    func `What clocks show leads back to the same moment`() throws {
        for name in ["Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia", "America/Sao_Paulo"] {
            let rules = try TimeZoneDatabase.system.rules(of: TimeZoneName(name))
            var last = Int64.min
            // Ten years, every quarter of an hour and a bit.
            for local in stride(from: Int64(1_262_304_000), to: 1_577_836_800, by: 907) {
                let time = rules.instant(ofLocal: local)
                #expect(time >= last, "\(name) \(local)")
                last = time
                let shown = time + rules.offset(at: time)
                // Skipped times lead to the end of the gap, which is later.
                #expect(shown == local || (shown > local && rules.period(at: time).start == time), "\(name) \(local)")
            }
        }
    }

    @Test
    func `UTC needs no file`() throws {
        let database = TimeZoneDatabase(folders: [])
        #expect(try database.rules(of: "UTC").offset(at: 1_000_000_000) == 0)
    }

    // MARK: Names

    private func failure(_ name: TimeZoneName, in database: TimeZoneDatabase = .system) -> ConfigurationError? {
        do throws(ConfigurationError) {
            _ = try database.rules(of: name)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        ("Europe/Berlinn", "“Europe/Berlin”"), ("europe/berlin", "“Europe/Berlin”"), ("Berlin", "“Europe/Berlin”"),
        ("America/NewYork", "“America/New_York”"),
    ])
    func `An unknown zone is named, with zones like it`(_ name: String, _ suggestion: String) throws {
        let error = try #require(failure(TimeZoneName(name)))
        #expect(error.code == .unknownTimeZone)
        #expect(error.message.hasPrefix("There is no time zone “\(name)”. Did you mean"), "\(error)")
        #expect(error.message.contains(suggestion), "\(error)")
    }

    @Test
    func `A zone like no other is named with an example`() throws {
        let error = try #require(failure("Middle-earth/Hobbiton_Upon_Water"))
        #expect(error.message.contains("such as “Europe/Berlin”"))
    }

    @Test(arguments: [
        "", "../etc/passwd", "/etc/passwd", "Europe//Berlin", "Europe/", "a\u{0}b", "Europe/Berlin ", "é",
    ])
    func `A name that leads elsewhere is no name`(_ name: String) throws {
        #expect(try #require(failure(TimeZoneName(name))).code == .unknownTimeZone)
    }

    @Test
    func `A folder is no zone`() throws {
        #expect(try #require(failure("Europe")).code == .unknownTimeZone)
    }

    @Test
    func `A machine without a database says what to install`() throws {
        let error = try #require(failure("Europe/Berlin", in: TimeZoneDatabase(folders: ["/nonexistent"])))
        #expect(error.code == .timeZonesUnavailable)
        #expect(error.message.contains("/nonexistent") && error.message.contains("Install the package `tzdata`"))
    }
}
