//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The time zones of this machine: files that the package `tzdata` brings.
package struct TimeZoneDatabase: Sendable {
    /// Where the files are looked for, in this order.
    private let folders: [String]

    /// The folders of the system; the one that `TZDIR` names comes first.
    package static let system = TimeZoneDatabase(
        folders: [getenv("TZDIR").map { String(cString: $0) }, "/usr/share/zoneinfo", "/usr/share/lib/zoneinfo"]
            .compactMap { $0 }.filter { !$0.isEmpty }
    )

    /// Creates a database.
    ///
    /// - Parameter folders: Where its files are.
    package init(folders: [String]) {
        self.folders = folders
    }

    /// Reads a zone.
    ///
    /// - Parameter name: The zone. `UTC` needs no file.
    /// - Returns: Its rules.
    /// - Throws: ``ConfigurationError`` with the code `unknownTimeZone` that names zones like it, or `timeZonesUnavailable`
    ///   when there is no database or the zone's file is damaged.
    package func rules(of name: TimeZoneName) throws(ConfigurationError) -> TimeZoneRules {
        if name == .utc { return .utc }
        try name.check()
        for folder in folders {
            guard let bytes = Self.read("\(folder)/\(name)", limit: Self.maximumSize) else { continue }
            return try TimeZoneRules(tzif: bytes, name: name)
        }
        let known = knownNames()
        guard !known.isEmpty || folders.contains(where: { Self.read("\($0)/Etc/UTC", limit: 4_096) != nil }) else {
            throw ConfigurationError(
                code: .timeZonesUnavailable,
                message: "The time zone “\(name)” cannot be looked up, for this machine has no time zone database in "
                    + "\(folders.joined(separator: " or ")). Install the package `tzdata`, or set TZDIR to where its files are."
            )
        }
        let near = Likeness.nearest(to: name.rawValue, among: known, limit: 3).map { "“\($0)”" }
        throw ConfigurationError(
            code: .unknownTimeZone,
            message: "There is no time zone “\(name)”. "
                + (near.isEmpty
                    ? "Use a name of the IANA database, such as “Europe/Berlin” or “UTC”."
                    : "Did you mean \(near.joined(separator: " or "))?")
        )
    }

    /// The largest file that is read; real ones have a few thousand bytes.
    private static let maximumSize = 1 << 20

    /// The names that the database's own lists hold.
    private func knownNames() -> [String] {
        for folder in folders {
            if let bytes = Self.read("\(folder)/tzdata.zi", limit: 8 << 20) {
                let names = String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { line in
                    let words = line.split(separator: " ")
                    if line.hasPrefix("Z "), words.count > 1 { return String(words[1]) }
                    return line.hasPrefix("L ") && words.count > 2 ? String(words[2]) : nil
                }
                if !names.isEmpty { return names }
            }
            if let bytes = Self.read("\(folder)/zone.tab", limit: 8 << 20) {
                let names = String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { line in
                    let words = line.split(separator: "\t")
                    return !line.hasPrefix("#") && words.count > 2 ? String(words[2]) : nil
                }
                if !names.isEmpty { return names }
            }
        }
        return []
    }

    /// Reads a file; `nil` when there is none, or it is larger than the limit or no plain file.
    private static func read(_ path: String, limit: Int) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size <= limit else { return nil }
        return [UInt8](unsafeUninitializedCapacity: Int(status.st_size)) { buffer, count in
            // The system writes no further than the buffer's end, which is where it is told to stop.
            while count < buffer.count, let start = buffer.baseAddress {
                let part = Self.read(file, start + count, buffer.count - count)
                if part <= 0 { break }
                count += part
            }
        }
    }

    private static func read(_ file: Int32, _ start: UnsafeMutablePointer<UInt8>, _ count: Int) -> Int {
        #if canImport(Glibc)
        Glibc.read(file, start, count)
        #elseif canImport(Musl)
        Musl.read(file, start, count)
        #else
        Darwin.read(file, start, count)
        #endif
    }
}
