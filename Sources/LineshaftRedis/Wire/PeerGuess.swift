//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// Guesses from the first bytes what answers on a port where Redis was expected.
package enum PeerGuess {
    /// Describes the peer and what to do about it.
    ///
    /// - Parameter bytes: What it sent, from the first byte that no reply can begin with.
    /// - Returns: A sentence or two.
    package static func sentence(for bytes: some Collection<UInt8>) -> String {
        let head = Array(bytes.prefix(64))
        if let name = name(of: head) {
            return "What answers is \(name), not Redis. Check host and port."
        }
        if isTLS(head) {
            return "What answers speaks TLS. Use rediss:// in the URL, or the server's port without TLS."
        }
        return "What answers is not Redis: it sent \(quote(head)). Check host and port."
    }

    private static func name(of head: [UInt8]) -> String? {
        func begins(_ text: StaticString) -> Bool {
            head.count >= text.utf8CodeUnitCount
                && (0..<text.utf8CodeUnitCount).allSatisfy { head[$0] == text.utf8Start[$0] }
        }
        if begins("HTTP/") || begins("<!") || begins("<html") { return "an HTTP server" }
        if begins("SSH-") { return "an SSH server" }
        if begins("AMQP") { return "an AMQP broker such as RabbitMQ" }
        if begins("ERROR\r\n") || begins("CLIENT_ERROR") { return "memcached" }
        // A SETTINGS frame on stream 0: three bytes of length, then type 4.
        if head.count >= 9, head[0] == 0, head[3] == 4, head[5...8].allSatisfy({ $0 == 0 }) {
            return "an HTTP/2 server"
        }
        // A greeting: three bytes of length, packet 0, protocol version 10.
        if head.count >= 6, head[2] == 0, head[3] == 0, head[4] == 10 { return "a MySQL server" }
        if head.count >= 5, head[0] == UInt8(ascii: "E"), head[1] == 0, head[2] == 0 { return "a PostgreSQL server" }
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        if head.count >= 4, head[..<3].allSatisfy(digits.contains), " -".utf8.contains(head[3]) {
            return "a mail or FTP server"
        }
        return nil
    }

    /// Whether a TLS record begins here: an alert or a handshake message of version 3.x.
    private static func isTLS(_ head: [UInt8]) -> Bool {
        head.count >= 3 && (head[0] == 0x15 || head[0] == 0x16) && head[1] == 3 && head[2] <= 4
    }

    /// Writes bytes so that they can be shown: what is printable as it is, the rest in hexadecimal.
    package static func quote(_ bytes: some Collection<UInt8>) -> String {
        var text = "“"
        for byte in bytes.prefix(24) {
            if byte >= 0x20 && byte < 0x7F {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                text += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }
        return text + (bytes.count > 24 ? "…”" : "”")
    }
}
