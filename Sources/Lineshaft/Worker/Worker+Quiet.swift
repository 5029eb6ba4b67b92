//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Worker {
    /// Raises `signal` whenever the worker may have become quiet.
    ///
    /// For test harnesses.
    package func raiseWhenQuiet(_ signal: Signal) {
        quietSignal = signal
        signal.raise()
    }

    /// How many jobs run, when there is nothing else to do but to wait for them; `nil` while there is.
    package var runningWhileQuiet: Int? {
        let isQuiet =
            phase == .serving && isAttached && outbox.isEmpty && recordedEndings.isEmpty && !schedule.isBusy
            && schedule.settlingAtOnce == 0 && underWay.isEmpty && !lanes.canStart
            && openSlots == 0
            && !control.hasNews && nextMoment.map { $0 > jobs.clock.uptime } ?? true
            && (schedule.pause != nil || !lanes.wantsMore(prefetch: 0))
        // A run that was cancelled is about to end, or will count as stuck in a while.
        let isEnding = runs.all.contains { $0.run.cancellation != nil && !$0.run.isStuck }
        return isQuiet && !isEnding ? runs.count : nil
    }

    /// Whether the worker will run nothing any more.
    package var hasStopped: Bool { phase == .stopped }

    /// Makes the worker look what its clock says, as its alarm will.
    package func look() {
        control.wake.raise()
    }

    /// The worker, or one of its slots, is about to wait.
    func noteQuiet() {
        quietSignal?.raise()
    }
}
