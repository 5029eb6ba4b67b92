//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

package import Lineshaft

/// Finds keys under our scope that mean nothing: a slip of the pen in a file must not be ignored in silence.
package enum KeyCheck {
    /// Checks the keys of a file.
    ///
    /// - Parameter keys: All keys of the file, written with dots.
    /// - Throws: ``ConfigurationError`` that names the first unknown key under `lineshaft`, and the one it may stand for.
    package static func check(_ keys: some Sequence<String>) throws(ConfigurationError) {
        let known = Set(Setting.all.map(\.key))
        let own = keys.filter { $0 == Setting.scope || $0.hasPrefix(Setting.scope + ".") }
        guard let unknown = own.filter({ !known.contains($0) }).min() else { return }
        throw ConfigurationError(
            code: .invalidValue,
            message: "The key `\(unknown)` means nothing to Lineshaft. \(remedy(for: unknown))"
        )
    }

    private static func remedy(for unknown: String) -> String {
        if let whole = Setting.all.first(where: { unknown.hasPrefix($0.key + ".") }) {
            return "`\(whole.key)` has no keys of its own: it must be \(whole.expectation)."
        }
        if Setting.all.contains(where: { $0.key.hasPrefix(unknown + ".") }) {
            return "Its value must be an object with keys of its own."
        }
        let nearest = Setting.all.map { (key: $0.key, distance: distance(unknown, $0.key)) }
            .min { $0.distance < $1.distance }
        if let nearest, nearest.distance <= 3 { return "Did you mean `\(nearest.key)`?" }
        return "Remove it, or move what is your program's own out of `\(Setting.scope)`."
    }

    /// How many characters have to be put in, left out or changed to make one text of the other.
    ///
    /// V. Levenshtein, 1965.
    private static func distance(_ first: String, _ second: String) -> Int {
        let target = Array(second)
        var row = Array(0...target.count)
        for (index, character) in first.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in target.indices {
                let above = row[column + 1]
                let change = diagonal + (character == target[column] ? 0 : 1)
                row[column + 1] = min(change, above + 1, row[column] + 1)
                diagonal = above
            }
        }
        return row[target.count]
    }
}
