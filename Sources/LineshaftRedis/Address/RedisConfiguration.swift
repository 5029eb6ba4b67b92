//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

package import Lineshaft

/// What a URL says about the servers and how to talk to them.
package struct RedisConfiguration: Sendable, Hashable {
    /// Which servers there are and how they divide the work.
    package enum Topology: Sendable, Hashable {
        /// One server, and where else to find it: the addresses are tried in turn.
        case server([RedisAddress])
        /// A master of that name, which the Sentinels at the addresses know.
        case sentinel([RedisAddress], master: String)
        /// A Cluster that some of its nodes lead to.
        case cluster([RedisAddress])
    }

    /// Who the client says it is.
    package struct Credentials: Sendable, Hashable {
        /// The ACL user, or `nil` for the default one.
        package var user: String?
        /// The password.
        package var password: String

        package init(user: String? = nil, password: String) {
            self.user = user
            self.password = password
        }
    }

    /// How the connection is encrypted.
    package struct TLS: Sendable, Hashable {
        /// What of the server's certificate is checked.
        package enum Verification: String, Sendable, Hashable, CaseIterable {
            /// Who signed it, and that it is for this host.
            case full
            /// Who signed it.
            case authority = "ca"
            /// Nothing. Whoever answers is believed.
            case none
        }

        /// A file with the certificates of the authorities to trust, or `nil` for the system's.
        package var authorities: String?
        /// A file with the client's certificate.
        package var certificate: String?
        /// A file with the key of that certificate.
        package var key: String?
        /// What is checked.
        package var verification = Verification.full
        /// The name that the server's certificate has to be for, or `nil` for the host's.
        package var serverName: String?

        package init() {}
    }

    /// How many replicas have to have what is acknowledged.
    package struct Replicas: Sendable, Hashable {
        /// How many.
        package var count: Int
        /// How long to wait for them.
        package var timeout = Duration.seconds(1)

        package init(count: Int) {
            self.count = count
        }
    }

    /// Which servers there are.
    package var topology: Topology
    /// Who the client says it is to Redis.
    package var credentials: Credentials?
    /// Who the client says it is to the Sentinels.
    package var sentinelCredentials: Credentials?
    /// The number of the database.
    package var database = 0
    /// How connections are encrypted, or `nil` when they are not.
    package var tls: TLS?
    /// What all keys begin with.
    package var prefix = "lineshaft"
    /// The name that the connections have in `CLIENT LIST`.
    package var clientName = "lineshaft"
    /// How long to wait for a connection that can be used.
    package var connectTimeout = Duration.seconds(5)
    /// How long to wait for the answer to a command.
    package var commandTimeout = Duration.seconds(10)
    /// What replicas have to have before anything is acknowledged, or `nil` when the server's own word is enough.
    package var replicas: Replicas?

    /// Whether the servers divide the keys between them.
    package var isCluster: Bool {
        if case .cluster = topology { true } else { false }
    }

    /// Creates a configuration of servers that are known by address.
    package init(topology: Topology) {
        self.topology = topology
    }

    /// Reads a URL.
    ///
    /// - Parameter url: A URL of one of ``schemes``.
    /// - Throws: ``ConfigurationError`` that names the part that is wrong, and never contains the password.
    package init(url: String) throws(ConfigurationError) {
        self = try RedisURLParser(url).configuration()
    }

    /// The schemes of URLs that lead to Redis.
    package static var schemes: [String] { RedisURLScheme.all.map(\.name) }
}

extension RedisConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// A URL with `***` for passwords, and without the options that are as they are by default.
    package var description: String {
        var text = RedisURLScheme.name(of: topology, encrypted: tls != nil) + "://"
        if let credentials {
            text += (credentials.user.map { PercentCoding.encode($0) } ?? "") + ":***@"
        }
        var options: [(String, String)] = []
        switch topology {
        case .server(let addresses):
            if case .unix(let path) = addresses.first {
                text += PercentCoding.encode(path, keepsSlashes: true)
                if database != 0 { options.append(("db", String(database))) }
            } else {
                text += hosts(addresses) + "/\(database)"
            }
        case .sentinel(let addresses, let master):
            text += hosts(addresses) + "/" + PercentCoding.encode(master) + "/\(database)"
        case .cluster(let addresses): text += hosts(addresses)
        }
        options += changedOptions
        guard !options.isEmpty else { return text }
        return text + "?" + options.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
    }

    package var debugDescription: String { description }

    /// No children, so that `dump` shows no password either.
    package var customMirror: Mirror { Mirror(self, children: []) }

    private func hosts(_ addresses: [RedisAddress]) -> String {
        addresses.map(\.description).joined(separator: ",")
    }

    private var changedOptions: [(String, String)] {
        let standard = RedisConfiguration(topology: topology)
        var options: [(String, String)] = []
        func add(_ name: String, _ value: String?) {
            if let value { options.append((name, PercentCoding.encode(value, keepsSlashes: true))) }
        }
        add("prefix", prefix == standard.prefix ? nil : prefix)
        add("name", clientName == standard.clientName ? nil : clientName)
        let unchanged = (standard.connectTimeout, standard.commandTimeout)
        add("connect_timeout", connectTimeout == unchanged.0 ? nil : DurationText.write(connectTimeout))
        add("command_timeout", commandTimeout == unchanged.1 ? nil : DurationText.write(commandTimeout))
        if let replicas {
            options.append(("replicas", String(replicas.count)))
            if replicas.timeout != Replicas(count: 1).timeout {
                options.append(("replicas_timeout", DurationText.write(replicas.timeout)))
            }
        }
        add("ca", tls?.authorities)
        add("cert", tls?.certificate)
        add("key", tls?.key)
        if let verification = tls?.verification, verification != .full { add("verify", verification.rawValue) }
        add("server_name", tls?.serverName)
        add("sentinel_user", sentinelCredentials?.user)
        if sentinelCredentials != nil { options.append(("sentinel_password", "***")) }
        return options
    }
}

extension RedisConfiguration.Credentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The user alone.
    package var description: String { user.map { "user “\($0)”" } ?? "the default user" }

    package var debugDescription: String { description }

    /// No children, so that `dump` does not show the password.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
