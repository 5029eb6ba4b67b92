//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import LineshaftRedis

/// What a server says of itself, asked over the broker's own connection.
struct ServerGauge: Sendable {
    private let broker: RedisBroker

    init(_ system: JobSystem) throws {
        guard let broker = system.broker as? RedisBroker else {
            throw BrokerError(code: .unsupported, message: "The URL does not lead to Redis.")
        }
        self.broker = broker
    }

    /// Asks for nothing.
    func ping() async throws {
        _ = try await broker.command(["PING"])
    }

    /// The bytes that the server uses.
    func memory() async throws -> Double {
        try await number("used_memory", in: "memory")
    }

    /// How often the server has carried out commands of some names.
    func calls(of names: [String]) async throws -> [Double] {
        let text = try await broker.command(["INFO", "commandstats"]).text ?? ""
        return names.map { name in
            guard let line = text.split(whereSeparator: \.isNewline).first(where: { $0.hasPrefix("cmdstat_\(name):") }),
                let match = line.firstMatch(of: /calls=(\d+)/)
            else { return 0 }
            return Double(match.1) ?? 0
        }
    }

    /// The processor time of the server's main thread, in seconds.
    private func processorTime() async throws -> Double {
        let info = try await info("cpu")
        return try ["used_cpu_user_main_thread", "used_cpu_sys_main_thread"].reduce(0) { sum, name in
            guard let value = info[name] else {
                throw BrokerError(code: .unsupported, message: "This server does not say what its main thread uses.")
            }
            return sum + value
        }
    }

    /// Times `body`, which does so many operations, here and in the server.
    func reading(_ operations: Int, _ body: () async throws -> Void) async throws -> Reading {
        let before = try await processorTime()
        let speed = try await Speed.measure(operations, body)
        let seconds = try await processorTime() - before
        return Reading(speed: speed, serverMicroseconds: seconds * 1e6 / Double(operations))
    }

    private func number(_ name: String, in section: String) async throws -> Double {
        guard let value = try await info(section)[name] else {
            throw BrokerError(code: .unsupported, message: "This server's INFO \(section) has no \(name).")
        }
        return value
    }

    private func info(_ section: String) async throws -> [String: Double] {
        let text = try await broker.command(["INFO", section]).text ?? ""
        var fields: [String: Double] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { fields[String(parts[0])] = Double(parts[1]) }
        }
        return fields
    }
}

/// How fast something went, and what it cost the server.
struct Reading: Sendable {
    let speed: Speed
    /// The time of the server's main thread for one operation.
    let serverMicroseconds: Double
}
