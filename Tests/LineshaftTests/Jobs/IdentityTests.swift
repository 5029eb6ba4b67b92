//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting
import Testing

@Suite(.timeLimit(.minutes(20)))
struct IdentityTests {
    @Test
    func `An identity survives its text`() {
        var generator = Xoshiro256(seed: 3)
        for _ in 0..<500 {
            let id = JobID(high: generator.next(), low: generator.next())
            #expect(JobID(id.description) == id)
            #expect(JobID(id.description.uppercased()) == id)
        }
        #expect(JobID(high: 0, low: 0xFF).description == "00000000-0000-0000-0000-0000000000ff")
    }

    @Test(arguments: [
        "", "x", "00000000-0000-0000-0000-0000000000f", "00000000-0000-0000-0000-0000000000fff",
        "00000000 0000-0000-0000-0000000000ff", "g0000000-0000-0000-0000-0000000000ff",
        "000000000000000000000000000000000000", "00000000-0000-0000-0000-0000000000ff-",
        "ⅰ0000000-0000-0000-0000-00000000000",
    ])
    func `Other texts are no identities`(_ text: String) {
        #expect(JobID(text) == nil)
    }

    @Test
    func `Identities sort by the time of submission and tell it`() {
        var generator = Xoshiro256(seed: 3)
        var last = JobID(high: 0, low: 0)
        for step in 0..<100 {
            let time = VirtualClock.defaultStart + .milliseconds(step)
            let id = JobID(at: time, using: &generator)
            #expect(last < id && id.submissionTime == time)
            #expect(id.description.dropFirst(14).first == "7")
            last = id
        }
        #expect(JobID(at: .distantPast, using: &generator).submissionTime?.nanosecondsSinceEpoch == 0)
    }

    @Test
    func `The same text gives the same identity, another text another`() {
        #expect(JobID(derivedFrom: "a") == JobID(derivedFrom: "a"))
        #expect(JobID(derivedFrom: "a") != JobID(derivedFrom: "b"))
        #expect(JobID(derivedFrom: "a").submissionTime == nil)
        #expect(JobID(derivedFrom: "abc").description == "ba7816bf-8f01-8fea-8141-40de5dae2223")
    }

    @Test
    func `SHA-256 agrees with its standard`() {
        func hex(_ message: [UInt8]) -> String {
            SHA256.hash(message).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
        #expect(hex([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(hex(Array("abc".utf8)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        let two = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
        #expect(hex(Array(two.utf8)) == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
        let million = [UInt8](repeating: 0x61, count: 1_000_000)
        #expect(hex(million) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
        // Lengths around the padding's borders.
        #expect(Set((0...130).map { hex([UInt8](repeating: 0, count: $0)) }).count == 131)
    }

    @Test
    func `Times saturate and never trap`() {
        let year = Duration.seconds(31_536_000)
        #expect(Timestamp.distantFuture + year == .distantFuture)
        #expect(Timestamp.distantPast - year == .distantPast)
        #expect(VirtualClock.defaultStart + .seconds(Int64.max / 2) == .distantFuture)
        #expect(VirtualClock.defaultStart - .seconds(Int64.max / 2) == .distantPast)
        #expect(Timestamp(millisecondsSinceEpoch: .max) == .distantFuture)
        #expect(Timestamp(millisecondsSinceEpoch: .min) == .distantPast)
        #expect(Timestamp(nanosecondsSinceEpoch: -1).millisecondsSinceEpoch == -1)
        #expect(Timestamp(nanosecondsSinceEpoch: 999_999).millisecondsSinceEpoch == 0)
        #expect(Timestamp.distantPast.duration(to: .distantFuture) > year)
        #expect(Duration.seconds(Int64.max / 2).saturatedNanoseconds == .max)
        #expect(Duration.seconds(Int64.min / 2).saturatedNanoseconds == .min)
        #expect(!Timestamp.distantFuture.description.isEmpty && !Timestamp.distantPast.description.isEmpty)
        #expect(VirtualClock.defaultStart.description == "2026-03-02T08:00:00.000Z")
    }

    @Test
    func `A text is cut to bytes between its characters`() {
        #expect("abc".prefix(utf8Count: 3) == "abc")
        #expect("äöü".prefix(utf8Count: 3) == "ä")
        #expect("👩‍👩‍👧x".prefix(utf8Count: 10) == "")
        #expect("x👩‍👩‍👧".prefix(utf8Count: 10) == "x")
        #expect("abc".prefix(utf8Count: 0) == "")
    }
}
