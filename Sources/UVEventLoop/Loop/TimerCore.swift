//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import CUV

/// A timer as libuv has it, which the loop keeps while it is open.
// Sendable although it is not checked: it is touched on the loop's thread alone, but for making it.
final class TimerCore: LoopHandle, @unchecked Sendable {
    let loop: LoopCore
    private var handle: UnsafeMutablePointer<uv_timer_t>?
    private var onFire: (() -> Void)?
    private var onClose: ((UVError) -> Void)?
    private var isRepeating = false

    init(loop: LoopCore) {
        self.loop = loop
    }

    var isActive: Bool { onFire != nil }

    func start(
        after delay: Duration,
        repeating interval: Duration?,
        onClose: ((UVError) -> Void)?,
        onFire: @escaping () -> Void
    ) throws(UVError) {
        if loop.isClosed { throw UVError.loopClosed(loop.name) }
        let handle = handle ?? open()
        self.onFire = onFire
        self.onClose = onClose
        isRepeating = interval != nil
        let period = interval.map { max($0.roundedUpMilliseconds, 1) } ?? 0
        uv_timer_start(
            handle,
            { handle in
                guard let data = handle?.pointee.data else { return }
                Unmanaged<TimerCore>.fromOpaque(data).takeUnretainedValue().fire()
            },
            wait(delay.roundedUpMilliseconds),
            period
        )
    }

    /// How long libuv has to wait from the loop's own time, which is that of the turn's beginning and lacks the fraction.
    private func wait(_ milliseconds: UInt64) -> UInt64 {
        if milliseconds == 0 { return 0 }
        let now = uv_now(loop.loop)
        let roundedUp = (uv_hrtime() + 999_999) / 1_000_000
        return milliseconds + (roundedUp > now ? roundedUp - now : 0)
    }

    private func open() -> UnsafeMutablePointer<uv_timer_t> {
        let handle = UnsafeMutablePointer<uv_timer_t>.allocate(capacity: 1)
        uv_timer_init(loop.loop, handle)
        // The loop keeps this object until the handle is closed.
        handle.pointee.data = Unmanaged.passUnretained(self).toOpaque()
        loop.keep(self)
        self.handle = handle
        return handle
    }

    private func fire() {
        let action = onFire
        if !isRepeating { forget() }
        action?()
    }

    func cancel() {
        if let handle { uv_timer_stop(handle) }
        forget()
    }

    /// Lets go of what it would call, and so of who started it.
    private func forget() {
        onFire = nil
        onClose = nil
    }

    /// Gives the handle back, for good.
    func close() {
        cancel()
        guard let handle else { return }
        self.handle = nil
        uv_close(UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)) { handle in
            guard let handle, let data = handle.pointee.data else { return }
            let timer = Unmanaged<TimerCore>.fromOpaque(data).takeUnretainedValue()
            UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_timer_t.self).deallocate()
            timer.loop.release(timer)
        }
    }

    func loopCloses() {
        let action = isActive ? onClose : nil
        close()
        action?(UVError.loopClosed(loop.name))
    }
}

extension Duration {
    /// Whole milliseconds, never less than the duration; nothing below zero.
    var roundedUpMilliseconds: UInt64 {
        let (seconds, attoseconds) = components
        if seconds < 0 || attoseconds < 0 { return 0 }
        let (whole, isTooLong) = UInt64(seconds).multipliedReportingOverflow(by: 1000)
        if isTooLong { return .max / 2 }
        let part = UInt64(attoseconds)
        return min(whole, .max / 4) + part / 1_000_000_000_000_000 + (part % 1_000_000_000_000_000 == 0 ? 0 : 1)
    }
}
