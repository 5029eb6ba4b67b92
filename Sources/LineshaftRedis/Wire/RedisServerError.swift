//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// What Redis answered to a command that it refused: one line, whose first word is the code.
package struct RedisServerError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The whole line, as the server sent it without its end.
    package let line: String

    package init(line: String) {
        self.line = line
    }

    /// The first word, such as `NOSCRIPT`, `MOVED` or `LOADING`.
    ///
    /// An error that a script made up may begin with any word; then the code is `ERR`, as of an error without one.
    package var code: String {
        let word = line.utf8.prefix { $0 != UInt8(ascii: " ") }
        let isCode = word.allSatisfy { byte in
            (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || byte == UInt8(ascii: "_")
        }
        return isCode && !word.isEmpty ? String(Substring(word)) : "ERR"
    }

    /// Whether the line's first word is `code`, found without a copy of it.
    package func has(code: StaticString) -> Bool {
        let length = code.utf8CodeUnitCount
        var rest = line.utf8[...]
        for offset in 0..<length {
            guard let byte = rest.popFirst(), byte == code.utf8Start[offset] else { return false }
        }
        return rest.isEmpty || rest.first == UInt8(ascii: " ")
    }

    /// What follows the code.
    package var message: String {
        let code = self.code
        guard line.utf8.starts(with: code.utf8) else { return line }
        return String(line.utf8.dropFirst(code.utf8.count).drop { $0 == UInt8(ascii: " ") }) ?? line
    }

    package var description: String { line }

    /// Whether the server is not ready and the same command may succeed soon.
    package var isTransient: Bool {
        has(code: "LOADING") || has(code: "BUSY") || has(code: "TRYAGAIN") || has(code: "CLUSTERDOWN")
            || has(code: "MASTERDOWN")
    }
}
