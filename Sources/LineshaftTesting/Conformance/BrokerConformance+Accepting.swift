//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension BrokerConformance {
    /// What submitting means.
    static let accepting: [Case] = [
        Case("An accepted job is given out with everything it was submitted with", .acceptedMeansKept) { trial in
            let envelope = trial.envelope(priority: .high, payload: Array(0...255), replyTo: ClientID(99)) { details in
                details.input = [9, 8, 7]
                details.parent = JobID(high: 1, low: 2)
                details.deadline = trial.now + .seconds(3600)
                details.timeout = .milliseconds(1500)
                details.retry = .exponential(maximumAttempts: 7)
                details.retention = .seconds(90)
                details.headers = ["traceparent": "00-1-2-01", "ключ": "значение ✓"]
                details.acknowledgement = .immediate
            }
            _ = try await trial.broker.enqueue([Submission(envelope)])
            let delivery = try await trial.take()
            try check("the envelope", delivery.envelope, is: envelope)
            try check("the attempt", delivery.attempt, is: 1)
            try check("the delivery", delivery.delivery, is: 1)
            try check("the lease's job", delivery.lease.id, is: envelope.id)
            try check("the lease's queue", delivery.lease.queue, is: trial.queue)
        },
        Case("An empty payload and one of 16 MiB arrive as they were sent", .acceptedMeansKept) { trial in
            let large = [UInt8](unsafeUninitializedCapacity: 16 << 20) { buffer, count in
                for index in buffer.indices { buffer[index] = UInt8(truncatingIfNeeded: index ^ (index >> 9)) }
                count = buffer.count
            }
            try await trial.submit(payload: [])
            try await trial.submit(payload: large)
            try check("the empty payload", try await trial.take().envelope.payload, is: [])
            let arrived = try await trial.take().envelope.payload
            try check(arrived == large, "A payload of 16 MiB arrived with \(arrived.count) bytes, or changed.")
        },
        Case("Names of jobs and queues may hold any text", .badInputStopsNobody) { trial in
            let names = [
                "🦊 очередь", "a:b/c?d=e", "e\u{301}", "space here", String(repeating: "ü", count: 100), "'\"\\;--",
            ]
            for name in names {
                let envelope = Envelope(
                    id: trial.makeID(),
                    name: JobName(name),
                    queue: QueueName(name),
                    payload: [],
                    submitted: trial.now
                )
                _ = try await trial.broker.enqueue([Submission(envelope)])
                let delivery = try await trial.take(queue: QueueName(name))
                try check("the job", delivery.envelope, is: envelope)
                try await trial.settle(delivery)
            }
        },
        Case("Submitting the same identifier again changes nothing, while the job waits, runs or has ended") { trial in
            let id = try await trial.submit()
            try await trial.submit(id: id, payload: [9])
            let delivery = try await trial.take()
            try check("the first payload", delivery.envelope.payload, is: [1, 2, 3])
            try await trial.submit(id: id)
            try await trial.takeNothing()
            try await trial.settle(delivery)
            guard trial.broker.results != nil else { return }
            try await trial.submit(id: id)
            try await trial.takeNothing()
        },
        Case("The same identifier twice in one call is one job") { trial in
            let envelope = trial.envelope()
            let receipts = try await trial.broker.enqueue([Submission(envelope), Submission(envelope)])
            try check("the receipts", receipts, is: [.accepted, .accepted])
            try check("the deliveries", try await trial.claim(10).deliveries.count, is: 1)
        },
        Case("Submitting nothing answers nothing") { trial in
            try check("the receipts", try await trial.broker.enqueue([]), is: [])
        },
        Case("Jobs that many tasks submit at once are all kept", .acceptedMeansKept) { trial in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 {
                    group.addTask { for _ in 0..<25 { try await trial.submit() } }
                }
                try await group.waitForAll()
            }
            let deliveries = try await trial.claim(1000).deliveries
            try check("the different jobs", Set(deliveries.map(\.envelope.id)).count, is: 500)
        },
    ]
}
