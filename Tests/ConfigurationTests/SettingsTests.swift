//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Configuration
internal import Lineshaft
internal import LineshaftConfiguration
internal import Logging
internal import Testing

@Suite("Settings", .timeLimit(.minutes(20)))
struct SettingsTests {
    @Test("Without any, everything has its default and no broker is named")
    func none() async throws {
        let settings = try Settings(from: environment([:]))
        #expect(settings.url == nil && settings.results == nil && settings.queues == nil)
        #expect(try Values(settings) == Values(Settings.untouched))
        await #expect {
            _ = try await JobSystem(settings)
        } throws: { error in
            let text = "\(error)"
            return text.contains("LINESHAFT_URL") && text.contains("`lineshaft.url`")
        }
    }

    @Test("The environment sets every value")
    func fromEnvironment() throws {
        let settings = try Settings(
            from: environment([
                "LINESHAFT_URL": "redis://:secret@host/1", "LINESHAFT_RESULTS": "redis://other",
                "LINESHAFT_LOG_LEVEL": "Debug", "LINESHAFT_TRACING": "no", "LINESHAFT_RESULT_RETENTION": "2m30s",
                "LINESHAFT_LENGTH_LIMITS": "imports=1000, mail=50:fail",
                "LINESHAFT_RETRY_ATTEMPTS": "3", "LINESHAFT_RETRY_BACKOFF": "linear", "LINESHAFT_RETRY_BASE": "2s",
                "LINESHAFT_RETRY_MAXIMUM": "10s", "LINESHAFT_RETRY_ELAPSED": "1d",
                "LINESHAFT_WORKER_NAME": "left", "LINESHAFT_WORKER_VERSION": "1.2",
                "LINESHAFT_WORKER_QUEUES": "default=10,imports=2:3", "LINESHAFT_WORKER_CONCURRENCY": "11",
                "LINESHAFT_WORKER_LEASE": "20s", "LINESHAFT_WORKER_PREFETCH": "0", "LINESHAFT_WORKER_POISON_LIMIT": "7",
                "LINESHAFT_WORKER_STEPS_MAXIMUM_VALUE_SIZE": "70", "LINESHAFT_WORKER_STEPS_MAXIMUM_COUNT": "8",
                "LINESHAFT_WORKER_STEPS_MAXIMUM_TOTAL_SIZE": "90",
                "LINESHAFT_WORKER_PARK_DELAY": "1h", "LINESHAFT_WORKER_STUCK_GRACE": "0s",
                "LINESHAFT_WORKER_METRICS_INTERVAL": "1m", "LINESHAFT_WORKER_SHUTDOWN_FINISH": "1s",
                "LINESHAFT_WORKER_SHUTDOWN_CANCEL": "2s", "LINESHAFT_WORKER_SHUTDOWN_RELEASE": "3s",
            ])
        )
        expectEverythingSet(settings)
    }

    @Test("A file sets every value, with lists and numbers as JSON has them")
    func fromFile() async throws {
        let file = try TemporaryFile(
            """
            {
              "lineshaft": {
                "url": "redis://:secret@host/1", "results": "redis://other",
                "logLevel": "debug", "tracing": false, "resultRetention": "150s",
                "lengthLimits": ["imports=1000", "mail=50:fail"],
                "retry": {"attempts": 3, "backoff": "linear", "base": "2s", "maximum": "10s", "elapsed": "24h"},
                "worker": {
                  "name": "left", "version": "1.2", "queues": ["default=10", "imports=2:3"], "concurrency": "11",
                  "lease": "20s", "prefetch": 0, "poisonLimit": 7,
                  "steps": {"maximumValueSize": 70, "maximumCount": 8, "maximumTotalSize": 90}, "parkDelay": "60m", "stuckGrace": "0s",
                  "metricsInterval": "60s", "shutdown": {"finish": "1s", "cancel": "2000ms", "release": "3s"}
                }
              },
              "ours": {"anything": [1, 2, 3]}
            }
            """
        )
        let reader = try await Settings.reader(file: file.path)
        expectEverythingSet(try Settings(from: reader))
        #expect(reader.intArray(forKey: "ours.anything") == [1, 2, 3])
    }

    @Test("A list may be text with commas in a file, too")
    func listAsText() async throws {
        let file = try TemporaryFile(#"{"lineshaft": {"worker": {"queues": "default=10, imports=2:3"}}}"#)
        let settings = try Settings(from: await Settings.reader(file: file.path))
        #expect(settings.queues?.entries.map(\.name) == ["default", "imports"])
    }

    @Test("The program's own providers go before the environment, that before the file, that before the program")
    func precedence() async throws {
        let first = InMemoryProvider(values: ["lineshaft.worker.name": "first"])
        let second = EnvironmentVariablesProvider(
            environmentVariables: ["LINESHAFT_WORKER_NAME": "second", "LINESHAFT_WORKER_VERSION": "second"]
        )
        let file = try TemporaryFile(
            #"{"lineshaft": {"worker": {"name": "third", "version": "third", "lease": "3s"}}}"#
        )
        var worker = Worker.Configuration()
        worker.lease = .seconds(4)
        worker.parkDelay = .seconds(4)
        let reader = try await Settings.reader(file: file.path, overrides: [first, second])
        let settings = try Settings(from: reader, worker: worker)
        #expect(settings.worker.name == "first")
        #expect(settings.worker.version == "second")
        #expect(settings.worker.lease == .seconds(3))
        #expect(settings.worker.parkDelay == .seconds(4))
    }

    @Test("A program that keeps its settings deeper has them read there")
    func scoped() throws {
        let reader = environment(["APP_LINESHAFT_WORKER_NAME": "deep", "LINESHAFT_WORKER_NAME": "flat"])
        #expect(try Settings(from: reader.scoped(to: "app")).worker.name == "deep")
    }

    @Test("A job system is opened from settings, with a result store of its own if one is named")
    func opening() async throws {
        var settings = try Settings(from: environment(["LINESHAFT_URL": "memory:"]))
        let plain = try await JobSystem(settings)
        #expect(!plain.storesResultsApart)
        await plain.shutdown()
        settings.results = BrokerURL("memory:")
        // A broker that keeps outcomes itself would keep them from the store.
        await #expect(throws: ConfigurationError.self) { _ = try await JobSystem(settings) }
        settings.url = BrokerURL("bare:")
        let bare = BrokerAdapter(schemes: ["bare"]) { _, environment in
            BrokerConnection(
                broker: MemoryBroker(clock: environment.clock, configuration: .init(keepsResults: false))
            )
        }
        let apart = try await JobSystem(settings, adapters: [bare])
        #expect(apart.storesResultsApart)
        let worker = Worker(apart) { Handler(for: Doubling.self) { job, _ in job.number * 2 } }
        let double = try await worker.run { try await apart.submit(Doubling(number: 21)).value }
        #expect(double == 42)
        await apart.shutdown()
        settings.results = BrokerURL("nowhere://secret")
        await #expect {
            _ = try await JobSystem(settings, adapters: [bare])
        } throws: { error in
            "\(error)".contains("`nowhere:`") && !"\(error)".contains("secret")
        }
    }

    private func expectEverythingSet(_ settings: Settings) {
        #expect(settings.url?.text == "redis://:secret@host/1")
        #expect(settings.results?.text == "redis://other")
        let system = settings.system
        #expect(system.logger.logLevel == .debug)
        #expect(!system.tracing)
        #expect(system.resultRetention == .seconds(150))
        let limits: [QueueName: JobSystem.LengthLimit] = [
            "imports": .init(maximumLength: 1_000), "mail": .init(maximumLength: 50, whenFull: .fail),
        ]
        #expect(system.lengthLimits == limits)
        #expect(system.retry.maximumAttempts == 3)
        #expect(system.retry.maximumElapsed == .seconds(86_400))
        #expect(system.retry.backoff == .linear(step: .seconds(2), maximum: .seconds(10)))
        let worker = settings.worker
        #expect(worker.name == "left" && worker.version == "1.2" && worker.concurrency == 11)
        #expect(settings.queues?.entries.map(\.name) == ["default", "imports"])
        #expect(settings.queues?.entries.map(\.settings) == [10, .init(concurrency: 2, weight: 3)])
        #expect(worker.lease == .seconds(20) && worker.prefetch == 0 && worker.poisonLimit == 7)
        #expect(worker.steps == StepPolicy(maximumValueSize: 70, maximumCount: 8, maximumTotalSize: 90))
        #expect(worker.parkDelay == .seconds(3_600) && worker.stuckGrace == .zero)
        #expect(worker.metricsInterval == .seconds(60))
        #expect(worker.shutdown == .init(finish: .seconds(1), cancel: .seconds(2), release: .seconds(3)))
    }
}

/// A job for the systems that are opened here.
struct Doubling: Job {
    static let name: JobName = "doubling"
    typealias Output = Int

    var number: Int
}

func environment(_ variables: [String: String]) -> ConfigReader {
    ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables))
}
