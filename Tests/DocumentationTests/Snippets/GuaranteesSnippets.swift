//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import Testing

struct SendInvoice: Job {
    static let name: JobName = "invoices.send"
    static let options = JobOptions(acknowledgement: .immediate)

    var invoice: Int
}

@Suite("The code of Delivery guarantees", .timeLimit(.minutes(20)))
struct GuaranteesSnippets {
    @Test("A job type may ask for its settlement at once")
    func immediate() async throws {
        let jobs = try await memorySystem()
        let worker = Worker(jobs) {
            Handler(for: SendInvoice.self) { _, _ in }
        }
        _ = try await worker.run { try await jobs.submit(SendInvoice(invoice: 1)).value }
        #expect(try await jobs.inspector.counts(of: .default) == QueueCounts())
        await jobs.shutdown()
    }
}
