//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// A schedule as it was defined: everything that its users say.
package struct ScheduleDefinition: Sendable, Hashable, Codable {
    package var recurrence: Recurrence
    package var work: ScheduledWork
    package var missed: MissedTicks
    package var overlap: OverlapPolicy
    /// How long after its time a tick fires at most, in nanoseconds.
    package var jitter: Int64
    package var starts: Timestamp?
    package var ends: Timestamp?
}

/// A schedule and how far it has come: what a store keeps, and all processes share.
package struct ScheduleRecord: Sendable, Hashable, Codable, Identifiable {
    /// A tick that is to fire, or a run that somebody asked for.
    package struct Firing: Sendable, Hashable, Codable {
        /// Counts the firings of a schedule, each of which the broker accepts once: see ``ScheduleFence``.
        package let sequence: UInt64
        /// The tick's own time.
        package let tick: Timestamp
        /// Whether somebody asked for it.
        package let isManual: Bool
        /// What it takes the place of, and is to be cancelled.
        package let replaced: Last?

        package init(sequence: UInt64, tick: Timestamp, isManual: Bool, replaced: Last?) {
            self.sequence = sequence
            self.tick = tick
            self.isManual = isManual
            self.replaced = replaced
        }
    }

    /// What the last tick submitted.
    package struct Last: Sendable, Hashable, Codable {
        package let tick: Timestamp
        /// The job or workflow.
        package let job: JobID
        /// The job's queue, where it is looked for; `nil` for a workflow.
        package let queue: QueueName?

        package init(tick: Timestamp, job: JobID, queue: QueueName?) {
            self.tick = tick
            self.job = job
            self.queue = queue
        }
    }

    package let id: ScheduleID
    package var definition: ScheduleDefinition
    /// When the schedule was added, by the store's clock: what tells it from an earlier one of the same name.
    package let created: Timestamp
    /// What intervals are counted from.
    package var anchor: Timestamp
    package var isPaused: Bool
    /// Every tick up to here has been decided about.
    package var cursor: Timestamp
    /// The number of the last firing that was decided.
    package var sequence: UInt64
    /// The firings that were decided and may not have been submitted yet, in order.
    package var pending: [Firing]
    /// When they were decided.
    package var decided: Timestamp?
    package var last: Last?
    /// Why the last firing could not be submitted; `nil` when it was.
    package var problem: String?

    /// Creates the record of a schedule that is added.
    ///
    /// - Parameters:
    ///   - id: Its name.
    ///   - definition: What its users say.
    ///   - isPaused: Whether it is to wait until it is resumed.
    ///   - now: The store's time; earlier ticks are none of its.
    package init(id: ScheduleID, definition: ScheduleDefinition, isPaused: Bool, now: Timestamp) {
        self.id = id
        self.definition = definition
        self.isPaused = isPaused
        created = now
        anchor = definition.starts ?? now
        cursor = now
        sequence = 0
        pending = []
    }

    /// How far ahead of the clock a schedule must be to be brought back.
    private static let strayed = Duration.seconds(3_600)

    /// Takes over another definition.
    ///
    /// What has fired, and whether the schedule is paused, stays. Ticks of another recurrence count from now on.
    ///
    /// - Parameters:
    ///   - definition: The definition.
    ///   - now: The store's time.
    package mutating func redefine(as definition: ScheduleDefinition, now: Timestamp) {
        if definition.recurrence != self.definition.recurrence || definition.starts != self.definition.starts {
            anchor = definition.starts ?? now
            cursor = now
        }
        self.definition = definition
        problem = nil
    }

    /// Pauses, or goes on with the ticks from now on.
    ///
    /// - Parameters:
    ///   - isPaused: Whether to pause.
    ///   - now: The store's time.
    package mutating func setPaused(_ isPaused: Bool, now: Timestamp) {
        // Ticks of the pause were not missed, they were not wanted. Also the way to bring a schedule back from a future
        // into which a wrong clock has led it, but not because the clock was set right by seconds: ticks would fire again.
        if !isPaused, now > cursor || cursor > now + Self.strayed { cursor = now }
        self.isPaused = isPaused
    }

    /// Asks for a run at once.
    ///
    /// - Parameter now: The store's time.
    package mutating func runNow(_ now: Timestamp) {
        sequence += 1
        pending = [Firing(sequence: sequence, tick: now, isManual: true, replaced: nil)]
        decided = now
    }

    /// Notes that all pending firings have been submitted, or were given up.
    ///
    /// - Parameters:
    ///   - last: What the last tick submitted; `nil` when none did.
    ///   - problem: Why one was given up.
    package mutating func complete(last: Last?, problem: String?) {
        pending = []
        decided = nil
        self.last = last ?? self.last
        self.problem = problem
    }

    /// The identity of a firing's job, which every process derives alike.
    package func jobID(of firing: Firing) -> JobID {
        let what = firing.isManual ? "run \(firing.sequence)" : "tick \(firing.tick.nanosecondsSinceEpoch)"
        return JobID(derivedFrom: "lineshaft schedule \(id) \(created.nanosecondsSinceEpoch) \(what)")
    }

    /// What keeps a firing from being accepted twice.
    package func fence(of firing: Firing) -> ScheduleFence {
        ScheduleFence(schedule: id, created: created, sequence: firing.sequence)
    }
}
