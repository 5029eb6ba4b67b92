//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import LineshaftTesting
import Synchronization

/// Keeps what a simulation has come to, also when its body throws.
final class Box: Sendable {
    private let content = Mutex<(recorder: HistoryRecorder, context: SimulationContext)?>(nil)

    func set(_ recorder: HistoryRecorder, _ context: SimulationContext) {
        content.withLock { $0 = (recorder, context) }
    }

    var history: History { content.withLock { $0?.recorder.history } ?? History() }
    var digest: UInt64 { content.withLock { $0?.context.digest } ?? 0 }
    var steps: Int { content.withLock { $0?.context.steps } ?? 0 }
}
