//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import CoreMetrics
internal import Metrics

/// What a worker tells the metrics system, if one has been bootstrapped.
///
/// | name | kind | dimensions |
/// |---|---|---|
/// | `lineshaft_jobs_total` | counter | `job`, `queue`, `outcome` |
/// | `lineshaft_run_seconds` | timer | `job`, `queue` |
/// | `lineshaft_wait_seconds` | timer | `job`, `queue` |
/// | `lineshaft_running` | gauge | `worker` |
/// | `lineshaft_stuck` | gauge | `worker` |
/// | `lineshaft_refused_total` | counter | `queue` |
/// | `lineshaft_queue_depth` | gauge | `queue`, `state` |
struct WorkerMetrics {
    private struct Key: Hashable {
        let job: JobName
        let queue: QueueName
        let outcome: String
    }

    private final class Cache {
        var ends: [Key: (counter: Counter, run: Timer)] = [:]
        var waits: [Key: Timer] = [:]
    }

    private let factory: any MetricsFactory
    private let cache = Cache()
    private let runningGauge: Gauge
    private let stuckGauge: Gauge

    /// `nil` when nobody has bootstrapped a metrics system: then nothing is measured.
    init?(worker: WorkerID, factory: any MetricsFactory) {
        if factory is NOOPMetricsHandler { return nil }
        self.factory = factory
        runningGauge = Gauge(label: "lineshaft_running", dimensions: [("worker", worker.rawValue)], factory: factory)
        stuckGauge = Gauge(label: "lineshaft_stuck", dimensions: [("worker", worker.rawValue)], factory: factory)
    }

    /// A run begins.
    ///
    /// Of a job's first delivery it is known since when it could run; of later ones it is not.
    func began(_ delivery: Delivery, now: () -> Timestamp) {
        guard delivery.delivery == 1 else { return }
        let envelope = delivery.envelope
        let start = envelope.hasDetails ? envelope.details.start : nil
        let since = max(envelope.submitted, start ?? envelope.submitted)
        let key = Key(job: envelope.name, queue: envelope.queue, outcome: "")
        let timer =
            cache.waits[key]
            ?? Timer(label: "lineshaft_wait_seconds", dimensions: dimensions(envelope), factory: factory)
        cache.waits[key] = timer
        // By two machines' clocks, so at best an estimate; never negative.
        timer.recordNanoseconds(max(since.duration(to: now()).saturatedNanoseconds, 0))
    }

    /// A run has ended.
    func ended(_ delivery: Delivery, _ outcome: String, _ duration: Duration) {
        let envelope = delivery.envelope
        let key = Key(job: envelope.name, queue: envelope.queue, outcome: outcome)
        let pair =
            cache.ends[key]
            ?? (
                counter: Counter(
                    label: "lineshaft_jobs_total",
                    dimensions: dimensions(envelope) + [("outcome", outcome)],
                    factory: factory
                ),
                run: Timer(label: "lineshaft_run_seconds", dimensions: dimensions(envelope), factory: factory)
            )
        cache.ends[key] = pair
        pair.counter.increment()
        pair.run.recordNanoseconds(duration.saturatedNanoseconds)
    }

    /// The broker refused a settlement.
    func refused(_ delivery: Delivery) {
        Counter(
            label: "lineshaft_refused_total",
            dimensions: [("queue", delivery.envelope.queue.rawValue)],
            factory: factory
        ).increment()
    }

    /// So many jobs run.
    func running(_ count: Int) {
        runningGauge.record(count)
    }

    /// So many handlers are stuck.
    func stuck(_ count: Int) {
        stuckGauge.record(count)
    }

    /// A queue holds so many jobs.
    func depth(of queue: QueueName, _ counts: QueueCounts) {
        for state in JobState.allCases where state != .ended {
            Gauge(
                label: "lineshaft_queue_depth",
                dimensions: [("queue", queue.rawValue), ("state", state.rawValue)],
                factory: factory
            ).record(counts.count(of: state))
        }
    }

    private func dimensions(_ envelope: Envelope) -> [(String, String)] {
        [("job", envelope.name.rawValue), ("queue", envelope.queue.rawValue)]
    }
}
