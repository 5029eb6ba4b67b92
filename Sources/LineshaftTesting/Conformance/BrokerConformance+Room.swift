//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension BrokerConformance {
    /// What happens when a queue is full.
    static let room: [Case] = [
        Case("A full queue takes nothing more until a job has been taken from it", needs: .backpressure) { trial in
            try check("the first", try await trial.submit(limitedTo: 2).receipt, is: .accepted)
            try check("the second", try await trial.submit(limitedTo: 2).receipt, is: .accepted)
            try check("the third", try await trial.submit(limitedTo: 2).receipt, is: .full)
            _ = try await trial.take()
            try check("the fourth", try await trial.submit(limitedTo: 2).receipt, is: .accepted)
            try check("the jobs", try await trial.claim(10).deliveries.count, is: 2)
        },
        Case("Delayed jobs count towards a queue's length", needs: [.backpressure, .delays]) { trial in
            let first = try await trial.submit(limitedTo: 1, delay: .seconds(60))
            try check("the first", first.receipt, is: .accepted)
            try check("the second", try await trial.submit(limitedTo: 1).receipt, is: .full)
        },
        Case("Submitting again what a full queue holds is accepted", needs: .backpressure) { trial in
            let submission = Submission(trial.envelope(), maximumLength: 1)
            try check("the first", try await trial.broker.enqueue([submission]), is: [.accepted])
            try check("the repetition", try await trial.broker.enqueue([submission]), is: [.accepted])
        },
        Case("Who waits for room goes on when a job is taken", needs: .backpressure) { trial in
            try await trial.submit()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await trial.broker.waitForRoom(in: trial.queue, maximumLength: 1) }
                _ = try await trial.take()
                try await group.waitForAll()
            }
            try check("the next", try await trial.submit(limitedTo: 1).receipt, is: .accepted)
        },
        Case("Waiting for room returns at once when there is some", needs: .backpressure) { trial in
            try await trial.broker.waitForRoom(in: trial.queue, maximumLength: 1)
        },
        Case("Who waits for room goes on when a job is cancelled", needs: [.backpressure, .cancellation]) { trial in
            let id = try await trial.submit()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await trial.broker.waitForRoom(in: trial.queue, maximumLength: 1) }
                _ = try await trial.broker.cancel([id])
                try await group.waitForAll()
            }
        },
        Case("Ten submitters all get their job into a queue of one", .acceptedMeansKept, needs: .backpressure) {
            trial in
            let taken = try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<10 {
                    group.addTask {
                        while try await trial.submit(limitedTo: 1).receipt == .full {
                            try await trial.broker.waitForRoom(in: trial.queue, maximumLength: 1)
                        }
                    }
                }
                var taken = 0
                while taken < 10 {
                    let deliveries = try await trial.claim(10).deliveries
                    try check(deliveries.count <= 1, "A queue of one held \(deliveries.count) jobs.")
                    taken += deliveries.count
                    await Task.yield()
                    try Task.checkCancellation()
                }
                try await group.waitForAll()
                return taken
            }
            try check("the jobs", taken, is: 10)
        },
        Case("A cancelled wait for room throws and disturbs no other", needs: .backpressure) { trial in
            try await trial.submit()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await trial.broker.waitForRoom(in: trial.queue, maximumLength: 1) }
                try await withThrowingTaskGroup(of: Void.self) { inner in
                    inner.addTask {
                        try await check("the cancelled wait", throws: .cancelled) {
                            try await trial.broker.waitForRoom(in: trial.queue, maximumLength: 1)
                        }
                    }
                    inner.cancelAll()
                    try await inner.waitForAll()
                }
                _ = try await trial.take()
                try await group.waitForAll()
            }
        },
    ]
}
