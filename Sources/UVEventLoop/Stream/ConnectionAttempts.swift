//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// The attempts to reach one address: what to try next, for how long, and what to say when nothing helped.
///
/// It knows neither sockets nor clocks; times are durations since any fixed moment.
struct ConnectionAttempts: Sendable {
    /// Where one attempt goes.
    enum Candidate: Sendable {
        case internet(SocketAddress)
        case unix(path: String)
    }

    /// What has to be done next.
    enum Action: Sendable {
        /// Connect, and give up when that takes longer than `limit`.
        case connect(Candidate, limit: Duration?)
        /// Wait, then ask for the next attempt; the listener is busy.
        case pause(Duration)
        /// Give up for good.
        case fail(UVError)
    }

    /// The first pause after which a busy listener is tried again, and the longest.
    static let pauses = (first: Duration.milliseconds(1), longest: Duration.milliseconds(50))

    private let address: UVAddress
    private let deadline: Duration?
    private let timeout: Duration?
    private var candidates: ArraySlice<Candidate>
    private var failures: [(candidate: Candidate, status: FailedStatus)] = []
    private var pause = Self.pauses.first

    /// Begins.
    ///
    /// - Parameters:
    ///   - address: What is to be reached, for messages.
    ///   - candidates: Where it may be reached, best first; at least one.
    ///   - timeout: The time for all attempts together, the look-up of the name included.
    ///   - start: When the first attempt, or the look-up before it, has begun.
    init(_ address: UVAddress, at candidates: [Candidate], timeout: Duration?, since start: Duration) {
        self.address = address
        self.candidates = candidates[...]
        self.timeout = timeout
        deadline = timeout.map { start + $0 }
    }

    /// The attempt that comes next.
    ///
    /// Those that are left share the time that is left, so that one that never answers does not keep the others from
    /// being tried.
    func next(at now: Duration) -> Action {
        guard let candidate = candidates.first else { return .fail(failure) }
        guard let deadline else { return .connect(candidate, limit: nil) }
        guard now < deadline else { return .fail(timedOut) }
        return .connect(candidate, limit: (deadline - now) / candidates.count)
    }

    /// Notes that the present attempt has failed.
    mutating func fail(_ status: FailedStatus, at now: Duration) -> Action {
        if case .unix = candidates.first, status == .tryAgain {
            // The listener is there; its queue of connections is full.
            let wait = deadline.map { min(pause, max($0 - now, .zero)) } ?? pause
            pause = min(pause * 2, Self.pauses.longest)
            return .pause(wait)
        }
        if let candidate = candidates.popFirst() { failures.append((candidate, status)) }
        return next(at: now)
    }

    /// Notes that the present attempt has taken too long.
    mutating func expire(at now: Duration) -> Action {
        fail(.timedOut, at: now)
    }

    private var timedOut: UVError {
        UVError.connectionTimedOut(address, after: timeout ?? .zero)
    }

    private var failure: UVError {
        guard let last = failures.last else {
            return UVError(code: .unresolved, message: "The host of “\(address)” has no address; check its name.")
        }
        if failures.count == 1 {
            if last.status == .timedOut, timeout != nil { return timedOut }
            return UVError(last.status, "Cannot connect to \(address)", advice: Self.advice(for: last))
        }
        let reasons = failures.map { "\(Self.name($0.candidate)): \($0.status.explanation) (\($0.status.name))" }
        return UVError(
            code: last.status.code,
            message: "Cannot connect to \(address), which has \(failures.count) addresses; "
                + "\(reasons.joined(separator: "; ")); \(Self.advice(for: last)).",
            name: last.status.name
        )
    }

    private static func name(_ candidate: Candidate) -> String {
        switch candidate {
        case .internet(let address): address.digits
        case .unix(let path): path
        }
    }

    private static func advice(for failure: (candidate: Candidate, status: FailedStatus)) -> String {
        switch (failure.status.code, failure.candidate) {
        case (.refused, .unix): "check that the server runs and that this is the path of its socket"
        case (.refused, .internet): "check that the server runs and listens on this host and port"
        case (.denied, .unix): "check who may use the socket and the folders above it"
        case (.denied, .internet): "check the firewall"
        case (.unreachable, _), (.timedOut, _): "check the host and the network between"
        default: "check the address and the server"
        }
    }
}

extension UVError {
    static func connectionTimedOut(_ address: UVAddress, after timeout: Duration) -> UVError {
        UVError(
            code: .timedOut,
            message: "Connecting to \(address) took longer than \(timeout); check the host and the network between, or "
                + "allow more time.",
            name: FailedStatus.timedOut.name
        )
    }
}
