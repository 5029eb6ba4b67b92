//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension String {
    /// As many of the first characters as fit into `limit` bytes of UTF-8.
    package func prefix(utf8Count limit: Int) -> String {
        if utf8.count <= limit { return self }
        var end = utf8.index(startIndex, offsetBy: max(limit, 0))
        // Back to where a character begins.
        while end > startIndex && String.Index(end, within: self) == nil { end = utf8.index(before: end) }
        return String(self[..<end])
    }
}
