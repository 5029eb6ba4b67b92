//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import LineshaftConfiguration
internal import Testing

@Suite("Values as people write them", .timeLimit(.minutes(20)))
struct TextTests {
    @Test(
        "Durations have whole numbers with units, large ones first",
        arguments: [
            ("8s", Duration.seconds(8)), ("250ms", .milliseconds(250)), ("1h", .seconds(3_600)),
            ("2m30s", .seconds(150)),
            ("1d2h3m4s5ms6us7ns", .seconds(93_784) + .nanoseconds(5_006_007)), ("0s", .zero), ("90m", .seconds(5_400)),
            ("36525d", .seconds(36_525 * 86_400)),
        ]
    )
    func durations(text: String, duration: Duration) {
        #expect(DurationText.parse(text) == duration)
    }

    @Test(
        "What is no duration is refused, and so is one that no type could hold",
        arguments: [
            "", "8", "0", "s", "8 s", "-8s", "+8s", "1.5s", "8S", "8sec", "30s2m", "1s1s", "ms", "8s ", "1e3s", "8s5",
            "36526d", "9223372036854775807d", "99999999999999999999s", "36525d1ns", "٣s",
        ]
    )
    func noDurations(text: String) {
        #expect(DurationText.parse(text) == nil)
    }

    @Test(
        "A duration is written as it is read",
        arguments: ["0s", "8s", "1h", "2m30s", "100ms", "1d1ns", "23h59m59s999ms999us999ns", "36525d"]
    )
    func roundTrip(text: String) throws {
        #expect(DurationText.text(try #require(DurationText.parse(text))) == text)
    }

    @Test("A served queue has a concurrency, and a weight if it is not 1")
    func served() throws {
        let plain = try #require(QueueText.served("default=10"))
        #expect(plain.name == "default" && plain.settings == .init(concurrency: 10))
        let weighted = try #require(QueueText.served("imports=2:3"))
        #expect(weighted.name == "imports" && weighted.settings == .init(concurrency: 2, weight: 3))
        #expect(QueueText.served("a=b:c=2:3")?.name == "a=b:c")
    }

    @Test("A queue's limit says what happens when it is full")
    func limits() throws {
        #expect(QueueText.limit("imports=1000")?.limit == .init(maximumLength: 1_000))
        #expect(QueueText.limit("imports=1000:suspend")?.limit == .init(maximumLength: 1_000))
        #expect(QueueText.limit("mail=50:fail")?.limit == .init(maximumLength: 50, whenFull: .fail))
    }

    @Test(
        "What is no queue is refused",
        arguments: [
            "", "default", "=10", "default=", "default=ten", "default=1:2:3", "default=1:", "default=:1", "a=1.5",
        ]
    )
    func noQueues(text: String) {
        #expect(QueueText.served(text) == nil)
        #expect(QueueText.limit(text) == nil)
    }

    @Test("A limit knows no other reaction")
    func noReaction() {
        #expect(QueueText.limit("a=1:drop") == nil)
    }
}

@Suite("A broker's URL", .timeLimit(.minutes(20)))
struct BrokerURLTests {
    @Test(
        "It shows its scheme and nothing else",
        arguments: [
            ("redis://user:hunter2@host:6379/0", "redis:…"), ("memory:", "memory:…"), ("hunter2", "…"),
            ("user:hunter2@host", "…"), ("://hunter2", ":…"), ("", "…"), ("hunter two://host", "…"),
        ]
    )
    func shown(text: String, description: String) {
        let url = BrokerURL(text)
        #expect(url.text == text)
        #expect(url.description == description)
        #expect(url.debugDescription == description)
        var dumped = ""
        dump(url, to: &dumped)
        #expect(!dumped.contains("hunter2") && !String(reflecting: [url]).contains("hunter2"))
    }
}
