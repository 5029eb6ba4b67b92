//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import LineshaftTesting
internal import Logging
internal import Testing

private struct Import: Job {
    static let name: JobName = "import"
}

@Suite("Steps in a worker's set-up", .timeLimit(.minutes(20)))
struct StepSetupTests {
    @Test("A list of steps is checked when the worker starts")
    func lists() async {
        let lists: [([String], ConfigurationError.Code)] = [
            ([], .invalidValue), (["a", "b", "a"], .duplicateName), (["a", ""], .invalidName),
        ]
        for (names, code) in lists {
            let error = await failure {
                Handler(for: Import.self) {
                    for name in names { Step(name) { _ in } }
                }
            }
            #expect(error?.code == code)
            #expect(error?.message.contains("“import”") == true)
        }
    }

    @Test("Limits of steps that make no sense are refused, the worker's and the handler's")
    func limits() async {
        let handlers = await failure {
            Handler(for: Import.self) { _, _ in }.stepPolicy(StepPolicy(maximumCount: 0))
        }
        #expect(handlers?.code == .invalidValue)
        #expect(handlers?.message.contains("maximumCount") == true)
        var configuration = Worker.Configuration()
        configuration.steps.maximumTotalSize = -1
        let workers = await failure(configuration) { Handler(for: Import.self) { _, _ in } }
        #expect(workers?.code == .invalidValue)
        #expect(workers?.message.contains("maximumTotalSize") == true)
    }

    @Test("On a broker that keeps no steps, a step ends its job with a reason")
    func unsupported() async throws {
        var configuration = JobSystem.Configuration()
        configuration.logger.logLevel = .critical
        let jobs = try await JobSystem(broker: ModestBroker(), configuration: configuration)
        let worker = Worker(jobs) {
            Handler(for: Import.self) { _, context in try await context.checkpoint("a") {} }
        }
        let error = try await worker.run {
            await #expect(throws: JobError.self) { try await jobs.submit(Import()).value }
        }
        #expect(error?.failure?.code == .invalidStep)
        #expect(error?.failure?.message.contains("keeps no steps") == true)
        await jobs.shutdown()
    }

    @Test("The in-memory broker drops the steps of dead letters that it has no room for")
    func surplus() {
        var table = QueueTable(maximumDeadLetters: 1)
        let moment = Moment(now: Timestamp(nanosecondsSinceEpoch: 1_000), uptime: .seconds(1))
        for number in 1...3 {
            let id = JobID(high: 1, low: UInt64(number))
            let envelope = Envelope(id: id, name: "import", payload: [], submitted: moment.now)
            #expect(table.enqueue(Submission(envelope), at: moment) == .accepted)
            var hungry: [QueueName] = []
            let request = ClaimRequest(
                worker: WorkerID("w"),
                shares: [.init(queue: .default, fair: 1, maximum: 1)],
                limit: 1,
                lease: .seconds(10),
                poisonLimit: 3
            )
            let delivery = table.claim(request, at: moment, hungry: &hungry).deliveries[0]
            let step = StepRecord(number: 1, place: 1, name: "a", value: [])
            #expect(table.record(step, under: delivery.lease) == .applied)
            let failure = JobFailure(code: .failed, message: "", type: "", attempt: 1, time: moment.now)
            _ = table.settle(Settlement(lease: delivery.lease, disposition: .failed(failure)), at: moment)
        }
        #expect(table.stepJobs == 1)
    }

    private func failure(
        _ configuration: Worker.Configuration = Worker.Configuration(),
        @HandlerBuilder _ handlers: () -> [AnyHandler]
    ) async -> ConfigurationError? {
        await #expect(throws: ConfigurationError.self) {
            var system = JobSystem.Configuration()
            system.logger.logLevel = .critical
            let jobs = try await JobSystem(url: "memory:", configuration: system)
            let list = handlers()
            try await Worker(jobs, configuration: configuration) { list }.run()
        }
    }
}
