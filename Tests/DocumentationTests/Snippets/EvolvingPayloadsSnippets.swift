//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting
import Testing

struct SendMail: Job {
    static let name: JobName = "mail.send"
    static let version = 3

    /// Since version 2; before that a mail had one recipient.
    var recipients: [String]
    var subject: String
    /// Since version 3.
    var language: String

    static func migrate(from old: OldPayload) throws -> SendMail {
        if old.version == 1 {
            let mail = try old.decode(Version1.self)
            return SendMail(recipients: [mail.to], subject: mail.subject, language: "en")
        }
        let mail = try old.decode(Version2.self)
        return SendMail(recipients: mail.recipients, subject: mail.subject, language: "en")
    }

    private struct Version1: Decodable {
        var to: String
        var subject: String
    }

    private struct Version2: Decodable {
        var recipients: [String]
        var subject: String
    }
}

@Suite("The code of Evolving payloads", .timeLimit(.minutes(20)))
struct EvolvingPayloadsSnippets {
    @Test("Mails that were submitted by earlier versions can still be sent")
    func oldMails() throws {
        let first = try JobPayloads.decode(
            SendMail.self,
            version: 1,
            json: #"{"to": "ada@example.org", "subject": "Hello"}"#
        )
        #expect(first.recipients == ["ada@example.org"])

        let second = try JobPayloads.decode(
            SendMail.self,
            version: 2,
            json: #"{"recipients": ["ada@example.org"], "subject": "Hello"}"#
        )
        #expect(second.language == "en")
    }

    @Test("Today's payload is printed, to be kept")
    func today() throws {
        let mail = SendMail(recipients: ["ada@example.org"], subject: "Hello", language: "fr")
        let payload = try JobPayloads.encode(mail)
        print(payload)

        #expect(try JobPayloads.decode(SendMail.self, payload).language == "fr")
    }
}
