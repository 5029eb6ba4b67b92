//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

/// Reads what follows the `?` of a Redis URL.
///
/// Its errors quote the options' names and never their values, of which some are passwords.
struct RedisURLOptions {
    let scheme: RedisURLScheme
    private var seen: Set<String> = []
    private var sentinelUser: String?
    private var sentinelPassword: String?
    private var replicasTimeout: Duration?

    init(scheme: RedisURLScheme) {
        self.scheme = scheme
    }

    private static let common = ["prefix", "name", "connect_timeout", "command_timeout"]
    private static let replicated = ["replicas", "replicas_timeout"]
    private static let encrypted = ["ca", "cert", "key", "verify", "server_name"]

    /// The names that the scheme has.
    private var known: [String] {
        var known = Self.common
        switch scheme.form {
        case .server: known += ["db"] + Self.replicated
        case .unix, .machinerySocket: known += ["db"] + Self.replicated
        case .sentinel: known += ["db", "sentinel_user", "sentinel_password"] + Self.replicated
        case .cluster: break
        }
        return scheme.isEncrypted ? known + Self.encrypted : known
    }

    mutating func apply(_ query: Substring, to configuration: inout RedisConfiguration) throws(ConfigurationError) {
        for option in query.split(separator: "&") {
            let encodedName = option.prefix { $0 != "=" }
            let name = PercentCoding.decode(encodedName) ?? ""
            guard known.contains(name) else { throw unknown(name) }
            guard seen.insert(name).inserted else {
                throw error(name, "it is given twice", remedy: "Write it once.")
            }
            guard let value = PercentCoding.decode(option[encodedName.endIndex...].dropFirst()) else {
                throw error(name, "a “%” is not followed by two hexadecimal digits", remedy: "Write a “%” as %25.")
            }
            if value.isEmpty { throw error(name, "it is empty", remedy: "Give it a value, or leave it out.") }
            try apply(name, value, to: &configuration)
        }
        if let sentinelPassword {
            configuration.sentinelCredentials = .init(user: sentinelUser, password: sentinelPassword)
        } else if sentinelUser != nil {
            throw error("sentinel_user", "it has no password", remedy: "Add `sentinel_password`.")
        }
        try checkReplicas(&configuration)
        if let tls = configuration.tls, (tls.certificate == nil) != (tls.key == nil) {
            let missing = tls.key == nil ? "key" : "cert"
            let remedy = "Name the file of the client's certificate in `cert` and that of its key in `key`."
            throw error(missing, "it is missing, for the other of `cert` and `key` is given", remedy: remedy)
        }
    }

    private mutating func apply(
        _ name: String,
        _ value: String,
        to configuration: inout RedisConfiguration
    ) throws(ConfigurationError) {
        switch name {
        case "prefix": configuration.prefix = try checkedPrefix(value)
        case "name": configuration.clientName = try checkedClientName(value)
        case "connect_timeout": configuration.connectTimeout = try duration(name, value)
        case "command_timeout": configuration.commandTimeout = try duration(name, value)
        case "db":
            guard value.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains), let number = Int32(value)
            else {
                throw error(name, "it is not a number", remedy: "Write one such as `db=0`.")
            }
            guard configuration.database == 0 || configuration.database == number else {
                throw error(name, "the path says another database", remedy: "Say it once.")
            }
            configuration.database = Int(number)
        case "ca": configuration.tls?.authorities = value
        case "cert": configuration.tls?.certificate = value
        case "key": configuration.tls?.key = value
        case "server_name": configuration.tls?.serverName = value
        case "verify":
            guard let verification = RedisConfiguration.TLS.Verification(rawValue: value) else {
                throw error(name, "it is none of full, ca and none", remedy: "Leave it out to check everything.")
            }
            configuration.tls?.verification = verification
        case "replicas":
            guard let count = Int(value), (1...100).contains(count) else {
                throw error(name, "it is not a number from 1 to 100", remedy: "Leave it out to wait for no replica.")
            }
            configuration.replicas = .init(count: count)
        case "replicas_timeout": replicasTimeout = try duration(name, value)
        case "sentinel_user": sentinelUser = value
        case "sentinel_password": sentinelPassword = value
        default: throw unknown(name)
        }
    }

    /// Waiting for replicas must end before whoever has asked takes the server for dead.
    private func checkReplicas(_ configuration: inout RedisConfiguration) throws(ConfigurationError) {
        guard var replicas = configuration.replicas else {
            if replicasTimeout == nil { return }
            throw error("replicas_timeout", "there is no `replicas`", remedy: "Say how many, such as `replicas=1`.")
        }
        if let replicasTimeout { replicas.timeout = replicasTimeout }
        guard replicas.timeout < configuration.commandTimeout else {
            let remedy = "Make it shorter than `command_timeout`."
            throw error("replicas_timeout", "a command is given up before it is over", remedy: remedy)
        }
        configuration.replicas = replicas
    }

    private func duration(_ name: String, _ value: String) throws(ConfigurationError) -> Duration {
        guard let duration = DurationText.read(value), duration > .zero else {
            let remedy = "Write it as `500ms`, `5s` or `2m`, at most a day."
            throw error(name, "it is not a time longer than zero", remedy: remedy)
        }
        return duration
    }

    private func checkedPrefix(_ value: String) throws(ConfigurationError) -> String {
        // A brace would be taken for the hash tag that keeps a queue's keys in one slot of a Cluster.
        if value.utf8.count > 100 || value.utf8.contains(where: { $0 < 0x21 || $0 == 0x7F || $0 == 0x7B || $0 == 0x7D })
        {
            let remedy = "Use at most 100 bytes, none of them a space, a control character or a brace."
            throw error("prefix", "it is too long or contains what it may not", remedy: remedy)
        }
        return value
    }

    private func checkedClientName(_ value: String) throws(ConfigurationError) -> String {
        if value.utf8.count > 100 || value.utf8.contains(where: { $0 < 0x21 || $0 > 0x7E }) {
            let remedy = "Redis takes printable ASCII without spaces; use at most 100 characters."
            throw error("name", "it is too long or contains what it may not", remedy: remedy)
        }
        return value
    }

    private func unknown(_ name: String) -> ConfigurationError {
        if Self.encrypted.contains(name) {
            let remedy = "Begin it with rediss://, or leave the option out."
            return error(name, "the URL's scheme does not encrypt", remedy: remedy)
        }
        let which = name.utf8.count <= 32 ? " “\(name)”" : ""
        let message =
            "The Redis URL has an option\(which) that \(scheme.name):// does not know. "
            + "It knows \(known.joined(separator: ", "))."
        return ConfigurationError(code: .invalidURL, message: message)
    }

    private func error(_ name: String, _ problem: String, remedy: String) -> ConfigurationError {
        ConfigurationError(code: .invalidURL, message: "The Redis URL's option `\(name)`: \(problem). \(remedy)")
    }
}
