//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// What is said on a new connection before it is used.
///
/// All commands are sent at once; their replies come in the same order, and the first bad one decides.
package struct Handshake: Sendable {
    /// What to do next.
    package enum Action: Sendable {
        /// Wait for another reply.
        case wait
        /// Use the connection.
        case ready(ServerInfo)
        /// Close the connection.
        case fail(HandshakeFailure)
    }

    /// What the server has to be.
    package enum Expectation: Sendable, Hashable {
        /// A server of its own that takes writes.
        case primary
        /// A node of a Cluster that takes writes.
        case clusterPrimary
        /// A node of a Cluster, whether it takes writes or not.
        case clusterNode
        /// A Sentinel.
        case sentinel
    }

    private enum Step: Sendable {
        case authenticate
        case ping
        case select
        case name
        case info
        case role
    }

    private let address: RedisAddress
    private let credentials: RedisConfiguration.Credentials?
    private let database: Int
    private let clientName: String
    private let expectation: Expectation
    private let steps: [Step]
    private var position = 0
    private var info = ServerInfo()

    /// Creates a handshake.
    ///
    /// - Parameters:
    ///   - address: The server's, for messages.
    ///   - credentials: Who the client says it is.
    ///   - database: The database to select.
    ///   - clientName: The name for `CLIENT LIST`.
    ///   - expectation: What the server has to be.
    package init(
        address: RedisAddress,
        credentials: RedisConfiguration.Credentials?,
        database: Int,
        clientName: String,
        expectation: Expectation
    ) {
        self.address = address
        self.credentials = credentials
        self.database = database
        self.clientName = clientName
        self.expectation = expectation
        var steps: [Step] = credentials == nil ? [] : [.authenticate]
        // A server that is loading its data answers all of the others.
        steps += [.ping, .info]
        if expectation != .sentinel { steps.append(.role) }
        if database != 0 && expectation == .primary { steps.append(.select) }
        steps.append(.name)
        self.steps = steps
    }

    /// The commands to send.
    package var commands: [RESPCommand] {
        steps.map { step in
            switch step {
            case .authenticate:
                if let credentials, let user = credentials.user {
                    ["AUTH", .string(user), .string(credentials.password)]
                } else {
                    ["AUTH", .string(credentials?.password ?? "")]
                }
            case .ping: ["PING"]
            case .info: ["INFO", "server"]
            case .role: ["ROLE"]
            case .select: ["SELECT", .integer(Int64(database))]
            case .name: ["CLIENT", "SETNAME", .string(clientName)]
            }
        }
    }

    /// Whether the server has answered anything.
    package var hasBegun: Bool { position > 0 }

    /// Takes the next reply.
    package mutating func receive(_ reply: RESPValue) -> Action {
        guard position < steps.count else {
            return fail(.notRedis, "\(address) sent more replies than it was sent commands. Check host and port.")
        }
        let step = steps[position]
        position += 1
        let failure: HandshakeFailure?
        if let error = reply.error {
            failure = self.failure(of: step, error)
        } else {
            failure = self.check(reply, of: step)
        }
        if let failure { return .fail(failure) }
        return position == steps.count ? .ready(info) : .wait
    }

    /// Says why a connection has failed whose bytes were no replies.
    package func failure(_ error: RESPError) -> HandshakeFailure {
        HandshakeFailure(reason: .notRedis, message: "\(address) cannot be used. \(error.message)")
    }

    // MARK: Replies

    private mutating func check(_ reply: RESPValue, of step: Step) -> HandshakeFailure? {
        switch step {
        case .authenticate, .select, .name:
            return reply.isOK ? nil : unexpected(reply)
        case .ping:
            return reply == .status("PONG") ? nil : unexpected(reply)
        case .info:
            guard let text = reply.text, info.read(info: text) else { return unexpected(reply) }
            return checkInfo()
        case .role:
            guard let name = reply.elements?.first?.text else { return unexpected(reply) }
            info.role = ServerInfo.Role(rawValue: name)
            return checkRole()
        }
    }

    private func checkInfo() -> HandshakeFailure? {
        if !info.isRecentEnough {
            let oldest = "\(ServerInfo.oldestVersion.major).\(ServerInfo.oldestVersion.minor)"
            let message =
                "\(address) is \(info.product) \(info.redisVersion ?? ""). Update it to Redis \(oldest) or later, or Valkey."
            return HandshakeFailure(reason: .tooOld, message: message)
        }
        let remedy: String? =
            switch (expectation, info.mode) {
            case (_, nil), (.primary, .standalone), (.clusterPrimary, .cluster), (.clusterNode, .cluster),
                (.sentinel, .sentinel):
                nil
            case (_, .sentinel): "is a Sentinel. Use redis+sentinel:// and name the master in the URL's path."
            case (_, .cluster): "is a node of a Cluster. Use redis+cluster:// in the URL."
            case (.clusterPrimary, _), (.clusterNode, _): "is not part of a Cluster. Use redis:// in the URL."
            case (.sentinel, _):
                "is not a Sentinel. Name the Sentinels' ports (26379 by default), or use redis:// in the URL."
            }
        return remedy.map { HandshakeFailure(reason: .wrongTopology, message: "\(address) \($0)") }
    }

    private func checkRole() -> HandshakeFailure? {
        guard info.role == .replica, expectation != .clusterNode else { return nil }
        let remedy =
            expectation == .clusterPrimary
            ? "The Cluster is asked for its master." : "Name its master, or use redis+sentinel:// in the URL."
        let message = "\(address) is a replica and takes no writes. \(remedy)"
        return HandshakeFailure(reason: .readOnly, message: message)
    }

    private func unexpected(_ reply: RESPValue) -> HandshakeFailure {
        HandshakeFailure(
            reason: .notRedis,
            message: "\(address) answers a command with \(reply.kind), as Redis does not. Check host and port."
        )
    }

    // MARK: Errors

    private mutating func fail(_ reason: HandshakeFailure.Reason, _ message: String) -> Action {
        .fail(HandshakeFailure(reason: reason, message: message))
    }

    /// What an error means; `nil` when the connection can be used all the same.
    private func failure(of step: Step, _ error: RedisServerError) -> HandshakeFailure? {
        let who = credentials?.user.map { "user “\($0)”" } ?? "the default user"
        let (reason, text): (HandshakeFailure.Reason, String) =
            switch error.code {
            case "WRONGPASS":
                (
                    .wrongPassword,
                    "refuses the password of \(who), or the user. Check \(whereCredentialsAre) in the URL."
                )
            case "NOAUTH" where credentials == nil:
                (.passwordMissing, "wants a password. \(howToAddPassword)")
            case "NOAUTH": (.wrongPassword, "does not know \(who). Check \(whereCredentialsAre) in the URL.")
            case "DENIED":
                (.protectedMode, "admits only clients of its own host. Set a password there, or `protected-mode no`.")
            case "LOADING": (.loading, "is loading its data. It can be used when it has.")
            case "MASTERDOWN", "READONLY": (.readOnly, "is a replica and takes no writes. Name its master in the URL.")
            case "BUSY": (.loading, "is running a long script. It can be used when that ends; see SCRIPT KILL.")
            case _ where error.line.hasPrefix("ERR max number of clients"):
                (.tooManyClients, "has as many clients as it may. Raise its `maxclients`.")
            case "NOPERM":
                (.notPermitted, "does not let \(who) do what is needed (\(error.line)). Extend the user's ACL.")
            default: Self.meaning(of: step, error, database: database)
            }
        // Who may not ask what the server is, may still use it.
        if reason == .notPermitted && (step != .authenticate && step != .select) { return nil }
        return HandshakeFailure(reason: reason, message: "\(address) \(text)")
    }

    /// Sentinels have users and passwords of their own.
    private var whereCredentialsAre: String {
        expectation == .sentinel ? "sentinel_user= and sentinel_password=" : "user and password"
    }

    private var howToAddPassword: String {
        expectation == .sentinel
            ? "Add sentinel_password= to the URL's options." : "Write `:password@` before the URL's host."
    }

    private static func meaning(
        of step: Step,
        _ error: RedisServerError,
        database: Int
    ) -> (HandshakeFailure.Reason, String) {
        let said = "“\(error.line.prefix(200))”"
        switch step {
        case .authenticate
        where error.line.contains("without any password") || error.line.contains("no password is set"):
            return (
                .passwordUnexpected, "has no password, and was given one. Leave it out of the URL, or check the host."
            )
        case .authenticate where error.line.contains("invalid password"):
            return (.wrongPassword, "refuses the password. Check it in the URL.")
        case .authenticate where error.line.contains("wrong number of arguments"):
            return (.tooOld, "knows no users. Update it to Redis 6.2 or later, or Valkey.")
        case .select:
            return (
                .wrongDatabase,
                "has no database \(database): \(said). Name another in the URL, or raise its `databases`."
            )
        case .authenticate, .ping, .info, .role, .name:
            return (.refused, "refuses to begin: \(said).")
        }
    }
}
