//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Foundation

/// Runs `body` on a thread of its own.
///
/// A simulation drives its history on the thread that calls it, without a suspension. On a thread of Swift's pool it would
/// hold up all other tests, of which some have many short steps. And of its own accord such a thread takes as much of a core as all
/// of the pool's: so it lets whatever else is running go first, the servers of other tests among them.
func onOwnThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
        let thread = Thread {
            #if os(Linux)
            // On Linux this is about the calling thread; where it is not allowed, the thread is like any other.
            _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
            #endif
            continuation.resume(returning: body())
        }
        thread.stackSize = 8 << 20
        thread.start()
    }
}
