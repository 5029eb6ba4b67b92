//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// How like two names are, for messages that say what somebody may have meant.
enum Likeness {
    /// The names most like one that is not there.
    ///
    /// - Parameters:
    ///   - name: The name that is not there.
    ///   - names: Those that are.
    ///   - limit: The most names that are wanted.
    /// - Returns: The nearest first; none when nothing is like it.
    static func nearest(to name: String, among names: [String], limit: Int) -> [String] {
        let wanted = name.lowercased()
        let lastPart = wanted.split(separator: "/").last.map(String.init) ?? wanted
        let rated = names.compactMap { candidate -> (name: String, distance: Int)? in
            let lowercased = candidate.lowercased()
            let ending = lowercased.split(separator: "/").last.map(String.init) ?? lowercased
            // Of a city that was named without its continent, or with another one, only the last part is like it.
            let distance = min(distance(wanted, lowercased), distance(lastPart, ending) + 1)
            return distance <= max(2, wanted.count / 4) ? (candidate, distance) : nil
        }
        return rated.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(limit).map(\.name)
    }

    /// How many bytes have to be put in, taken out or replaced to make one text of the other.
    private static func distance(_ one: String, _ other: String) -> Int {
        let one = Array(one.utf8)
        let other = Array(other.utf8)
        var row = Array(0...other.count)
        for (index, byte) in one.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for position in other.indices {
                let replaced = diagonal + (byte == other[position] ? 0 : 1)
                diagonal = row[position + 1]
                row[position + 1] = min(replaced, diagonal + 1, row[position] + 1)
            }
        }
        return row[other.count]
    }
}
