//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

package import Lineshaft

/// Why a connection cannot be used.
package struct HandshakeFailure: Error, Sendable, CustomStringConvertible {
    /// What is in the way.
    package enum Reason: Sendable, Hashable {
        /// User or password is wrong.
        case wrongPassword
        /// The server wants a password and the URL has none.
        case passwordMissing
        /// The server has no password, and was given one.
        case passwordUnexpected
        /// The user may not do what is needed.
        case notPermitted
        /// The server admits clients of its own host alone.
        case protectedMode
        /// There is no such database.
        case wrongDatabase
        /// What answers is not Redis.
        case notRedis
        /// Server and client cannot agree on TLS, or one of the two does not trust the other's certificate.
        case notTrusted
        /// The server is too old.
        case tooOld
        /// The server is part of a Cluster or is none, or is a Sentinel, and the URL says otherwise.
        case wrongTopology
        /// The server is loading its data.
        case loading
        /// The server is a replica, and takes no writes.
        case readOnly
        /// The server has as many clients as it may.
        case tooManyClients
        /// The server closed the connection before it had answered.
        case closed
        /// The server refused a command for a reason of its own.
        case refused
    }

    /// What is in the way.
    package let reason: Reason
    /// What the server said or did, and what to do.
    package let message: String

    package init(reason: Reason, message: String) {
        self.reason = reason
        self.message = message
    }

    package var description: String { message }

    /// Whether the same connection may come about later with nobody doing anything.
    package var mayHeal: Bool {
        switch reason {
        case .loading, .readOnly, .tooManyClients, .closed: true
        case .wrongPassword, .passwordMissing, .passwordUnexpected, .notPermitted, .protectedMode, .wrongDatabase,
            .notRedis, .notTrusted, .tooOld, .wrongTopology, .refused:
            false
        }
    }

    /// The same as an error of the broker.
    package var brokerError: BrokerError {
        BrokerError(code: mayHeal ? .unavailable : .rejected, message: message)
    }
}
