//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Testing

@testable import UVEventLoop

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

@Suite(.timeLimit(.minutes(20)))
struct ConnectionAttemptsTests {
    private typealias Candidate = ConnectionAttempts.Candidate

    private func internet(_ digits: String...) -> [Candidate] {
        digits.compactMap { SocketAddress(host: $0, port: 7) }.map { .internet($0) }
    }

    private func limit(_ action: ConnectionAttempts.Action) -> Duration? {
        if case .connect(_, let limit) = action { limit } else { nil }
    }

    private func target(_ action: ConnectionAttempts.Action) -> String? {
        if case .connect(.internet(let address), _) = action { address.digits } else { nil }
    }

    private func error(_ action: ConnectionAttempts.Action) -> UVError? {
        if case .fail(let error) = action { error } else { nil }
    }

    private func pause(_ action: ConnectionAttempts.Action) -> Duration? {
        if case .pause(let duration) = action { duration } else { nil }
    }

    @Test
    func `Addresses are tried in order, share the time that is left, and are all named in the end`() throws {
        var attempts = ConnectionAttempts(
            .tcp(host: "db", port: 7),
            at: internet("::1", "10.0.0.1", "10.0.0.2"),
            timeout: .seconds(9),
            since: .seconds(100)
        )
        let first = attempts.next(at: .seconds(100))
        #expect(target(first) == "::1" && limit(first) == .seconds(3))
        let second = attempts.fail(FailedStatus(-ECONNREFUSED), at: .seconds(101))
        #expect(target(second) == "10.0.0.1" && limit(second) == .seconds(4))
        let third = attempts.expire(at: .seconds(105))
        #expect(target(third) == "10.0.0.2" && limit(third) == .seconds(4))
        let last = try #require(error(attempts.fail(FailedStatus(-EHOSTUNREACH), at: .seconds(106))))
        #expect(last.code == .unreachable && last.name == "EHOSTUNREACH")
        for part in ["db:7", "3 addresses", "::1: connection refused", "10.0.0.1: connection timed out", "10.0.0.2"] {
            #expect(last.message.contains(part), "\(last)")
        }
    }

    @Test
    func `Time that has run out ends it, and without a limit it never does`() throws {
        let address = UVAddress.tcp(host: "db", port: 7)
        var limited = ConnectionAttempts(address, at: internet("10.0.0.1"), timeout: .seconds(1), since: .zero)
        #expect(error(limited.next(at: .seconds(2)))?.code == .timedOut)
        #expect(error(limited.expire(at: .seconds(1)))?.message.contains("1.0 seconds") == true)
        var unlimited = ConnectionAttempts(address, at: internet("10.0.0.1", "10.0.0.2"), timeout: nil, since: .zero)
        let first = unlimited.next(at: .seconds(1_000_000))
        #expect(target(first) == "10.0.0.1" && limit(first) == nil)
        #expect(target(unlimited.fail(.timedOut, at: .seconds(2_000_000))) == "10.0.0.2")
    }

    @Test
    func `A host without addresses is a failure`() {
        let attempts = ConnectionAttempts(.tcp(host: "db", port: 7), at: [], timeout: nil, since: .zero)
        #expect(error(attempts.next(at: .zero))?.code == .unresolved)
    }

    @Test
    func `A busy listener is tried again after pauses that grow, until the time is over`() {
        var attempts = ConnectionAttempts(
            .unix(path: "/s"),
            at: [.unix(path: "/s")],
            timeout: .seconds(1),
            since: .zero
        )
        var pauses: [Duration] = []
        for _ in 0..<8 { pauses.append(pause(attempts.fail(.tryAgain, at: .zero)) ?? .zero) }
        #expect(pauses == [1, 2, 4, 8, 16, 32, 50, 50].map { .milliseconds($0) })
        #expect(pause(attempts.fail(.tryAgain, at: .milliseconds(990))) == .milliseconds(10))
        #expect(error(attempts.next(at: .seconds(1)))?.code == .timedOut)
    }

    @Test
    func `Addresses in digits are known as such, and names are not`() {
        #expect(SocketAddress(host: "127.0.0.1", port: 1)?.digits == "127.0.0.1")
        #expect(SocketAddress(host: "2001:db8::7", port: 1)?.digits == "2001:db8::7")
        #expect(SocketAddress(host: "localhost", port: 1) == nil)
        #expect(SocketAddress(host: "1.2.3", port: 1) == nil)
        #expect("\(UVAddress.tcp(host: "::1", port: 5))" == "[::1]:5")
    }

    @Test
    func `A stream goes through its phases once`() {
        var phase = StreamPhase.idle
        phase.connect()
        #expect(phase.isConnecting && phase.reason == nil)
        phase.opened()
        #expect(phase.isOpen)
        #expect(given(phase.end()) == nil)
        #expect(given(phase.close(.cancelled)))
        #expect(given(!phase.close(.loopClosed("a"))))
        #expect(!phase.isOpen && phase.reason == .cancelled)
        #expect(given(phase.end()) == .cancelled)
        #expect(given(phase.end()) == nil)
        #expect(phase.reason == .cancelled)
    }

    /// The value of a call that changes something, which the macros of Testing cannot take apart.
    private func given<Value>(_ value: Value) -> Value { value }
}
