//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Logging

extension Worker {
    /// Shutdown was asked for.
    func beginShutdown() {
        guard phase == .serving else { return }
        phase = .draining(until: jobs.clock.uptime + configuration.shutdown.finish)
        returnUnstarted()
        logger.info("The worker shuts down; running jobs may finish", metadata: ["running": "\(runs.count)"])
    }

    /// Takes the next step of shutdown once the one before is done or its time is up.
    func advanceShutdown() {
        let uptime = jobs.clock.uptime
        if case .draining(let end) = phase {
            if runs.count == runs.stuckCount {
                phase = .closing(until: uptime + configuration.shutdown.release)
            } else if uptime >= end {
                cancelAllRuns()
            }
        }
        if case .cancelling(let end) = phase {
            if runs.count == runs.stuckCount {
                phase = .closing(until: uptime + configuration.shutdown.release)
            } else if uptime >= end {
                for (slot, _) in runs.all { giveUp(slot: slot) }
                phase = .closing(until: uptime + configuration.shutdown.release)
            }
        }
        if case .closing(let end) = phase {
            // What is on its way may come back, or bring jobs.
            if !isAttached {
                phase = .stopped
            } else if outbox.isEmpty && !schedule.isBusy && schedule.settlingAtOnce == 0 {
                phase = .leaving(until: uptime + configuration.shutdown.release)
            } else if uptime >= end {
                logger.warning(
                    "The broker could not be told about all jobs in time; their leases will run out",
                    metadata: ["jobs": "\(outbox.count)"]
                )
                phase = .leaving(until: uptime + configuration.shutdown.release)
            }
        }
        if case .leaving(let end) = phase, uptime >= end { phase = .stopped }
    }

    /// The task that runs the worker was cancelled, and with it every handler.
    func noteCancellation() {
        switch phase {
        case .created, .serving, .draining:
            returnUnstarted()
            cancelAllRuns()
            control.wake.raise()
        case .cancelling, .closing, .leaving, .stopped:
            break
        }
    }

    private func cancelAllRuns() {
        logger.info("The worker cancels what is still running", metadata: ["running": "\(runs.count)"])
        for (slot, _) in runs.all { cancelRun(slot: slot, .shutdown) }
        phase = .cancelling(until: jobs.clock.uptime + configuration.shutdown.cancel)
    }

    /// The broker is closed for good: nothing that is still here can be told to anybody.
    func abandon(_ error: BrokerError) {
        logger.warning("The broker is closed; the worker stops", metadata: ["error": "\(error)"])
        _ = lanes.drainAll()
        for (slot, _) in runs.all { cancelRun(slot: slot, .leaseLost) }
        phase = .stopped
    }
}

extension Worker {
    /// Changes how many jobs of a queue run at once.
    ///
    /// More start at once; of fewer, those that run now finish first.
    ///
    /// - Parameters:
    ///   - concurrency: The number.
    ///   - queue: One of the worker's queues.
    /// - Throws: ``ConfigurationError`` when the number is out of range or the worker does not serve the queue.
    public func setConcurrency(_ concurrency: Int, of queue: QueueName) throws {
        try WorkerQueues.check(concurrency, "a concurrency", of: queue)
        guard lanes.setConcurrency(concurrency, of: queue) else { throw notServed(queue) }
        schedule.announcement = .zero
        // The broker may count on room that is gone.
        schedule.hasLessRoom = true
        lanes.expectMore()
        control.wake.raise()
    }

    /// Takes no more jobs of a queue in this worker; others go on.
    ///
    /// What was claimed and not started goes back.
    ///
    /// To pause a queue everywhere, use ``JobSystem/pause(_:)``.
    ///
    /// - Parameter queue: One of the worker's queues.
    /// - Throws: ``ConfigurationError`` when the worker does not serve the queue.
    public func pause(_ queue: QueueName) throws {
        let (isServed, returned) = lanes.setPaused(true, queue)
        guard isServed else { throw notServed(queue) }
        putBack(returned)
        schedule.hasLessRoom = true
        lanes.expectMore()
        control.wake.raise()
    }

    /// Takes jobs of a queue again that was paused in this worker.
    ///
    /// - Parameter queue: One of the worker's queues.
    /// - Throws: ``ConfigurationError`` when the worker does not serve the queue.
    public func resume(_ queue: QueueName) throws {
        guard lanes.setPaused(false, queue).isServed else { throw notServed(queue) }
        control.wake.raise()
    }

    private func notServed(_ queue: QueueName) -> ConfigurationError {
        ConfigurationError(
            code: .invalidValue,
            message: "The worker “\(id)” does not serve the queue “\(queue)”. It serves "
                + lanes.report.map { "“\($0.name)”" }.joined(separator: ", ") + "."
        )
    }
}
