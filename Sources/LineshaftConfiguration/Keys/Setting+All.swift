//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

package import Lineshaft
internal import Logging

extension Setting {
    private static let system = JobSystem.Configuration()
    private static let worker = Worker.Configuration()
    private static let moment = Duration.milliseconds(100)

    package static let url = Setting("url", .secret, "The broker.")
    package static let results = Setting(
        "results",
        .secret,
        "Where outcomes are kept, if not with the broker. Every process of the queue needs the same."
    )
    package static let logLevel = Setting(
        "logLevel",
        .choice(Logger.Level.allCases.map(\.rawValue)),
        default: Logger.Level.info.rawValue,
        "The least important log lines that are written."
    )
    package static let tracing = Setting(
        "tracing",
        .boolean,
        default: String(system.tracing),
        "Whether spans are made when a tracer has been bootstrapped."
    )
    package static let resultRetention = Setting(
        "resultRetention",
        .duration(atLeast: .zero),
        default: DurationText.text(system.resultRetention),
        "How long outcomes are kept when neither job nor call says otherwise."
    )
    package static let lengthLimits = Setting(
        "lengthLimits",
        .queues(example: "imports=1000,mail=50:fail"),
        "How long queues may grow before `submit` waits, or with `:fail` throws."
    )
    package static let retryAttempts = Setting(
        "retry.attempts",
        .integer(1...Int.max),
        default: String(system.retry.maximumAttempts),
        "The most attempts at a job, the first one included, when nobody says otherwise."
    )
    package static let retryBackoff = Setting(
        "retry.backoff",
        .choice(RetryRule.allCases.map(\.rawValue)),
        default: RetryRule.exponential.rawValue,
        "How the wait between attempts grows."
    )
    package static let retryBase = Setting(
        "retry.base",
        .duration(atLeast: .zero),
        default: DurationText.text(.seconds(1)),
        "The first wait, or the step or unit that waits grow by."
    )
    package static let retryMaximum = Setting(
        "retry.maximum",
        .duration(atLeast: .zero),
        default: DurationText.text(.seconds(3_600)),
        "What a wait never exceeds."
    )
    package static let retryElapsed = Setting(
        "retry.elapsed",
        .duration(atLeast: .zero),
        "The longest time since submission at which another attempt is begun."
    )
    package static let workerName = Setting(
        "worker.name",
        .text,
        "The worker's name, unique among the workers of the broker; made from host and process if left out."
    )
    package static let workerVersion = Setting(
        "worker.version",
        .text,
        "The program's version, for tools that list workers."
    )
    package static let workerQueues = Setting(
        "worker.queues",
        .queues(example: "default=10,imports=2:3"),
        "The queues to serve: how many jobs of each run at once, and its weight if not 1."
    )
    package static let workerConcurrency = Setting(
        "worker.concurrency",
        .integer(1...1_000_000),
        "How many jobs run at once over all queues; the sum of the queues' if left out."
    )
    package static let workerLease = Setting(
        "worker.lease",
        .duration(atLeast: moment),
        default: DurationText.text(worker.lease),
        "How long a lease runs unless extended; a dead worker's jobs run again after it."
    )
    package static let workerPrefetch = Setting(
        "worker.prefetch",
        .integer(0...1_000_000),
        default: String(worker.prefetch),
        "How many more jobs than are running may be claimed ahead while jobs are short."
    )
    package static let workerPoisonLimit = Setting(
        "worker.poisonLimit",
        .integer(1...Int.max),
        default: String(worker.poisonLimit),
        "How many times a job's lease may run out before it is a dead letter."
    )
    package static let stepsMaximumValueSize = Setting(
        "worker.steps.maximumValueSize",
        .integer(1...(1 << 30)),
        default: String(worker.steps.maximumValueSize),
        "The largest encoded value of a job's step, in bytes; on Redis 64 MiB at most."
    )
    package static let stepsMaximumCount = Setting(
        "worker.steps.maximumCount",
        .integer(1...(1 << 30)),
        default: String(worker.steps.maximumCount),
        "The most steps of a job."
    )
    package static let stepsMaximumTotalSize = Setting(
        "worker.steps.maximumTotalSize",
        .integer(1...(1 << 30)),
        default: String(worker.steps.maximumTotalSize),
        "The most bytes that names and values of a job's steps take together."
    )
    package static let workerParkDelay = Setting(
        "worker.parkDelay",
        .duration(atLeast: moment),
        default: DurationText.text(worker.parkDelay),
        "How long a job with an unknown name waits before it is offered again."
    )
    package static let workerStuckGrace = Setting(
        "worker.stuckGrace",
        .duration(atLeast: .zero),
        default: DurationText.text(worker.stuckGrace),
        "How long a handler may go on after its cancellation before it counts as stuck."
    )
    package static let workerMetricsInterval = Setting(
        "worker.metricsInterval",
        .duration(atLeast: moment),
        default: DurationText.text(worker.metricsInterval),
        "How often queue depths are measured."
    )
    package static let shutdownFinish = Setting(
        "worker.shutdown.finish",
        .duration(atLeast: .zero),
        default: DurationText.text(worker.shutdown.finish),
        "How long running jobs may take to finish at shutdown."
    )
    package static let shutdownCancel = Setting(
        "worker.shutdown.cancel",
        .duration(atLeast: .zero),
        default: DurationText.text(worker.shutdown.cancel),
        "How long they may take to stop after they were cancelled."
    )
    package static let shutdownRelease = Setting(
        "worker.shutdown.release",
        .duration(atLeast: .zero),
        default: DurationText.text(worker.shutdown.release),
        "How long telling the broker may take, and then again taking leave of it."
    )

    /// Every setting, in the order of the documentation's table.
    package static let all = [
        url, results, logLevel, tracing, resultRetention, lengthLimits,
        retryAttempts, retryBackoff, retryBase, retryMaximum, retryElapsed,
        workerName, workerVersion, workerQueues, workerConcurrency, workerLease, workerPrefetch, workerPoisonLimit,
        stepsMaximumValueSize, stepsMaximumCount, stepsMaximumTotalSize,
        workerParkDelay, workerStuckGrace, workerMetricsInterval, shutdownFinish, shutdownCancel, shutdownRelease,
    ]
}

/// The rules that the wait between attempts may follow.
package enum RetryRule: String, CaseIterable, Sendable {
    case exponential
    case linear
    case constant
    case fibonacci

    /// The backoff of this rule.
    ///
    /// - Parameters:
    ///   - base: The first wait, step or unit.
    ///   - maximum: What a wait never exceeds.
    /// - Returns: The backoff.
    package func backoff(base: Duration, maximum: Duration) -> Backoff {
        switch self {
        case .exponential: .exponential(base: base, maximum: maximum)
        case .linear: .linear(step: base, maximum: maximum)
        case .constant: .constant(min(base, maximum))
        case .fibonacci: .fibonacci(unit: base, maximum: maximum)
        }
    }
}
