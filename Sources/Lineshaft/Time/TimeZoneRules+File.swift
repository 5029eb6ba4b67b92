//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension TimeZoneRules {
    /// Reads the bytes of a TZif file (RFC 8536) of any version, trusting none of them.
    ///
    /// - Parameters:
    ///   - bytes: What the file holds.
    ///   - name: The zone's name, for messages.
    /// - Throws: ``ConfigurationError`` with the code `timeZonesUnavailable` that says what is wrong with the file.
    package init(tzif bytes: [UInt8], name: TimeZoneName) throws(ConfigurationError) {
        var reader = FileReader(bytes: bytes[...], name: name)
        let header = try reader.header()
        guard header.version >= 2 else {
            self = try reader.table(header, wide: false, name: name, rule: nil)
            return
        }
        // The first table is for readers that know 32 bits only.
        try reader.skip(header.size(wide: false))
        let second = try reader.header()
        var rest = reader
        try rest.skip(second.size(wide: true))
        self = try reader.table(second, wide: true, name: name, rule: rest.footer())
    }
}

/// Takes a TZif file apart.
private struct FileReader {
    struct Header {
        let version: Int
        let utcCount: Int
        let standardCount: Int
        let leapCount: Int
        let timeCount: Int
        let typeCount: Int
        let characterCount: Int

        /// How many bytes the table behind the header has; the counts have 32 bits, so that nothing overflows.
        func size(wide: Bool) -> Int {
            let width = wide ? 8 : 4
            return timeCount * (width + 1) + typeCount * 6 + characterCount + leapCount * (width + 4) + standardCount
                + utcCount
        }
    }

    var bytes: ArraySlice<UInt8>
    let name: TimeZoneName

    func malformed(_ what: String) -> ConfigurationError {
        ConfigurationError(
            code: .timeZonesUnavailable,
            message: "The file of the time zone “\(name)” cannot be read: \(what). Install the package `tzdata` anew."
        )
    }

    mutating func skip(_ count: Int) throws(ConfigurationError) {
        guard count <= bytes.count else { throw malformed("it breaks off") }
        bytes = bytes.dropFirst(count)
    }

    mutating func number<Number: FixedWidthInteger>(_ type: Number.Type) throws(ConfigurationError) -> Number {
        let width = Number.bitWidth / 8
        guard bytes.count >= width else { throw malformed("it breaks off") }
        var value: Number = 0
        for byte in bytes.prefix(width) { value = value << 8 | Number(truncatingIfNeeded: byte) }
        bytes = bytes.dropFirst(width)
        return value
    }

    mutating func header() throws(ConfigurationError) -> Header {
        guard bytes.starts(with: Array("TZif".utf8)) else { throw malformed("it is no TZif file") }
        try skip(4)
        let letter = try number(UInt8.self)
        guard letter == 0 || letter >= UInt8(ascii: "2") else { throw malformed("its version is unknown") }
        try skip(15)
        var counts: [Int] = []
        for _ in 0..<6 { counts.append(Int(try number(UInt32.self))) }
        let header = Header(
            version: letter == 0 ? 1 : 2,
            utcCount: counts[0],
            standardCount: counts[1],
            leapCount: counts[2],
            timeCount: counts[3],
            typeCount: counts[4],
            characterCount: counts[5]
        )
        return header
    }

    /// Reads the table; `rule` holds after it, or without one its last entry does.
    mutating func table(
        _ header: Header,
        wide: Bool,
        name: TimeZoneName,
        rule: YearlyRule?
    ) throws(ConfigurationError) -> TimeZoneRules {
        guard (1...256).contains(header.typeCount) else {
            throw malformed("it has \(header.typeCount) kinds of local time")
        }
        guard header.leapCount == 0 else {
            throw malformed("it counts leap seconds, which timestamps do not; use the zone without “right/” in front")
        }
        // Before anything is reserved for what the counts promise.
        guard header.size(wide: wide) <= bytes.count else { throw malformed("it breaks off") }
        var transitions: [Int64] = []
        transitions.reserveCapacity(header.timeCount)
        for _ in 0..<header.timeCount {
            let time = wide ? try number(Int64.self) : Int64(try number(Int32.self))
            if let last = transitions.last, time <= last { throw malformed("its transitions are not in order") }
            transitions.append(time)
        }
        var types: [Int] = []
        types.reserveCapacity(header.timeCount)
        for _ in 0..<header.timeCount {
            let type = Int(try number(UInt8.self))
            guard type < header.typeCount else { throw malformed("a transition leads to no kind of local time") }
            types.append(type)
        }
        var kinds: [Int64] = []
        for _ in 0..<header.typeCount {
            let offset = Int64(try number(Int32.self))
            guard abs(offset) < TimeZoneRules.maximumOffset else {
                throw malformed("a local time is \(offset) seconds away from UTC")
            }
            kinds.append(offset)
            try skip(2)
        }
        return TimeZoneRules(
            name: name,
            transitions: transitions,
            offsets: types.map { kinds[$0] },
            firstOffset: kinds.first ?? 0,
            rule: rule
        )
    }

    /// The rule in the last line, or `nil` when the line is empty.
    func footer() throws(ConfigurationError) -> YearlyRule? {
        guard bytes.first == UInt8(ascii: "\n"), let end = bytes.dropFirst().firstIndex(of: UInt8(ascii: "\n")) else {
            throw malformed("it has no last line")
        }
        let text = String(decoding: bytes[(bytes.startIndex + 1)..<end], as: UTF8.self)
        if text.isEmpty { return nil }
        guard let rule = YearlyRule(text) else {
            throw malformed("its last line, \(String(reflecting: String(text.prefix(80)))), is no rule")
        }
        return rule
    }
}
