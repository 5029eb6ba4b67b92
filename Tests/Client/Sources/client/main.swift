//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft

// What travels: a name to keep, parameters, and the type of what comes back.
struct SumIntegers: Job {
    static let name: JobName = "sum"
    typealias Output = Int64

    var integers: [Int64]
}

// The way into the queue. `memory:` is a broker inside this process.
let jobs = try await JobSystem(url: "memory:")

// What runs: queues, how many jobs of each at once, and a handler for each type.
let worker = Worker(jobs, queues: ["default": 10]) {
    Handler(for: SumIntegers.self) { job, context in
        job.integers.reduce(0, +)
    }
}

// Runs the worker for as long as the closure runs.
let sum = try await worker.run {
    try await jobs.submit(SumIntegers(integers: [1, 2, 3])).value
}
print(sum)
await jobs.shutdown()
