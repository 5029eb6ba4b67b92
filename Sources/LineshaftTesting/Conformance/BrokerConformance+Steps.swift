//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension BrokerConformance {
    /// What a broker keeps of the steps that jobs have finished.
    static let steps: [Case] = keepingSteps + droppingSteps

    private static let keepingSteps: [Case] = [
        Case("Steps are there in the order of their numbers when a job runs again", .atLeastOnce, steps: true) {
            trial in
            try await trial.submit()
            var delivery = try await trial.take()
            try check("at first", try await trial.steps(of: delivery), is: [])
            try await trial.record([1, 3, 2], in: delivery)
            let retry = Settlement.Disposition.retry(after: .zero, failure: trial.failure(), countsAttempt: true)
            for disposition in [retry, .snoozed(for: .zero), .released] {
                try await trial.settle(delivery, disposition)
                delivery = try await trial.take()
                try check(
                    "after \(disposition.label)",
                    try await trial.steps(of: delivery)?.map(\.number),
                    is: [1, 2, 3]
                )
            }
            let steps = try await trial.steps(of: delivery)
            try check("the steps", steps, is: (1...3).map { trial.step($0) })
            try await trial.settle(delivery)
        },
        Case("Whoever looks at a job sees its steps, whether it runs, waits or has failed", steps: true) { trial in
            try await trial.submit()
            let delivery = try await trial.take()
            try await trial.record([2, 1], in: delivery)
            let (id, queue) = (delivery.envelope.id, delivery.envelope.queue)
            func check(_ when: String, _ numbers: [Int]) async throws {
                let steps = try await trial.broker.steps?.steps(of: id, in: queue).map(\.number)
                try LineshaftTesting.check("the steps \(when)", steps, is: numbers)
            }
            try await check("while it runs", [1, 2])
            try await trial.settle(delivery, .failed(trial.failure()))
            try await check("when it has failed", [1, 2])
            _ = try await trial.broker.inspector?.retry([id])
            try await check("when it was retried", [1, 2])
            try await trial.settle(trial.take())
            try await check("when it has succeeded", [])
        },
        Case("Steps outlive the death of their worker", .atLeastOnce, steps: true) { trial in
            try await trial.submit()
            try await trial.record([1], in: trial.take(lease: .seconds(10)))
            try await trial.advance(by: .seconds(10))
            let second = try await trial.take(worker: WorkerID("worker-2"))
            try check("the delivery", second.delivery, is: 2)
            try check("the steps", try await trial.steps(of: second), is: [trial.step(1)])
        },
        Case("A worker that lost its lease can record no step", .oneOutcome, steps: true) { trial in
            try await trial.submit()
            let first = try await trial.take(lease: .seconds(10))
            try await trial.record([1], in: first)
            try await trial.advance(by: .seconds(11))
            let second = try await trial.take(worker: WorkerID("worker-2"))
            try await trial.record([2], in: first, expecting: .refused)
            try check("what it reads", try await trial.steps(of: first), is: nil)
            try await trial.record([3], in: second)
            try check("the steps", try await trial.steps(of: second)?.map(\.number), is: [1, 3])
            try await trial.settle(second)
            try await trial.record([4], in: second, expecting: .refused)
            try check("after the end", try await trial.steps(of: second), is: nil)
        },
        Case("Recording a step again replaces it", steps: true) { trial in
            try await trial.submit()
            let delivery = try await trial.take()
            try await trial.record([1, 2, 1], in: delivery)
            let other = StepRecord(number: 2, place: 0, name: "other", value: [7])
            try check("the result", try await trial.steps().record(other, under: delivery.lease), is: .applied)
            try check("the steps", try await trial.steps(of: delivery), is: [trial.step(1), other])
        },
        Case("Steps of jobs that run side by side are kept apart", .acceptedMeansKept, steps: true) { trial in
            _ = try await trial.submit(count: 20)
            let deliveries = try await trial.claim(20).deliveries
            try check("the deliveries", deliveries.count, is: 20)
            for (index, delivery) in deliveries.enumerated() where index % 3 == 0 {
                try await trial.record(Array(1...(index + 1)), in: delivery)
            }
            for (index, delivery) in deliveries.enumerated() {
                let count = index % 3 == 0 ? index + 1 : 0
                try check("the steps", try await trial.steps(of: delivery)?.count, is: count)
            }
            let settlements = deliveries.map { Settlement(lease: $0.lease, disposition: .succeeded([])) }
            let results = try await trial.broker.settle(settlements)
            try check("the results", results, is: Array(repeating: .applied, count: 20))
        },
        Case("Large values and many steps come back whole", .acceptedMeansKept, steps: true) { trial in
            try await trial.submit()
            let first = try await trial.take()
            let large = StepRecord(
                number: 1,
                place: 1,
                name: "größte",
                value: (0..<1 << 20).map { UInt8(truncatingIfNeeded: $0) }
            )
            try check("the result", try await trial.steps().record(large, under: first.lease), is: .applied)
            try await trial.record(Array(2...2_100), in: first)
            try await trial.settle(first, .released)
            let second = try await trial.take()
            let steps = try await trial.steps(of: second) ?? []
            try check("the number of steps", steps.count, is: 2_100)
            try check(steps.first == large, "The large step is not what it was.")
            try check("the rest", Array(steps.dropFirst()), is: (2...2_100).map { trial.step($0) })
            try await trial.settle(second)
        },
        Case("A dead letter keeps its steps until it is deleted", .acceptedMeansKept, inspector: true, steps: true) {
            trial in
            let ids = try await trial.bury(with: [1, 2])
            try check("the retried", try await trial.inspector().retry([ids[0]]), is: 1)
            let delivery = try await trial.take()
            try check("the attempt", delivery.attempt, is: 1)
            try check("the steps", try await trial.steps(of: delivery)?.count, is: 2)
            try await trial.settle(delivery)
            try check("the deleted", try await trial.inspector().delete([ids[1]]), is: 1)
            try await trial.expectNoSteps(of: ids)
        },
        Case(
            "A job on which workers died keeps its steps as a dead letter",
            .acceptedMeansKept,
            inspector: true,
            results: true,
            steps: true
        ) { trial in
            let id = try await trial.submit()
            for number in 1...2 {
                let delivery = try await trial.take(lease: .seconds(10), poisonLimit: 2)
                try await trial.record([number], in: delivery)
                try await trial.advance(by: .seconds(10))
            }
            try await trial.takeNothing()
            try check("the state", try await trial.inspector().find(id)?.state, is: .dead)
            try check("the retried", try await trial.inspector().retry([id]), is: 1)
            try check("the steps", try await trial.steps(of: trial.take())?.count, is: 2)
        },
    ]

    // A job that ended with a retention of nothing is forgotten at once, so that its identifier can be submitted again; what is
    // left of its steps would come back then.
    private static let droppingSteps: [Case] = [
        Case("Steps go with the job when its worker settles it", .acceptedMeansKept, steps: true) { trial in
            for disposition in [Settlement.Disposition.succeeded([1]), .cancelled, .expired] {
                let id = try await trial.submit { $0.retention = .zero }
                let delivery = try await trial.take()
                try await trial.record([1, 2, 3], in: delivery)
                try await trial.settle(delivery, disposition)
                try await trial.expectNoSteps(of: [id])
            }
        },
        Case("Steps go with a job that is cancelled while it waits", needs: [.cancellation, .delays], steps: true) {
            trial in
            let ids = try await [trial.submit { $0.retention = .zero }, trial.submit { $0.retention = .zero }]
            for delivery in try await trial.claim(2).deliveries {
                try await trial.record([1], in: delivery)
                let isFirst = delivery.envelope.id == ids[0]
                try await trial.settle(delivery, .snoozed(for: isFirst ? .zero : .seconds(60)))
            }
            let results = try await trial.broker.cancel(ids)
            try check("the results", results, is: [.cancelled, .cancelled])
            try await trial.expectNoSteps(of: ids)
        },
        Case("Steps go with a job whose worker died after it was cancelled", needs: .cancellation, steps: true) {
            trial in
            let id = try await trial.submit { $0.retention = .zero }
            try await trial.record([1], in: trial.take(lease: .seconds(10)))
            try check("the result", try await trial.broker.cancel([id]), is: [.requested])
            try await trial.advance(by: .seconds(10))
            try await trial.takeNothing()
            try await trial.expectNoSteps(of: [id])
        },
        Case(
            "Steps of a job whose deadline passed while it waited stay with its dead letter",
            inspector: true,
            steps: true
        ) {
            trial in
            let id = try await trial.submit {
                $0.retention = .zero
                $0.deadline = trial.now + .seconds(30)
            }
            let delivery = try await trial.take()
            try await trial.record([1], in: delivery)
            try await trial.settle(delivery, .snoozed(for: .seconds(60)))
            try await trial.advance(by: .seconds(30))
            try await trial.takeNothing()
            try check("the state", try await trial.inspector().find(id)?.state, is: .dead)
            try check("the deleted", try await trial.inspector().delete([id]), is: 1)
            try await trial.expectNoSteps(of: [id])
        },
        Case("Steps go with a waiting job that is deleted", inspector: true, steps: true) { trial in
            let id = try await trial.submit { $0.retention = .zero }
            let delivery = try await trial.take()
            try await trial.record([1], in: delivery)
            try await trial.settle(delivery, .released)
            try check("the deleted", try await trial.inspector().delete([id]), is: 1)
            try await trial.expectNoSteps(of: [id])
        },
    ]
}

extension BrokerTrial {
    fileprivate func step(_ number: Int) -> StepRecord {
        StepRecord(number: number, place: number % 2, name: "step \(number)", value: [UInt8(number % 256)])
    }

    fileprivate func steps(of delivery: Delivery) async throws -> [StepRecord]? {
        try await steps().steps(of: delivery.lease)
    }

    fileprivate func record(
        _ numbers: [Int],
        in delivery: Delivery,
        expecting result: SettlementResult = .applied,
        file: String = #fileID,
        line: Int = #line
    ) async throws {
        for number in numbers {
            let found = try await steps().record(step(number), under: delivery.lease)
            try check("the recording of step \(number)", found, is: result, file: file, line: line)
        }
    }

    /// Makes two dead letters with steps, whose outcomes are not kept.
    fileprivate func bury(with numbers: [Int]) async throws -> [JobID] {
        var ids: [JobID] = []
        for _ in 0..<2 {
            ids.append(try await submit { $0.retention = .zero })
            let delivery = try await take()
            try await record(numbers, in: delivery)
            try await settle(delivery, .failed(failure()))
        }
        return ids
    }

    /// Submits jobs of the same identifiers, which must have no steps.
    fileprivate func expectNoSteps(of ids: [JobID], file: String = #fileID, line: Int = #line) async throws {
        for id in ids {
            try await submit(id: id, file: file, line: line) { $0.retention = .zero }
            let delivery = try await take(file: file, line: line)
            try check("the job", delivery.envelope.id, is: id, file: file, line: line)
            try check("the steps that are left", try await steps(of: delivery), is: [], file: file, line: line)
            try await settle(delivery, file: file, line: line)
        }
    }
}
