//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import HeapModule

extension JobQueue {
    /// The limits of a queue, and what its rate has used up.
    struct Gate: Sendable {
        let limits: QueueLimits
        var meter: RateMeter?

        init(_ limits: QueueLimits, meter: RateMeter? = nil) {
            self.limits = limits
            self.meter = meter
        }
    }

    /// How many more jobs the queue's limits let it give out now.
    func allowance(at moment: Moment) -> Int {
        guard let gate else { return .max }
        let places = gate.limits.concurrency.map { max($0 - counts.running, 0) } ?? .max
        guard places > 0, let meter = gate.meter else { return places }
        return min(places, meter.available(at: moment.uptime))
    }

    /// How many nanoseconds until the queue's rate lets go on jobs that are ready; `nil` when it is not what they wait for.
    func rateWait(at moment: Moment) -> Int64? {
        guard let gate, let meter = gate.meter, !isPaused, counts.ready > 0 else { return nil }
        if let concurrency = gate.limits.concurrency, counts.running >= concurrency { return nil }
        let wait = meter.wait(at: moment.uptime)
        return wait > 0 ? wait : nil
    }

    /// Sets limits.
    ///
    /// - Returns: Whether they are others than before.
    mutating func setLimits(_ limits: QueueLimits, at moment: Moment) -> Bool {
        // Every process may say the same when it starts, so that must not refill the rate.
        guard limits != gate?.limits ?? .none else { return false }
        guard limits != .none else {
            gate = nil
            return true
        }
        let meter = limits.rate.map { rate in gate?.meter?.changed(to: rate, at: moment.uptime) ?? RateMeter(rate) }
        gate = Gate(limits, meter: meter)
        return true
    }
}

extension QueueTable {
    /// Limits how much of a queue is given out.
    package mutating func setLimits(_ limits: QueueLimits, queue: QueueName, at moment: Moment) {
        let number = number(of: queue)
        guard queues[number].setLimits(limits, at: moment) else { return }
        let running = queues[number].alarms.unordered
            .filter { queues[number].isCurrent($0, records, runs) }
            .map { records[$0.slot].envelope.name }
        queues[number].parts.setLimits(limits, running: running, at: moment.uptime)
        if queues[number].counts.ready > 0 { noteArrivals(queues[number].counts.ready, in: number) }
    }

    /// Jobs of a queue were given out.
    mutating func noteGiven(_ count: Int, of number: Int, at moment: Moment) {
        guard queues[number].gate?.meter != nil else { return }
        if count > 0 { queues[number].gate?.meter?.take(count, at: moment.uptime) }
        // Workers that wait without having been told when must not wait for longer than the rate does.
        if queues[number].rateWait(at: moment) != nil { noteSooner(number) }
    }

    /// Jobs of a queue were given out by turns.
    mutating func noteTurns(of number: Int, at moment: Moment) {
        queues[number].parts.dropEmptySections()
        if queues[number].parts.nextWait(at: moment.uptime) != nil { noteSooner(number) }
    }

    /// A job of a queue was given back by a worker that had not started it.
    mutating func noteUnstarted(in number: Int) {
        queues[number].gate?.meter?.giveBack()
    }
}
