//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

// The code of the page *Configuration*, which is compiled here and run by its test.

internal import Configuration
internal import ExampleSum
internal import Lineshaft
internal import LineshaftConfiguration
internal import Testing

@Suite("The code of the page on configuration", .timeLimit(.minutes(20)))
struct ConfigurationSnippets {
    @Test("A program reads a file and runs a worker")
    func program() async throws {
        let temporary = try TemporaryFile(
            #"{"lineshaft": {"url": "memory:", "worker": {"queues": ["default=2"], "name": "left"}}}"#
        )
        let file = temporary.path
        let adapters: [BrokerAdapter] = []
        let settings = try Settings(from: await Settings.reader(file: file))
        let jobs = try await JobSystem(settings, adapters: adapters)
        let worker = Worker(jobs, queues: settings.queues ?? ["default": 10], configuration: settings.worker) {
            SumIntegers.handler()
        }
        let sum = try await worker.run { try await jobs.submit(SumIntegers(integers: 0..<4)).value }
        #expect(sum == 6)
        #expect(worker.id.description == "left")
        await jobs.shutdown()
    }

    @Test("A program has defaults and an order of its own")
    func ownOrder() throws {
        let provider = InMemoryProvider(values: ["lineshaft.worker.name": "left"])
        let reader = ConfigReader(providers: [provider, EnvironmentVariablesProvider()])
        var defaults = Worker.Configuration()
        defaults.version = "1.4.2"
        let settings = try Settings(from: reader, worker: defaults)
        #expect(settings.worker.name == "left" && settings.worker.version == "1.4.2")
    }
}
