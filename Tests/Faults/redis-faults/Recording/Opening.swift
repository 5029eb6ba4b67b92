//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import LineshaftRedis
internal import LineshaftTesting
internal import Logging

/// Opens Redis, for a process whose calls are recorded or not.
enum Opening {
    /// A job system on a URL.
    ///
    /// - Parameters:
    ///   - url: The server's.
    ///   - recorder: Where to record calls, if they are to be.
    ///   - process: Whose calls they are.
    /// - Returns: The system, once the server is there: one that is starting is tried again.
    /// - Throws: When the server refuses.
    static func system(url: String, recorder: HistoryRecorder? = nil, process: String) async throws -> JobSystem {
        let broker = try await broker(url: url)
        let recorded: any Broker = recorder.map { RecordingBroker(broker, recorder: $0, process: process) } ?? broker
        return try await JobSystem(broker: recorded, configuration: configuration)
    }

    /// A connection for what jobs have nothing to do with.
    static func broker(url: String) async throws -> RedisBroker {
        let environment = BrokerAdapter.Environment(
            clock: configuration.clock,
            resultRetention: configuration.resultRetention,
            logger: configuration.logger
        )
        while true {
            do {
                let connection = try await BrokerAdapter.redis.open(url, environment)
                guard let broker = connection.broker as? RedisBroker else {
                    throw BrokerError(code: .unsupported, message: "\(url) does not lead to Redis.")
                }
                return broker
            } catch let error as BrokerError where error.code == .unavailable {
                try await SystemClock().sleep(for: .milliseconds(20))
            }
        }
    }

    private static var configuration: JobSystem.Configuration {
        var configuration = JobSystem.Configuration()
        configuration.logger = Logger(label: "redis-faults") { StreamLogHandler.standardError(label: $0) }
        configuration.logger.logLevel = .warning
        return configuration
    }
}
