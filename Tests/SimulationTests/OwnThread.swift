//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Foundation

/// Runs `body` on a thread of its own.
///
/// A simulation drives its history on the thread that calls it, without a suspension. On a thread of Swift's pool it would
/// hold up all other tests, of which some have many short steps.
func onOwnThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
        let thread = Thread { continuation.resume(returning: body()) }
        thread.stackSize = 8 << 20
        thread.start()
    }
}
