//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// A master, its replica, and Sentinels that watch both.
final class SentinelGroup: Sendable {
    /// The name that the Sentinels know the master by.
    static let name = "jobs"

    let master: RedisServer
    let replica: RedisServer
    let sentinels: [RedisServer]

    /// Starts all of them, and waits until they know each other.
    ///
    /// - Parameters:
    ///   - count: How many Sentinels there are; most of them have to agree that the master is down.
    ///   - password: The servers' password.
    ///   - sentinelPassword: The Sentinels' own.
    /// - Throws: When one of them does not start.
    init(sentinels count: Int, password: String? = nil, sentinelPassword: String? = nil) async throws {
        let (first, second) = (FreePort.next(), FreePort.next())
        var options = ["--repl-diskless-sync-delay", "0", "--repl-timeout", "5"]
        if let password { options += ["--requirepass", password, "--masterauth", password] }
        master = try RedisServer(options, port: first)
        replica = try RedisServer(options + ["--replicaof", "127.0.0.1 \(first)"], port: second)
        try await replica.said("REPLICA sync: Finished with success")
        var configuration = [
            "sentinel monitor \(Self.name) 127.0.0.1 \(first) \(count / 2 + 1)",
            "sentinel down-after-milliseconds \(Self.name) 500",
            "sentinel failover-timeout \(Self.name) 3000",
        ]
        if let password { configuration.append("sentinel auth-pass \(Self.name) \(password)") }
        if let sentinelPassword {
            configuration += ["requirepass \(sentinelPassword)", "sentinel sentinel-pass \(sentinelPassword)"]
        }
        let text = configuration.joined(separator: "\n") + "\n"
        sentinels = try (0..<count).map { _ in
            try RedisServer(["--sentinel"], port: FreePort.next(), configuration: text)
        }
        for sentinel in sentinels {
            try await sentinel.said("+slave slave 127.0.0.1:\(second)")
            for other in sentinels where other !== sentinel {
                try await sentinel.said("+sentinel sentinel \(other.sentinelID)")
            }
        }
    }

    /// The URL that leads to the master.
    func url(_ options: String = "", user: String = "", master: String = SentinelGroup.name) -> String {
        let hosts = sentinels.map { "127.0.0.1:\($0.port ?? 0)" }.joined(separator: ",")
        return "redis+sentinel://\(user)\(hosts)/\(master)?command_timeout=60s\(options)"
    }
}

extension RedisServer {
    /// What a Sentinel calls itself.
    fileprivate var sentinelID: String {
        guard let start = log.firstRange(of: "Sentinel ID is ") else { return "?" }
        return String(log[start.upperBound...].prefix(40))
    }
}
