//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Lineshaft

/// Judges a recorded history by the promises that Lineshaft makes, whichever broker it was recorded with.
///
/// It knows nothing of how a broker works. Where the order of two effects cannot be told from what was recorded, because
/// their calls overlapped or were never answered, it gives the benefit of the doubt.
public struct HistoryChecker: Sendable {
    /// How many times a job's lease may run out, as the workers were configured.
    public var poisonLimit: Int
    /// How far the clocks of the processes may disagree.
    public var tolerance: Duration
    /// The limits that held for queues from begin to end.
    public var limits: [QueueName: QueueLimits]
    /// Whether the history goes on until every job should have ended.
    public var isComplete: Bool
    /// Whether calls may have been sent again below the record, as after a broken connection.
    ///
    /// A settlement that was applied when it was sent first may be refused when it is sent again, because its job has been
    /// given to somebody else meanwhile; only the last answer is recorded.
    public var resends: Bool

    /// Creates a checker.
    ///
    /// - Parameters:
    ///   - poisonLimit: How many times a job's lease may run out, as the workers were configured.
    ///   - tolerance: How far the clocks of the processes may disagree; zero where they share one.
    ///   - limits: The limits that held for queues from begin to end.
    ///   - isComplete: Whether the history goes on until every job should have ended.
    ///   - resends: Whether calls may have been sent again below the record, as after a broken connection.
    public init(
        poisonLimit: Int = 5,
        tolerance: Duration = .zero,
        limits: [QueueName: QueueLimits] = [:],
        isComplete: Bool = true,
        resends: Bool = false
    ) {
        self.poisonLimit = poisonLimit
        self.tolerance = tolerance
        self.limits = limits
        self.isComplete = isComplete
        self.resends = resends
    }

    /// Finds every breach of a promise.
    ///
    /// - Parameter history: What happened, oldest first.
    /// - Returns: The breaches, by job in order of appearance; none for a good history.
    public func violations(in history: History) -> [HistoryViolation] {
        var stories = JobStories(history)
        if resends { stories.doubtRefusals() }
        var judge = Judge(
            poisonLimit: poisonLimit,
            tolerance: tolerance.saturatedNanoseconds,
            wallSlack: stories.wallSlack,
            isComplete: isComplete
        )
        for id in stories.order {
            guard let story = stories.stories[id] else { continue }
            judge.judgeOutcome(story)
            judge.judgeSettlements(story)
            judge.judgeDeliveries(story)
            judge.judgeStarts(story)
        }
        judge.judgeUniqueness(stories.order.compactMap { stories.stories[$0] })
        for (queue, limits) in limits.sorted(by: { $0.key < $1.key }) {
            judge.judgeLimits(limits, stories.order.compactMap { stories.stories[$0] }.filter { $0.queue == queue })
        }
        return judge.violations
    }
}

/// Collects violations while it goes through jobs.
struct Judge {
    let poisonLimit: Int
    let tolerance: Int64
    let wallSlack: Int64
    let isComplete: Bool
    private(set) var violations: [HistoryViolation] = []

    init(poisonLimit: Int, tolerance: Int64, wallSlack: Int64, isComplete: Bool) {
        self.poisonLimit = poisonLimit
        self.tolerance = tolerance
        self.wallSlack = wallSlack
        self.isComplete = isComplete
    }

    /// How far a wall-clock time may seem wrong without being so.
    var wallTolerance: Duration { .nanoseconds(tolerance + wallSlack) }

    mutating func note(_ rule: HistoryRule, _ story: JobStory, _ message: String, _ events: [Int]) {
        violations.append(HistoryViolation(rule: rule, job: story.id, message: message, events: events))
    }
}
