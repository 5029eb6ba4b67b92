//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import LineshaftRedis
import Testing

@Suite(.timeLimit(.minutes(20)))
struct ClusterTests {
    private let asked = RedisAddress.tcp(host: "asked", port: 7000)

    private func node(_ host: RESPValue, _ port: Int64) -> RESPValue { .array([host, .integer(port), .bulk("id")]) }

    private func range(_ first: Int64, _ last: Int64, _ nodes: RESPValue...) -> RESPValue {
        .array([.integer(first), .integer(last)] + nodes)
    }

    @Test(
        "A key's slot is that of its hash tag, if it has one",
        arguments: [
            ("123456789", 12_739), ("foo", 12_182), ("{foo}.a", 12_182), ("x{foo}y{bar}", 12_182), ("", 0),
            ("foo{}{bar}", 8_363), ("foo{{bar}}zap", 4_015), ("lineshaft:{default}:ready", 5_718),
            ("lineshaft:{default}:leases", 5_718),
        ]
    )
    func hashesKeys(_ key: String, _ slot: Int) {
        #expect(ClusterSlot(key: key).number == slot)
    }

    @Test("The checksum is the CRC-16 of XMODEM")
    func computesChecksums() {
        #expect(ClusterSlot.checksum("123456789".utf8) == 0x31C3)
        #expect(ClusterSlot(-1) == nil && ClusterSlot(16_384) == nil && ClusterSlot(16_383)?.number == 16_383)
    }

    @Test(
        "Redirections name slot and node",
        arguments: [
            ("MOVED 3999 127.0.0.1:6381", true, 3999, "127.0.0.1:6381"), ("ASK 0 h:1", false, 0, "h:1"),
            ("MOVED 1 ::1:6381", true, 1, "[::1]:6381"), ("MOVED 1 :6381", true, 1, "asked:6381"),
            ("MOVED 1 ?:6381", true, 1, "asked:6381"),
        ]
    )
    func readsRedirections(_ line: String, _ isMove: Bool, _ number: Int, _ address: String) throws {
        let redirection = try #require(Redirection(RedisServerError(line: line), asked: asked))
        #expect(redirection.address.description == address)
        switch redirection {
        case .moved(let slot, _): #expect(isMove && slot.number == number)
        case .ask(let slot, _): #expect(!isMove && slot.number == number)
        }
    }

    @Test(
        "What only looks like a redirection is none",
        arguments: [
            "MOVED", "MOVED 1", "MOVED x h:1", "MOVED 16384 h:1", "MOVED -1 h:1", "MOVED 1 h", "MOVED 1 h:0",
            "MOVED 1 h:65536",
            "MOVED 1 h:x", "MOVED 1 h:1 x", "ERR MOVED 1 h:1", "ASKING 1 h:1",
        ]
    )
    func refusesOthers(_ line: String) {
        #expect(Redirection(RedisServerError(line: line), asked: asked) == nil)
    }

    @Test("The answer to CLUSTER SLOTS says who has what")
    func readsSlots() throws {
        let reply = RESPValue.array([
            range(0, 5_460, node(.bulk("a"), 1), node(.bulk("replica"), 2)), range(5_461, 10_000, node(.null, 7_001)),
            range(10_002, 16_383, node(.bulk("a"), 1)),
        ])
        var map = try SlotMap(clusterSlots: reply, asked: asked)
        let a = RedisAddress.tcp(host: "a", port: 1)
        let own = RedisAddress.tcp(host: "asked", port: 7_001)
        #expect(map.masters == [a, own])
        #expect(map.uncovered == 1)
        #expect(map[try #require(ClusterSlot(5_460))] == a)
        #expect(map[try #require(ClusterSlot(5_461))] == own)
        let gap = try #require(ClusterSlot(10_001))
        #expect(map[gap] == nil)
        map.move(gap, to: .tcp(host: "new", port: 3))
        #expect(map[gap] == .tcp(host: "new", port: 3))
        #expect(map.uncovered == 0 && map.masters.count == 3)
        #expect(SlotMap().uncovered == 16_384 && SlotMap().masters == [])
    }

    @Test("A map takes any number of moves")
    func movesForEver() throws {
        var map = SlotMap()
        let slot = try #require(ClusterSlot(7))
        for port in 1...40_000 { map.move(slot, to: .tcp(host: "h", port: port)) }
        #expect(map[slot] == .tcp(host: "h", port: 40_000))
        #expect(map.masters == [.tcp(host: "h", port: 40_000)])
    }

    @Test("An answer to CLUSTER SLOTS that is none is refused")
    func refusesMalformedSlots() {
        for reply in [
            RESPValue.null, .integer(1), .array([.integer(1)]), .array([range(0, 1)]),
            .array([range(1, 0, node(.bulk("a"), 1))]),
            .array([range(0, 16_384, node(.bulk("a"), 1))]), .array([range(-1, 1, node(.bulk("a"), 1))]),
            .array([range(0, 1, node(.bulk("a"), 0))]), .array([range(0, 1, node(.integer(1), 1))]),
            .array([range(0, 1, .null)]), .array([range(0, 1, .array([.bulk("a")]))]),
        ] {
            #expect(throws: SlotMap.Malformed.self) { try SlotMap(clusterSlots: reply, asked: asked) }
        }
    }

    @Test("Sentinels name the master and each other")
    func readsSentinels() {
        let master = RESPValue.array([.bulk("10.0.0.1"), .bulk("6380")])
        #expect(SentinelReply.masterAddress(master) == .tcp(host: "10.0.0.1", port: 6380))
        for reply in [
            RESPValue.null, .array([.bulk("a")]), .array([.bulk("a"), .bulk("0")]), .array([.bulk(""), .bulk("1")]),
        ] {
            #expect(SentinelReply.masterAddress(reply) == nil)
        }
        let sentinels = RESPValue.array([
            .array([
                .bulk("name"), .bulk("x"), .bulk("ip"), .bulk("10.0.0.2"), .bulk("port"), .bulk("26379"), .bulk("odd"),
            ]),
            .array([.bulk("ip"), .bulk("10.0.0.3")]), .null,
        ])
        #expect(SentinelReply.sentinelAddresses(sentinels) == [.tcp(host: "10.0.0.2", port: 26379)])
        #expect(
            SentinelReply.masterQuery("m").encoded == RESPCommand(["SENTINEL", "GET-MASTER-ADDR-BY-NAME", "m"]).encoded
        )
        #expect(SentinelReply.sentinelsQuery("m").words.count == 3)
    }

    @Test(
        "A switch to another master is understood",
        arguments: [
            ("m 10.0.0.1 6379 10.0.0.2 6380", "10.0.0.2:6380"), ("other 10.0.0.1 6379 10.0.0.2 6380", nil),
            ("m 1 2 3", nil),
            ("m 10.0.0.1 6379 10.0.0.2 x", nil), ("", nil),
        ]
    )
    func readsSwitches(_ payload: String, _ address: String?) {
        #expect(SentinelReply.newMaster(Array(payload.utf8), of: "m")?.description == address)
    }
}
