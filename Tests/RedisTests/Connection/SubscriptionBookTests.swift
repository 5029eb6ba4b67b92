//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import LineshaftRedis
import Testing

@Suite(.timeLimit(.minutes(20)))
struct SubscriptionBookTests {
    private func confirmation(_ channel: String, _ count: Int64 = 1) -> RESPValue {
        .array([.bulk("subscribe"), .bulk(channel), .integer(count)])
    }

    private func message(_ channel: String, _ payload: String) -> RESPValue {
        .array([.bulk("message"), .bulk(channel), .bulk(payload)])
    }

    @Test("The first listener subscribes and the last one unsubscribes")
    func countsListeners() {
        var book = SubscriptionBook()
        #expect(book.connected() == [])
        #expect(book.listen(to: "a") == ["SUBSCRIBE", "a"])
        #expect(book.listen(to: "a") == nil)
        #expect(book.stopListening(to: "a") == nil)
        #expect(book.stopListening(to: "a") == ["UNSUBSCRIBE", "a"])
        #expect(book.stopListening(to: "a") == nil)
        #expect(book.stopListening(to: "b") == nil)
        #expect(book.wanted == [])
    }

    @Test("A channel can be relied on when the server says so")
    func establishes() {
        var book = SubscriptionBook()
        _ = book.connected()
        _ = book.listen(to: "a")
        #expect(!book.isEstablished("a"))
        #expect(book.receive(confirmation("a")) == .established(channel: "a"))
        #expect(book.isEstablished("a"))
        #expect(book.receive(message("a", "hello")) == .message(channel: "a", payload: Array("hello".utf8)))
    }

    @Test("Of a channel that was left and joined again only the last confirmation counts")
    func countsConfirmations() {
        var book = SubscriptionBook()
        _ = book.connected()
        _ = book.listen(to: "a")
        #expect(book.stopListening(to: "a") == ["UNSUBSCRIBE", "a"])
        #expect(book.listen(to: "a") == ["SUBSCRIBE", "a"])
        #expect(book.receive(confirmation("a")) == .nothing)
        #expect(book.receive(.array([.bulk("unsubscribe"), .bulk("a"), .integer(0)])) == .nothing)
        #expect(!book.isEstablished("a"))
        #expect(book.receive(confirmation("a")) == .established(channel: "a"))
    }

    @Test("A new connection gets every subscription that somebody listens to")
    func restores() {
        var book = SubscriptionBook()
        #expect(book.listen(to: "b") == nil)
        _ = book.listen(to: "a")
        _ = book.listen(to: "gone")
        _ = book.stopListening(to: "gone")
        #expect(book.connected() == [["SUBSCRIBE", "a", "b"]])
        #expect(book.receive(confirmation("a")) == .established(channel: "a"))
        book.disconnected()
        #expect(!book.isEstablished("a"))
        #expect(book.connected() == [["SUBSCRIBE", "a", "b"]])
        #expect(book.receive(confirmation("a")) == .established(channel: "a"))
        #expect(book.receive(confirmation("b", 2)) == .established(channel: "b"))
    }

    @Test("Many subscriptions are restored in several commands")
    func restoresInParts() {
        var book = SubscriptionBook()
        for number in 0..<600 { _ = book.listen(to: RedisChannel(Array("c\(number)".utf8))) }
        let commands = book.connected()
        #expect(commands.map(\.words.count) == [257, 257, 89])
        #expect(Set(commands.flatMap { $0.words.dropFirst() }).count == 600)
    }

    @Test("A message to a channel that was just left is dropped")
    func dropsLateMessages() {
        var book = SubscriptionBook()
        _ = book.connected()
        _ = book.listen(to: "a")
        _ = book.stopListening(to: "a")
        #expect(book.receive(message("a", "late")) == .nothing)
        #expect(book.receive(confirmation("a")) == .nothing)
        #expect(book.receive(message("never", "x")) == .nothing)
    }

    @Test("What is no message closes the connection with a reason")
    func refusesOthers() {
        var book = SubscriptionBook()
        for reply in [
            RESPValue.integer(1), .null, .array([]), .array([.bulk("message"), .bulk("a")]),
            .array([.integer(1), .null, .null]),
            .array([.bulk("subscribe"), .null, .integer(1)]), .refusal("ERR no"), .status("OK"),
        ] {
            if case .failed(let reason) = book.receive(reply) {
                #expect(!reason.isEmpty)
            } else {
                Issue.record("\(reply)")
            }
        }
    }

    @Test("A PING is answered with subscriptions and without")
    func answersPings() {
        var book = SubscriptionBook()
        #expect(book.receive(.status("PONG")) == .pong)
        #expect(book.receive(.array([.bulk("pong"), .bulk("")])) == .pong)
        #expect(
            PubSubMessage(.array([.bulk("unsubscribe"), .null, .integer(0)])) == .unsubscribed(channel: nil, count: 0)
        )
        #expect(
            PubSubMessage(.push([.bulk("message"), .bulk("a"), .bulk("b")])) == .message(channel: "a", payload: [98])
        )
    }
}
