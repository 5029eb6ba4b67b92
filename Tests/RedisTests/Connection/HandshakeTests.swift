//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftRedis
import Testing

@Suite(.timeLimit(.minutes(20)))
struct HandshakeTests {
    private static let address = RedisAddress.tcp(host: "h", port: 6379)
    private static let ok = RESPValue.status("OK")
    private static let pong = RESPValue.status("PONG")
    private static let info = RESPValue.bulk("# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\n")
    private static let primary = RESPValue.array([.bulk("master"), .integer(0), .array([])])

    private static func handshake(
        user: String? = nil,
        password: String? = nil,
        database: Int = 0,
        expectation: Handshake.Expectation = .primary
    ) -> Handshake {
        Handshake(
            address: address,
            credentials: password.map { .init(user: user, password: $0) },
            database: database,
            clientName: "lineshaft",
            expectation: expectation
        )
    }

    private func run(_ handshake: Handshake, _ replies: [RESPValue]) -> Handshake.Action {
        var handshake = handshake
        for reply in replies {
            switch handshake.receive(reply) {
            case .wait: continue
            case let action: return action
            }
        }
        return .wait
    }

    private func failure(_ handshake: Handshake, _ replies: [RESPValue]) -> HandshakeFailure? {
        if case .fail(let failure) = run(handshake, replies) { failure } else { nil }
    }

    @Test("What has to be said is said in one go, and nothing else")
    func saysWhatIsNeeded() {
        let plain: [RESPCommand] = [["PING"], ["INFO", "server"], ["ROLE"], ["CLIENT", "SETNAME", "lineshaft"]]
        #expect(Self.handshake().commands == plain)
        #expect(Self.handshake(password: "pw").commands.first == ["AUTH", "pw"])
        #expect(Self.handshake(user: "u", password: "pw").commands.first == ["AUTH", "u", "pw"])
        #expect(Self.handshake(database: 3).commands.contains(["SELECT", 3]))
        #expect(!Self.handshake(database: 3, expectation: .clusterPrimary).commands.contains(["SELECT", 3]))
        #expect(!Self.handshake(expectation: .sentinel).commands.contains(["ROLE"]))
    }

    @Test("A connection is ready after the last good reply")
    func becomesReady() {
        let replies = [Self.ok, Self.pong, Self.info, Self.primary, Self.ok, Self.ok]
        let handshake = Self.handshake(user: "u", password: "pw", database: 1)
        #expect(handshake.commands.count == replies.count)
        if case .wait = run(handshake, replies.dropLast()) {} else { Issue.record("ready too soon") }
        guard case .ready(let info) = run(handshake, replies) else {
            Issue.record("not ready")
            return
        }
        #expect(info.product == "Redis" && info.version == "7.0.15")
        #expect(info.mode == .standalone && info.role == .primary)
    }

    @Test("Valkey is known by its own name and version")
    func knowsValkey() {
        var info = ServerInfo()
        let text = "redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.0.1\r\nserver_mode:cluster\r\n"
        #expect(info.read(info: text) == true)
        #expect(info.product == "Valkey" && info.version == "8.0.1" && info.redisVersion == "7.2.4")
        #expect(info.mode == .cluster)
    }

    @Test(
        "Versions before 6.2 are too old",
        arguments: [
            ("6.2.0", true), ("6.10.1", true), ("7.0", true), ("10.0.0", true), ("6.0.16", false), ("5.0.7", false),
            ("255.255.255", true), ("unstable", true),
        ]
    )
    func comparesVersions(_ version: String, _ isRecent: Bool) {
        var info = ServerInfo()
        #expect(info.read(info: "redis_version:\(version)\r\n") == true)
        #expect(info.isRecentEnough == isRecent)
        let failure = failure(Self.handshake(), [Self.pong, .bulk("redis_version:\(version)\r\n")])
        #expect((failure?.reason == .tooOld) == !isRecent)
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let line: String
        let reason: HandshakeFailure.Reason
        let words: String
        var testDescription: String { line }
    }

    @Test(
        "What a server answers to the password is said in words",
        arguments: [
            Refusal(
                line: "WRONGPASS invalid username-password pair or user is disabled.",
                reason: .wrongPassword,
                words: "user “u”"
            ),
            Refusal(
                line: "ERR AUTH <password> called without any password configured for the default user. Are you sure?",
                reason: .passwordUnexpected,
                words: "has no password"
            ),
            Refusal(line: "ERR invalid password", reason: .wrongPassword, words: "Check it"),
            Refusal(line: "ERR wrong number of arguments for 'auth' command", reason: .tooOld, words: "6.2"),
            Refusal(line: "DENIED Redis is running in protected mode", reason: .protectedMode, words: "protected-mode"),
            Refusal(line: "ERR max number of clients reached", reason: .tooManyClients, words: "maxclients"),
            Refusal(line: "ERR something else", reason: .refused, words: "something else"),
        ]
    )
    func explainsAuthentication(_ refusal: Refusal) {
        let failure = failure(Self.handshake(user: "u", password: "hunter2"), [.refusal(refusal.line)])
        #expect(failure?.reason == refusal.reason)
        #expect(failure?.message.contains(refusal.words) == true, "\(failure?.message ?? "")")
        #expect(failure?.message.contains("h:6379") == true)
        #expect(failure?.message.contains("hunter2") == false)
    }

    @Test(
        "What a server answers to anything else is said in words",
        arguments: [
            Refusal(line: "NOAUTH Authentication required.", reason: .passwordMissing, words: ":password@"),
            Refusal(line: "LOADING Redis is loading the dataset in memory", reason: .loading, words: "loading"),
            Refusal(line: "MASTERDOWN Link with MASTER is down", reason: .readOnly, words: "replica"),
            Refusal(line: "READONLY You can't write against a read only replica.", reason: .readOnly, words: "replica"),
            Refusal(line: "BUSY Redis is busy running a script.", reason: .loading, words: "SCRIPT KILL"),
            Refusal(line: "ERR unknown command 'PING'", reason: .refused, words: "unknown command"),
        ]
    )
    func explainsRefusals(_ refusal: Refusal) {
        let failure = failure(Self.handshake(), [.refusal(refusal.line)])
        #expect(failure?.reason == refusal.reason)
        #expect(failure?.message.contains(refusal.words) == true, "\(failure?.message ?? "")")
    }

    @Test("A database that is not there is named")
    func explainsDatabases() {
        let replies = [Self.pong, Self.info, Self.primary, RESPValue.refusal("ERR DB index is out of range")]
        let failure = failure(Self.handshake(database: 99), replies)
        #expect(failure?.reason == .wrongDatabase)
        #expect(failure?.message.contains("no database 99") == true)
        #expect(failure?.brokerError.isTransient == false)
    }

    @Test("A replica is refused, and may become a master")
    func refusesReplicas() {
        let replica = RESPValue.array([.bulk("slave"), .bulk("other"), .integer(6379), .bulk("connected"), .integer(1)])
        let failure = failure(Self.handshake(), [Self.pong, Self.info, replica])
        #expect(failure?.reason == .readOnly)
        #expect(failure?.mayHeal == true)
        #expect(failure?.brokerError.isTransient == true)
    }

    @Test("A user who may not ask what the server is may use it all the same")
    func toleratesAccessLists() {
        let denied = RESPValue.refusal("NOPERM this user has no permissions to run the 'info' command")
        guard case .ready(let info) = run(Self.handshake(), [denied, denied, denied, denied]) else {
            Issue.record("not ready")
            return
        }
        #expect(info.version == nil && info.isRecentEnough)
        #expect(
            failure(Self.handshake(database: 1), [Self.pong, Self.info, Self.primary, denied])?.reason == .notPermitted
        )
    }

    @Test(
        "A server that stands otherwise to others than the URL says is refused with the scheme to use",
        arguments: [
            (Handshake.Expectation.primary, "cluster", "redis+cluster://"), (.primary, "sentinel", "redis+sentinel://"),
            (.clusterPrimary, "standalone", "redis://"), (.sentinel, "standalone", "26379"),
            (.sentinel, "cluster", "redis+cluster://"),
        ]
    )
    func refusesTopologies(_ expectation: Handshake.Expectation, _ mode: String, _ words: String) {
        let info = RESPValue.bulk("redis_version:7.0.0\r\nredis_mode:\(mode)\r\n")
        let failure = failure(Self.handshake(expectation: expectation), [Self.pong, info])
        #expect(failure?.reason == .wrongTopology)
        #expect(failure?.message.contains(words) == true)
    }

    @Test("Answers that Redis does not give mean that it is not Redis")
    func recognisesOthers() {
        #expect(failure(Self.handshake(), [.status("HELLO")])?.reason == .notRedis)
        #expect(failure(Self.handshake(), [Self.pong, .bulk("nothing")])?.reason == .notRedis)
        #expect(failure(Self.handshake(), [Self.pong, Self.info, .null])?.reason == .notRedis)
        #expect(failure(Self.handshake(password: "x"), [.integer(1)])?.reason == .notRedis)
        let error = RESPError(code: .notRedis, message: "What answers is an HTTP server.")
        #expect(Self.handshake().failure(error).message.contains("HTTP"))
    }

    @Test("A handshake has begun with the first answer")
    func begins() {
        var handshake = Self.handshake()
        #expect(!handshake.hasBegun)
        _ = handshake.receive(Self.pong)
        #expect(handshake.hasBegun)
    }
}
