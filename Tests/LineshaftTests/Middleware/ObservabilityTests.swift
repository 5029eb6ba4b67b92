//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import InMemoryTracing
import Lineshaft
import LineshaftTesting
import Logging
import Metrics
import MetricsTestKit
import Synchronization
import Testing
import Tracing

private struct Secretive: Job {
    static let name: JobName = "secretive"
    typealias Output = String

    var password = "hunter2"
}

/// Keeps what is logged, metadata and all.
private final class Journal: Sendable {
    private let state = Mutex<[String]>([])
    var lines: [String] { state.withLock { $0 } }
    func write(_ line: String) { state.withLock { $0.append(line) } }

    func logger() -> Logger {
        Logger(label: "test") { _ in JournalHandler(journal: self) }
    }
}

private struct JournalHandler: LogHandler {
    let journal: Journal
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { _, new in new }
        let text = all.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
        journal.write("\(event.level) \(event.message) \(text)")
    }
}

private struct Mishap: Error, CustomStringConvertible {
    let description = "mishap"
}

@Suite(.timeLimit(.minutes(20)))
struct ObservabilityTests {
    @Test
    func `A run is a child of the span of its submission, in every attempt`() async throws {
        let tracer = InMemoryTracer()
        let tracing = TracingMiddleware(tracer: tracer)
        var system = JobSystem.Configuration()
        system.tracing = false
        system.middleware = [tracing]
        var worker = Worker.Configuration()
        worker.middleware = [tracing]
        try await withJobHarness(system: system, worker: worker) {
            Handler(for: Secretive.self) { _, context in
                if context.attempt == 1 { throw Mishap() }
                return "done"
            }
        } run: { harness in
            _ = try await harness.run(Secretive())
        }
        let spans = tracer.finishedSpans
        let sent = try #require(spans.first { $0.operationName == "submit secretive" })
        let runs = spans.filter { $0.operationName == "run secretive" }
        #expect(sent.kind == .producer && runs.count == 2)
        #expect(
            runs.allSatisfy { $0.kind == .consumer && $0.traceID == sent.traceID && $0.parentSpanID == sent.spanID }
        )
        #expect(runs[0].errors.count == 1 && runs[1].errors.isEmpty)
        #expect(runs[1].attributes["lineshaft.attempt"]?.toSpanAttribute() == .int64(2))
    }

    @Test
    func `Ends, runs, waits and depths are measured`() async throws {
        let metrics = TestMetrics()
        var worker = Worker.Configuration()
        worker.metricsFactory = metrics
        worker.name = "w"
        try await withJobHarness(worker: worker) {
            Handler(for: Secretive.self) { job, context in
                if context.attempt == 1 && job.password == "bad" { throw Mishap() }
                return ""
            }
        } run: { harness in
            _ = try await harness.run(Secretive())
            _ = try await harness.run(Secretive(password: "bad"))
        }
        let job = [("job", "secretive"), ("queue", "default")]
        #expect(try metrics.expectCounter("lineshaft_jobs_total", job + [("outcome", "succeeded")]).totalValue == 2)
        #expect(try metrics.expectCounter("lineshaft_jobs_total", job + [("outcome", "retried")]).totalValue == 1)
        #expect(try metrics.expectTimer("lineshaft_run_seconds", job).values.count >= 1)
        #expect(try metrics.expectTimer("lineshaft_wait_seconds", job).values.count == 2)
        let depth = [("queue", "default"), ("state", "ready")]
        #expect(try metrics.expectGauge("lineshaft_queue_depth", depth).values.isEmpty == false)
        #expect(try metrics.expectGauge("lineshaft_running", [("worker", "w")]).values.isEmpty == false)
    }

    @Test
    func `Logs carry the job's metadata and never its parameters or output`() async throws {
        let journal = Journal()
        var system = JobSystem.Configuration()
        system.logger = journal.logger()
        system.retry = .constant(.seconds(1), maximumAttempts: 2)
        try await withJobHarness(system: system) {
            Handler(for: Secretive.self) { job, context in
                context.logger.info("handler speaks")
                await context.report(progress: 1, message: job.password)
                if job.password == "hunter3" { throw Mishap() }
                return "output of \(job.password)"
            }
        } run: { harness in
            let handle = try await harness.jobs.submit(Secretive())
            let bad = try await harness.jobs.submit(Secretive(password: "hunter3"))
            try await harness.drain()
            let spoken = try #require(
                journal.lines.first { $0.contains("handler speaks") && $0.contains("\(handle.id)") }
            )
            for word in ["job.name=secretive", "job.queue=default", "job.attempt=1", "worker="] {
                #expect(spoken.contains(word), "\(spoken)")
            }
            let dead = try #require(journal.lines.first { $0.contains("dead letter") })
            #expect(dead.hasPrefix("info") && dead.contains("\(bad.id)") && dead.contains("failure.message=mishap"))
        }
        #expect(journal.lines.allSatisfy { !$0.contains("hunter") }, "\(journal.lines)")
        #expect(journal.lines.allSatisfy { !$0.hasPrefix("error") && !$0.hasPrefix("critical") })
    }
}
