//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import LineshaftConfiguration
internal import Logging

/// Everything in settings that can be compared.
struct Values: Equatable {
    let urls: [BrokerURL?]
    let logLevel: Logger.Level
    let tracing: Bool
    let retry: RetryPolicy
    let limits: [QueueName: JobSystem.LengthLimit]
    let names: [String?]
    let numbers: [Int?]
    let durations: [Duration]

    init(_ settings: Settings) {
        urls = [settings.url, settings.results]
        logLevel = settings.system.logger.logLevel
        tracing = settings.system.tracing
        retry = settings.system.retry
        limits = settings.system.lengthLimits
        let worker = settings.worker
        names = [worker.name, worker.version]
        numbers = [
            worker.concurrency, worker.prefetch, worker.poisonLimit, worker.steps.maximumValueSize,
            worker.steps.maximumCount, worker.steps.maximumTotalSize,
        ]
        let shutdown = worker.shutdown
        durations = [
            settings.system.resultRetention, worker.lease, worker.parkDelay, worker.stuckGrace, worker.metricsInterval,
            shutdown.finish, shutdown.cancel, shutdown.release,
        ]
    }
}

extension Settings {
    /// What nothing has been read into.
    static var untouched: Settings {
        get throws { try Settings(from: environment([:])) }
    }
}
