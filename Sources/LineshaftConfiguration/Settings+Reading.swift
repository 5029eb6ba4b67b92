//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import Logging

extension JobSystem.Configuration {
    /// Takes over what is configured.
    mutating func read(_ reader: SettingReader) throws(ConfigurationError) {
        logger.logLevel = try reader.choice(.logLevel) { Logger.Level(rawValue: $0.lowercased()) } ?? logger.logLevel
        tracing = try reader.boolean(.tracing) ?? tracing
        resultRetention = try reader.duration(.resultRetention) ?? resultRetention
        if let limits = try reader.list(.lengthLimits, QueueText.limit) {
            for (name, limit) in limits { lengthLimits[name] = limit }
            try reader.check(.lengthLimits, validate)
        }
        try retry.read(reader)
    }
}

extension RetryPolicy {
    /// Takes over what is configured.
    ///
    /// The backoff is one thing: when any part of it is configured, the parts that are not have their defaults.
    mutating func read(_ reader: SettingReader) throws(ConfigurationError) {
        maximumAttempts = try reader.integer(.retryAttempts) ?? maximumAttempts
        maximumElapsed = try reader.duration(.retryElapsed) ?? maximumElapsed
        let rule = try reader.choice(.retryBackoff, RetryRule.init(rawValue:))
        let base = try reader.duration(.retryBase)
        let maximum = try reader.duration(.retryMaximum)
        if rule != nil || base != nil || maximum != nil {
            backoff = (rule ?? .exponential).backoff(base: base ?? .seconds(1), maximum: maximum ?? .seconds(3_600))
        }
    }
}

extension Worker.Configuration {
    /// Takes over what is configured.
    mutating func read(_ reader: SettingReader) throws(ConfigurationError) {
        name = try reader.text(.workerName) ?? name
        version = try reader.text(.workerVersion) ?? version
        concurrency = try reader.integer(.workerConcurrency) ?? concurrency
        lease = try reader.duration(.workerLease) ?? lease
        prefetch = try reader.integer(.workerPrefetch) ?? prefetch
        poisonLimit = try reader.integer(.workerPoisonLimit) ?? poisonLimit
        steps.maximumValueSize = try reader.integer(.stepsMaximumValueSize) ?? steps.maximumValueSize
        steps.maximumCount = try reader.integer(.stepsMaximumCount) ?? steps.maximumCount
        steps.maximumTotalSize = try reader.integer(.stepsMaximumTotalSize) ?? steps.maximumTotalSize
        parkDelay = try reader.duration(.workerParkDelay) ?? parkDelay
        stuckGrace = try reader.duration(.workerStuckGrace) ?? stuckGrace
        metricsInterval = try reader.duration(.workerMetricsInterval) ?? metricsInterval
        shutdown.finish = try reader.duration(.shutdownFinish) ?? shutdown.finish
        shutdown.cancel = try reader.duration(.shutdownCancel) ?? shutdown.cancel
        shutdown.release = try reader.duration(.shutdownRelease) ?? shutdown.release
    }
}

extension SettingReader {
    /// The queues that a worker serves; `nil` when none is named.
    func queues() throws(ConfigurationError) -> WorkerQueues? {
        guard let entries = try list(.workerQueues, QueueText.served) else { return nil }
        var queues: [QueueName: WorkerQueues.Settings] = [:]
        for (name, settings) in entries {
            if queues.updateValue(settings, forKey: name) != nil {
                throw wrong(.workerQueues, because: "names the queue “\(name)” twice")
            }
        }
        let served = WorkerQueues(queues)
        try check(.workerQueues, served.validate)
        return served
    }

    /// Adds a setting's name to what a check of its value throws.
    func check(_ setting: Setting, _ body: () throws(ConfigurationError) -> Void) throws(ConfigurationError) {
        do throws(ConfigurationError) {
            try body()
        } catch {
            throw ConfigurationError(
                code: error.code,
                message:
                    "In the setting `\(setting.key)` (\(setting.environmentName) in the environment): \(error.message)"
            )
        }
    }
}
