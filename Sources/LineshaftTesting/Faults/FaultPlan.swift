//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

/// Which calls and pushes go wrong, and how.
///
/// A plan is a value; each ``FaultInjector`` works its own copy off from the beginning.
public struct FaultPlan: Sendable {
    /// How likely each fault is at each call.
    ///
    /// What adds up to more than 1 leaves no call alone.
    public struct Chances: Sendable, Hashable {
        /// See ``Fault/drop``.
        public var drop: Double
        /// See ``Fault/loseAnswer``.
        public var loseAnswer: Double
        /// See ``Fault/delay(_:)``; the delay is drawn up to ``maximumDelay``.
        public var delay: Double
        /// See ``Fault/delayAnswer(_:)``; the delay is drawn up to ``maximumDelay``.
        public var delayAnswer: Double
        /// See ``Fault/duplicate``.
        public var duplicate: Double
        /// See ``Fault/die``.
        public var die: Double
        /// See ``Fault/dieAfter``.
        public var dieAfter: Double
        /// The longest delay.
        public var maximumDelay: Duration

        /// Creates chances; what is left out does not happen.
        public init(
            drop: Double = 0,
            loseAnswer: Double = 0,
            delay: Double = 0,
            delayAnswer: Double = 0,
            duplicate: Double = 0,
            die: Double = 0,
            dieAfter: Double = 0,
            maximumDelay: Duration = .seconds(1)
        ) {
            self.drop = drop
            self.loseAnswer = loseAnswer
            self.delay = delay
            self.delayAnswer = delayAnswer
            self.duplicate = duplicate
            self.die = die
            self.dieAfter = dieAfter
            self.maximumDelay = maximumDelay
        }
    }

    /// One fault of a script.
    public struct Entry: Sendable {
        let point: FaultPoint
        let number: Int
        let fault: Fault

        /// The fault that strikes one call.
        ///
        /// - Parameters:
        ///   - fault: What goes wrong.
        ///   - point: The kind of call.
        ///   - number: Which call of this kind, from 1.
        /// - Returns: The entry.
        public static func fault(_ fault: Fault, on point: FaultPoint, call number: Int = 1) -> Entry {
            Entry(point: point, number: number, fault: fault)
        }
    }

    private struct Rule: Sendable {
        let points: Set<FaultPoint>
        let chances: Chances
    }

    private var script: [FaultPoint: [Int: Fault]] = [:]
    private var rules: [Rule] = []
    private var counts: [FaultPoint: Int] = [:]
    private var generator: SeededGenerator

    /// Nothing goes wrong.
    public static let none = FaultPlan(generator: SeededGenerator(seed: 0))

    private init(generator: SeededGenerator) {
        self.generator = generator
    }

    /// A plan in which chosen calls go wrong, each in its way.
    ///
    /// - Parameter entries: The faults. Of two for one call, the later one holds.
    /// - Returns: The plan.
    public static func scripted(_ entries: Entry...) -> FaultPlan {
        scripted(entries)
    }

    /// A plan in which chosen calls go wrong, each in its way.
    ///
    /// - Parameter entries: The faults. Of two for one call, the later one holds.
    /// - Returns: The plan.
    public static func scripted(_ entries: [Entry]) -> FaultPlan {
        var plan = FaultPlan.none
        for entry in entries { plan.script[entry.point, default: [:]][entry.number] = entry.fault }
        return plan
    }

    /// A plan in which any call may go wrong.
    ///
    /// - Parameters:
    ///   - seed: What every fault follows from.
    ///   - chances: How likely each fault is.
    ///   - points: The kinds of calls that may go wrong; all of them by default.
    /// - Returns: The plan.
    public static func random(
        seed: UInt64,
        _ chances: Chances,
        on points: Set<FaultPoint> = Set(FaultPoint.allCases)
    ) -> FaultPlan {
        var plan = FaultPlan(generator: SeededGenerator(seed: seed, stream: "faults"))
        plan.rules = [Rule(points: points, chances: chances)]
        return plan
    }

    /// Adds faults of other chances to the same plan; the first that strikes holds.
    ///
    /// - Parameters:
    ///   - chances: How likely each fault is.
    ///   - points: The kinds of calls that may go wrong so.
    /// - Returns: The larger plan.
    public func and(_ chances: Chances, on points: Set<FaultPoint>) -> FaultPlan {
        var plan = self
        plan.rules.append(Rule(points: points, chances: chances))
        return plan
    }

    /// Decides about the next call of a kind.
    ///
    /// - Parameter point: The kind of call.
    /// - Returns: What goes wrong with it, or `nil`.
    public mutating func next(_ point: FaultPoint) -> Fault? {
        let number = counts[point, default: 0] + 1
        counts[point] = number
        if let fault = script[point]?[number] { return fault }
        for rule in rules where rule.points.contains(point) {
            if let fault = draw(rule.chances) { return fault }
        }
        return nil
    }

    /// Makes the next call of a kind go wrong.
    mutating func strike(_ point: FaultPoint, _ fault: Fault, after calls: Int) {
        script[point, default: [:]][counts[point, default: 0] + 1 + calls] = fault
    }

    private mutating func draw(_ chances: Chances) -> Fault? {
        var dice = Double.random(in: 0..<1, using: &generator)
        func falls(_ chance: Double, _ dice: inout Double) -> Bool {
            dice -= chance
            return dice < 0
        }
        if falls(chances.drop, &dice) { return .drop }
        if falls(chances.loseAnswer, &dice) { return .loseAnswer }
        if falls(chances.delay, &dice) { return .delay(generator.duration(upTo: chances.maximumDelay)) }
        if falls(chances.delayAnswer, &dice) { return .delayAnswer(generator.duration(upTo: chances.maximumDelay)) }
        if falls(chances.duplicate, &dice) { return .duplicate }
        if falls(chances.die, &dice) { return .die }
        if falls(chances.dieAfter, &dice) { return .dieAfter }
        return nil
    }
}
