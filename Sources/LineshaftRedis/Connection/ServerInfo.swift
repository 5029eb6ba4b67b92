//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// What a server says about itself.
package struct ServerInfo: Sendable, Hashable {
    /// How the server stands to others.
    package enum Mode: String, Sendable, Hashable {
        case standalone, cluster, sentinel
    }

    /// Whether the server takes writes.
    package enum Role: String, Sendable, Hashable {
        case primary = "master"
        case replica = "slave"
        case sentinel
    }

    /// The oldest version of Redis that the scripts run on.
    package static let oldestVersion = (major: 6, minor: 2)

    /// The product's name: Redis, Valkey or whatever else speaks the same.
    package var product = "Redis"
    /// The product's version, or `nil` when the user may not ask.
    package var version: String?
    /// The version of Redis that it is compatible with.
    package var redisVersion: String?
    /// How the server stands to others, or `nil` when the user may not ask.
    package var mode: Mode?
    /// Whether the server takes writes, or `nil` when the user may not ask.
    package var role: Role?

    package init() {}

    /// Takes over what `INFO server` answered.
    ///
    /// - Returns: Whether there was a version in it, as there is in every Redis'.
    package mutating func read(info text: String) -> Bool {
        for line in text.split(whereSeparator: \.isNewline) {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = String(line[line.index(after: colon)...])
            switch line[..<colon] {
            case "redis_version": redisVersion = value
            case "valkey_version": (product, version) = ("Valkey", value)
            case "dragonfly_version": (product, version) = ("Dragonfly", value)
            case "redis_mode", "server_mode": mode = Mode(rawValue: value) ?? mode
            default: break
            }
        }
        if version == nil { version = redisVersion }
        return redisVersion != nil
    }

    /// Whether the scripts run on it; `true` when it is not known.
    package var isRecentEnough: Bool {
        guard let parts = redisVersion?.split(separator: ".").prefix(2).map({ Int($0) }), parts.count == 2,
            let major = parts[0], let minor = parts[1]
        else { return true }
        return (major, minor) >= (Self.oldestVersion.major, Self.oldestVersion.minor)
    }
}
