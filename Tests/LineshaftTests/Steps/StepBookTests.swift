//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import Testing

@Suite("The steps of a run", .timeLimit(.minutes(20)))
struct StepBookTests {
    @Test("Steps are numbered on from those that were recorded, and their places counted from the handler's first")
    func numbering() throws {
        var first = StepBook()
        #expect(try first.runs("a").place == 1)
        #expect(try first.runs("b") == StepRecord(number: 2, place: 2, name: "b", value: [1]))
        var second = StepBook([("a", 1), ("b", 2)])
        #expect(try second.begin("a", isOwn: true) == .recorded([1]))
        #expect(try second.begin("b", isOwn: true) == .recorded([2]))
        #expect(try second.runs("c") == StepRecord(number: 3, place: 3, name: "c", value: [1]))
    }

    @Test("Steps of child tasks and steps inside steps have no place and may come in any order")
    func unplaced() throws {
        var book = StepBook()
        #expect(try book.begin("outer", isOwn: true) == .run)
        #expect(try book.runs("inner").place == 0)
        #expect(try book.runs("child", isOwn: false).place == 0)
        #expect(try book.finish("outer", value: []).place == 1)
        #expect(try book.runs("next").place == 2)
    }

    @Test("After a step that threw, nothing has a place: the handler may have taken another way")
    func failed() throws {
        var book = StepBook()
        #expect(try book.begin("a", isOwn: true) == .run)
        book.abandon("a")
        #expect(try book.runs("around").place == 0)
        #expect(try book.runs("a").place == 0)
        var cancelled = StepBook()
        cancelled.noteCancellation()
        #expect(try cancelled.runs("a").place == 0)
    }

    @Test("A step that could not be recorded may be asked for again, and its bytes do not count")
    func takenBack() throws {
        var book = StepBook(policy: StepPolicy(maximumCount: 1, maximumTotalSize: 4))
        let step = try book.runs("a", value: [1, 2, 3])
        book.takeBack(step)
        #expect(try book.runs("a", value: [1, 2, 3]).number == 2)
    }

    @Test("Another step at a recorded place, or a recorded step at another place, is refused from then on")
    func order() {
        let wrong = [["b"], ["new"], ["a", "c"], ["a", "new"], ["a", "b", "x"]]
        for names in wrong {
            var book = StepBook([("a", 1), ("b", 2), ("c", 3)])
            #expect(throws: StepError.self, "\(names)") {
                for name in names { _ = try book.begin(name, isOwn: true) }
            }
            let error = #expect(throws: StepError.self) { try book.begin("a", isOwn: false) }
            #expect(error?.code == .outOfOrder)
        }
    }

    @Test("A place that nothing was recorded at says nothing, and child tasks are never out of order")
    func tolerance() throws {
        var book = StepBook([("a", 0), ("b", 0), ("d", 3)])
        #expect(try book.begin("b", isOwn: true) == .recorded([2]))
        #expect(try book.begin("c", isOwn: true) == .run)
        #expect(try book.begin("a", isOwn: false) == .recorded([1]))
        #expect(try book.begin("d", isOwn: false) == .recorded([3]))
    }

    @Test("Without the check of order only names count, and no place is recorded")
    func unchecked() throws {
        var book = StepBook([("a", 1), ("b", 2)], policy: StepPolicy(checksOrder: false))
        #expect(try book.begin("b", isOwn: true) == .recorded([2]))
        #expect(try book.begin("new", isOwn: true) == .run)
        #expect(try book.begin("a", isOwn: true) == .recorded([1]))
        #expect(try book.finish("new", value: []).place == 0)
    }

    @Test("A name is used once, whether its step is open, done or recorded")
    func duplicates() throws {
        var book = StepBook([("old", 0)])
        #expect(try book.begin("old", isOwn: true) == .recorded([1]))
        #expect(try book.begin("open", isOwn: false) == .run)
        _ = try book.runs("done")
        for name in ["old", "open", "done"] {
            let error = #expect(throws: StepError.self) { try book.begin(name, isOwn: true) }
            #expect(error?.code == .duplicateName)
        }
    }

    @Test("Names are from 1 to 200 bytes long")
    func names() throws {
        var book = StepBook()
        for name in ["", String(repeating: "ä", count: 101)] {
            let error = #expect(throws: StepError.self) { try book.begin(name, isOwn: true) }
            #expect(error?.code == .invalidName)
        }
        #expect(try book.begin(String(repeating: "ä", count: 100), isOwn: true) == .run)
    }

    @Test("A step too many is refused before it runs, those that are open included")
    func count() throws {
        var book = StepBook([("a", 1)], policy: StepPolicy(maximumCount: 2))
        #expect(try book.begin("b", isOwn: false) == .run)
        let error = #expect(throws: StepError.self) { try book.begin("c", isOwn: false) }
        #expect(error?.code == .limitExceeded)
        book.abandon("b")
        #expect(try book.begin("c", isOwn: false) == .run)
    }

    @Test("A value that is too large, or too much with the others, is refused and counts for nothing")
    func sizes() throws {
        var book = StepBook(policy: StepPolicy(maximumValueSize: 10, maximumTotalSize: 20))
        _ = try book.runs("a", value: [UInt8](repeating: 0, count: 10))
        for size in [11, 9] {
            #expect(try book.begin("b", isOwn: true) == .run)
            let value = [UInt8](repeating: 0, count: size)
            let error = #expect(throws: StepError.self) { try book.finish("b", value: value) }
            #expect(error?.code == .limitExceeded)
        }
        #expect(try book.runs("b", value: [UInt8](repeating: 0, count: 8)).number == 2)
    }

    @Test("Random handlers never come to be out of order, whatever fails and however often they start again")
    func noFalseAlarms() throws {
        var generator = Xoshiro256(seed: 20_261_121)
        for _ in 0..<300 {
            let plan = (0..<Int.random(in: 1...8, using: &generator)).map { _ in
                RandomStep(isOwn: .random(using: &generator), isCaught: .random(using: &generator))
            }
            var records: [StepRecord] = []
            for _ in 0..<60 {
                var book = StepBook(job: "job", policy: StepPolicy(), records: records)
                try run(plan, &book, &records, &generator)
            }
            #expect(Set(records.map(\.number)).count == records.count)
        }
    }

    private struct RandomStep {
        let isOwn: Bool
        /// Whether the handler goes another way when the step throws.
        let isCaught: Bool
    }

    /// A handler whose steps throw at random, and which crashes at random.
    private func run(
        _ plan: [RandomStep],
        _ book: inout StepBook,
        _ records: inout [StepRecord],
        _ generator: inout Xoshiro256
    ) throws {
        for (index, step) in plan.enumerated() {
            if Int.random(in: 0..<10, using: &generator) == 0 { return }
            guard try book.begin("\(index)", isOwn: step.isOwn) == .run else { continue }
            if Int.random(in: 0..<3, using: &generator) == 0 {
                book.abandon("\(index)")
                if !step.isCaught { return }
                guard try book.begin("\(index) around", isOwn: step.isOwn) == .run else { continue }
                records.append(try book.finish("\(index) around", value: []))
            } else {
                records.append(try book.finish("\(index)", value: []))
            }
        }
    }
}

extension StepBook {
    /// A book with records whose values are their numbers.
    fileprivate init(_ records: [(name: String, place: Int)] = [], policy: StepPolicy = StepPolicy()) {
        self.init(
            job: "job 1",
            policy: policy,
            records: records.enumerated().map { index, record in
                StepRecord(number: index + 1, place: record.place, name: record.name, value: [UInt8(index + 1)])
            }
        )
    }

    /// Runs a step that nothing was recorded of.
    fileprivate mutating func runs(_ name: String, isOwn: Bool = true, value: [UInt8] = [1]) throws -> StepRecord {
        #expect(try begin(name, isOwn: isOwn) == .run)
        return try finish(name, value: value)
    }
}
