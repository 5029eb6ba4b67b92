//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// How far a stream has come.
///
/// It goes through the phases once, and may leave out all but the last two.
enum StreamPhase: Sendable {
    /// Nobody has asked for a connection.
    case idle
    /// Addresses are looked up and tried.
    case connecting
    /// Bytes travel.
    case open
    /// It is of no use any more, and the system has yet to let go of it.
    case closing(UVError)
    /// It is gone.
    case closed(UVError)

    var isOpen: Bool {
        if case .open = self { true } else { false }
    }

    var isConnecting: Bool {
        if case .connecting = self { true } else { false }
    }

    /// Why it closes or has closed.
    var reason: UVError? {
        switch self {
        case .idle, .connecting, .open: nil
        case .closing(let reason), .closed(let reason): reason
        }
    }

    mutating func connect() {
        guard case .idle = self else {
            preconditionFailure("A stream connects once; make a new one for a new connection.")
        }
        self = .connecting
    }

    mutating func opened() {
        guard case .connecting = self else { preconditionFailure("Only a stream that connects can have connected.") }
        self = .open
    }

    /// Begins to close, and says whether it had not before.
    mutating func close(_ reason: UVError) -> Bool {
        guard self.reason == nil else { return false }
        self = .closing(reason)
        return true
    }

    /// Ends, and says why; `nil` when it had ended before.
    mutating func end() -> UVError? {
        guard case .closing(let reason) = self else { return nil }
        self = .closed(reason)
        return reason
    }
}
