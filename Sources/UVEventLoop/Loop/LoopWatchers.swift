//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import CUV

/// The handles that the loop itself needs: one that other threads wake it with, one that is called before each wait for
/// the network, and one that keeps it from waiting while there is work.
final class LoopWatchers {
    let wake: WakeHandle
    private let prepare = UnsafeMutablePointer<uv_prepare_t>.allocate(capacity: 1)
    private let idle = UnsafeMutablePointer<uv_idle_t>.allocate(capacity: 1)
    private var isAwake = false

    init(_ loop: UnsafeMutablePointer<uv_loop_t>) throws(FailedStatus) {
        wake = WakeHandle(pointer: .allocate(capacity: 1))
        do {
            // It comes first because it is the only one of them that can fail: it needs a file descriptor.
            try FailedStatus.check(uv_async_init(loop, wake.pointer) { _ in })
        } catch {
            deallocate()
            throw error
        }
        uv_prepare_init(loop, prepare)
        uv_idle_init(loop, idle)
    }

    /// Has the core called before each wait.
    ///
    /// The core must outlive it.
    func start(for core: LoopCore) {
        prepare.pointee.data = Unmanaged.passUnretained(core).toOpaque()
        uv_prepare_start(prepare) { handle in
            guard let data = handle?.pointee.data else { return }
            Unmanaged<LoopCore>.fromOpaque(data).takeUnretainedValue().turn()
        }
    }

    /// Says whether the loop looks at the network without waiting.
    func keepAwake(_ value: Bool) {
        guard value != isAwake else { return }
        isAwake = value
        if value {
            uv_idle_start(idle) { _ in }
        } else {
            uv_idle_stop(idle)
        }
    }

    /// Closes the handles; the loop has to run once more before their memory can go.
    func close() {
        uv_close(UnsafeMutableRawPointer(wake.pointer).assumingMemoryBound(to: uv_handle_t.self), nil)
        uv_close(UnsafeMutableRawPointer(prepare).assumingMemoryBound(to: uv_handle_t.self), nil)
        uv_close(UnsafeMutableRawPointer(idle).assumingMemoryBound(to: uv_handle_t.self), nil)
    }

    /// Gives the memory back.
    func deallocate() {
        wake.pointer.deallocate()
        prepare.deallocate()
        idle.deallocate()
    }
}

/// The handle that wakes the loop.
// Sendable although it is not checked: sending is the one call of libuv's that is allowed on every thread, and the inbox
// sees to it that nobody sends when the handle is gone.
struct WakeHandle: @unchecked Sendable {
    let pointer: UnsafeMutablePointer<uv_async_t>

    /// Wakes the loop.
    ///
    /// It cannot fail for a handle that is open.
    func send() {
        uv_async_send(pointer)
    }
}
