//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import LineshaftRedis
import Testing

@Suite(.timeLimit(.minutes(20)))
struct PeerGuessTests {
    struct Peer: Sendable, CustomTestStringConvertible {
        let bytes: [UInt8]
        let words: String
        var testDescription: String { words }

        init(_ text: String, _ words: String) {
            bytes = Array(text.utf8)
            self.words = words
        }

        init(_ bytes: [UInt8], _ words: String) {
            self.bytes = bytes
            self.words = words
        }
    }

    @Test(
        "What else answers on a port is called by its name",
        arguments: [
            Peer("HTTP/1.1 400 Bad Request\r\n\r\n", "an HTTP server"), Peer("<!DOCTYPE html>", "an HTTP server"),
            Peer("SSH-2.0-OpenSSH_9.2\r\n", "an SSH server"), Peer("AMQP\0\0\u{9}\u{1}", "RabbitMQ"),
            Peer([0x15, 3, 3, 0, 2, 2, 40], "speaks TLS"), Peer([0x16, 3, 1, 0, 200], "speaks TLS"),
            Peer("220 mail.example ESMTP\r\n", "a mail or FTP server"), Peer("ERROR\r\n", "memcached"),
            Peer([0, 0, 18, 4, 0, 0, 0, 0, 0, 0, 3], "an HTTP/2 server"),
            Peer([74, 0, 0, 0, 10] + Array("8.0.36".utf8), "a MySQL server"),
            Peer([69, 0, 0, 0, 100, 83], "a PostgreSQL server"),
            Peer([1, 2, 65], "“\\x01\\x02A”"), Peer("\r\n", "not Redis"),
        ]
    )
    func namesThePeer(_ peer: Peer) {
        let reading = Reading(peer.bytes)
        #expect(reading.error?.code == .notRedis)
        #expect(reading.error?.message.contains(peer.words) == true, "\(reading.error?.message ?? "no error")")
    }

    @Test("A server that has answered as Redis does is not taken for another")
    func believesWhoAnswered() {
        let error = Reading("+OK\r\nHTTP/1.1 200 OK\r\n").error
        #expect(error?.code == .malformed)
        #expect(error?.message.contains("HTTP server") == false)
    }
}
