//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Foundation
internal import Lineshaft

/// The job of these tests; its output is the name of the worker that ran it, so that two runs never end alike.
struct Probe: Job {
    static let name: JobName = "probe"
    typealias Output = String

    /// How long the work takes.
    var milliseconds = 0
    /// A file that the handler waits for, if any, whatever becomes of its lease.
    var gate: String?
    /// The workers that need not wait for it.
    var exempt: [String] = []
    /// Takes room.
    var padding = ""

    /// What runs it in the worker of a name.
    static func handler(of worker: String) -> Handler<Probe> {
        Handler(for: Probe.self) { job, _ in
            if let gate = job.gate, !job.exempt.contains(worker) { await waitForFile(gate) }
            if job.milliseconds > 0 { try await SystemClock().sleep(for: .milliseconds(job.milliseconds)) }
            return worker
        }
    }

    /// Waits on a thread of its own, as work does that knows nothing of cancellation.
    private static func waitForFile(_ path: String) async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            Thread.detachNewThread {
                while access(path, F_OK) != 0 { usleep(2_000) }  // lint:allow(sleep) a thread of its own
                continuation.resume()
            }
        }
    }
}
