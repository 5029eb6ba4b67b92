//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// A scheme of URLs that lead to Redis.
struct RedisURLScheme: Sendable {
    /// What stands behind the colon and the slashes.
    enum Form: Sendable {
        case server, unix, machinerySocket, sentinel, cluster
    }

    let name: String
    let form: Form
    let isEncrypted: Bool

    /// All of them; of two for the same, the one to write comes first.
    static let all = [
        RedisURLScheme(name: "redis", form: .server, isEncrypted: false),
        RedisURLScheme(name: "rediss", form: .server, isEncrypted: true),
        RedisURLScheme(name: "redis+unix", form: .unix, isEncrypted: false),
        RedisURLScheme(name: "redis+socket", form: .machinerySocket, isEncrypted: false),
        RedisURLScheme(name: "redis+sentinel", form: .sentinel, isEncrypted: false),
        RedisURLScheme(name: "rediss+sentinel", form: .sentinel, isEncrypted: true),
        RedisURLScheme(name: "redis+cluster", form: .cluster, isEncrypted: false),
        RedisURLScheme(name: "rediss+cluster", form: .cluster, isEncrypted: true),
    ]

    /// The port when none is given.
    var port: Int { form == .sentinel ? 26379 : 6379 }

    /// The name of the scheme that a topology is written with.
    static func name(of topology: RedisConfiguration.Topology, encrypted: Bool) -> String {
        let start = encrypted ? "rediss" : "redis"
        return switch topology {
        case .server(let addresses): if case .unix = addresses.first { "redis+unix" } else { start }
        case .sentinel: start + "+sentinel"
        case .cluster: start + "+cluster"
        }
    }
}
