//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// A file in a zip archive, as `unzip -Z -s` lists it.
package struct ArchiveEntry: Sendable, Hashable {
    /// The name, with the folders before it.
    package let name: String
    /// How large the archive says it is.
    package let size: Int64

    /// Reads a listing.
    ///
    /// - Parameter listing: What `unzip -Z -s` prints: two lines about the archive, one for each entry, and one with totals.
    /// - Returns: The files; folders are left out.
    /// - Throws: ``ArchiveProblem`` when there is something among them that is refused.
    package static func entries(inListing listing: String) throws(ArchiveProblem) -> [ArchiveEntry] {
        var entries: [ArchiveEntry] = []
        var names: Set<String> = []
        for line in listing.split(separator: "\n").dropFirst(2).dropLast() {
            guard let entry = try ArchiveEntry(line: line) else { continue }
            guard names.insert(entry.name).inserted else {
                throw ArchiveProblem("the name “\(entry.name)” stands in it twice")
            }
            entries.append(entry)
        }
        return entries
    }

    /// Reads a line such as `-rw-r--r--  3.0 unx     1234 tx defN 25-Nov-21 23:15 orders/march.csv`; `nil` for a folder.
    private init?(line: Substring) throws(ArchiveProblem) {
        let words = line.split(separator: " ", maxSplits: 8, omittingEmptySubsequences: true)
        guard words.count == 9, let size = Int64(words[3]), let kind = words[0].first else {
            throw ArchiveProblem("its list has a line that is not understood: “\(line)”")
        }
        let name = String(words[8])
        try Self.check(name)
        guard kind != "d" else { return nil }
        if kind == "l" { throw ArchiveProblem("“\(name)” is a symbolic link") }
        guard kind == "-" || kind == "?" else { throw ArchiveProblem("“\(name)” is no file") }
        if words[4].first?.isUppercase == true { throw ArchiveProblem("“\(name)” is encrypted") }
        self.init(name: name, size: size)
    }

    package init(name: String, size: Int64) {
        self.name = name
        self.size = size
    }

    /// Refuses names that somebody who unpacks elsewhere would regret, and those that `unzip` prints otherwise than they are.
    private static func check(_ name: String) throws(ArchiveProblem) {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        if parts.contains("..") || name.hasPrefix("/") {
            throw ArchiveProblem("the name “\(name)” leads out of the archive's folder")
        }
        if name.contains("^") || name.contains("\\") || name.contains("#U") || name.contains("?") {
            throw ArchiveProblem("the name “\(name)” has characters that are not allowed")
        }
    }

    /// The name as a pattern that matches nothing else.
    package var pattern: String {
        name.map { "*[-".contains($0) ? "[\($0)]" : String($0) }.joined()
    }
}
