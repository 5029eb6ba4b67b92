//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// A script with the name that Redis keeps it under.
package struct RedisScript: Sendable, Hashable {
    /// The Lua source.
    package let source: String
    /// What the script is called by.
    package let digest: ScriptDigest

    /// Creates a script and computes its digest, so keep it.
    package init(source: String) {
        self.source = source
        digest = ScriptDigest(of: source)
    }

    /// The command that loads the script.
    package var load: RESPCommand { ["SCRIPT", "LOAD", .string(source)] }
}

/// What to do when a server does not know a script, as after a restart, a failover or `SCRIPT FLUSH`.
///
/// Commands of a connection are carried out in order, so the loading and the second call are sent together. Calls that
/// were under way when the first one came back share its loading. One of these belongs to each connection.
package struct ScriptFallback: Sendable {
    /// What to do with the reply to a script's call.
    package enum Action: Sendable, Hashable {
        /// It is the answer.
        case deliver
        /// Send ``RedisScript/load``, whose reply goes to ``loaded(_:reply:)``, and then the call again.
        case loadAndRepeat
        /// Send the call again: the script is being loaded.
        case `repeat`
    }

    /// How often one call may find its script missing.
    ///
    /// A server that forgets at once what it loaded is out of order.
    private static let attempts = 3

    private var loading: Set<ScriptDigest> = []

    package init() {}

    /// A call of a script was answered.
    ///
    /// - Parameters:
    ///   - digest: The script's.
    ///   - reply: The server's answer.
    ///   - attempt: How often this call has been sent, from 1.
    /// - Returns: What to do with it.
    package mutating func answered(_ digest: ScriptDigest, reply: RESPValue, attempt: Int) -> Action {
        guard case .error(let error) = reply, error.has(code: "NOSCRIPT"), attempt < Self.attempts else {
            return .deliver
        }
        return loading.insert(digest).inserted ? .loadAndRepeat : .repeat
    }

    /// The loading of a script was answered.
    ///
    /// - Returns: Why the script cannot be called, if so.
    package mutating func loaded(_ digest: ScriptDigest, reply: RESPValue) -> RedisServerError? {
        loading.remove(digest)
        return reply.error
    }

    /// The connection is gone; another may lead to a server that knows the scripts.
    package mutating func disconnected() {
        loading = []
    }
}
