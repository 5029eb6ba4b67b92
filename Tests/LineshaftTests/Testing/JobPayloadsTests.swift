//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import LineshaftTesting
internal import Testing

private struct Greeting: Job {
    static let name: JobName = "greeting"
    static let version = 3
    var words: [String]

    static func migrate(from old: OldPayload) throws -> Greeting {
        guard old.version == 2 else { throw PermanentFailure("nobody knows version \(old.version) any more") }
        return Greeting(words: [try old.decode(String.self)])
    }
}

private struct Plain: Job {
    static let name: JobName = "plain"
    static let version = 2
    var number: Int
    var comment: String?
}

@Suite("Stored payloads", .timeLimit(.minutes(20)))
struct JobPayloadsTests {
    @Test("Payloads of today and of earlier versions decode as a worker would decode them")
    func decoding() throws {
        #expect(try JobPayloads.decode(Greeting.self, version: 3, json: #"{"words":["a"]}"#).words == ["a"])
        #expect(try JobPayloads.decode(Greeting.self, version: 2, json: #""b""#).words == ["b"])
        #expect(try JobPayloads.decode(Plain.self, version: 1, json: #"{"number":4}"#).number == 4)
    }

    @Test("What a worker would not run is refused with what it would do")
    func refusing() {
        let trials: [(Int, String, [String])] = [
            (4, "{}", ["version 4", "park"]),
            (1, "{}", ["version 1", "nobody knows version 1", "dead letter"]),
            (3, "{}", ["is not a Greeting", "dead letter"]),
        ]
        for (version, json, words) in trials {
            let error = #expect(throws: PayloadError.self) {
                try JobPayloads.decode(Greeting.self, version: version, json: json)
            }
            for word in words { #expect(error?.message.contains(word) == true, "\(error?.message ?? "") \(word)") }
        }
        let old = #expect(throws: PayloadError.self) { try JobPayloads.decode(Plain.self, version: 1, json: "{}") }
        #expect(old?.message.contains("migrate(from:)") == true)
    }

    @Test("Today's payload is written with its name and version, and read again")
    func recording() throws {
        let recorded = try JobPayloads.encode(Plain(number: 1))
        #expect(recorded == RecordedPayload(name: "plain", version: 2, bytes: Array(#"{"number":1}"#.utf8)))
        #expect(recorded.text == #"{"number":1}"#)
        #expect("\(recorded)" == #"plain, version 2: {"number":1}"#)
        #expect(try JobPayloads.decode(Plain.self, recorded).number == 1)
        let error = #expect(throws: PayloadError.self) { try JobPayloads.decode(Greeting.self, recorded) }
        #expect(error?.message.contains("“plain”") == true)
    }
}
