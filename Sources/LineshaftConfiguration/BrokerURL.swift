//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// The URL of a broker or result store.
///
/// It may hold a password, so it shows no more of itself than its scheme, however it is printed, logged or dumped.
public struct BrokerURL: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The URL itself.
    public let text: String

    /// Creates a URL; it is checked where it is opened.
    public init(_ text: String) {
        self.text = text
    }

    /// The scheme, and that there is more.
    public var description: String {
        guard let colon = text.firstIndex(of: ":") else { return "…" }
        let scheme = text[..<colon]
        // Without a colon behind a scheme, what looks like one may be the password.
        guard scheme.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) }) else {
            return "…"
        }
        return text[colon...].hasPrefix("://") || text.hasSuffix(":") ? "\(scheme):…" : "…"
    }

    /// The same as the description.
    public var debugDescription: String { description }

    /// Nothing.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
