//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension ScheduleStoreConformance {
    /// What is kept.
    static let keeping: [Case] = [
        Case("A schedule is read as it was written, whatever its name and its bytes") { trial in
            let schedules = [
                trial.schedule("a", version: .max, []), trial.schedule("Ünï {code} \"7\"", version: 1, [0, 255, 10]),
                trial.schedule("b:c/d", version: 2, Array(repeating: 7, count: 100_000)),
            ]
            for schedule in schedules {
                let isWritten = try await trial.store.write(schedule, replacing: nil, isNews: true)
                try check("whether it was written", isWritten, is: true)
                try check("what is read", try await trial.store.read([schedule.id]).schedules, is: [schedule])
            }
            let all = try await trial.store.read(nil)
            try check("all of them", all.schedules, is: schedules.sorted { $0.id < $1.id })
            let versions = Dictionary(uniqueKeysWithValues: schedules.map { ($0.id, $0.version) })
            try check("the versions", try await trial.store.versions().versions, is: versions)
        },
        Case("What is not there is not read") { trial in
            _ = try await trial.store.write(trial.schedule(), replacing: nil, isNews: false)
            let reading = try await trial.store.read(["weekly", "nightly", "yearly"])
            try check("what is read", reading.schedules.map(\.id), is: ["nightly"])
            try check("what is read of none", try await trial.store.read([]).schedules, is: [])
        },
        Case("A write takes the place of the version that it names, and of no other") { trial in
            let store = trial.store
            func write(_ version: UInt64, replacing old: UInt64?) async throws -> Bool {
                try await store.write(trial.schedule(version: version, [UInt8(version)]), replacing: old, isNews: false)
            }
            try check("an absent version", try await write(2, replacing: 1), is: false)
            try check("the first", try await write(5, replacing: nil), is: true)
            try check("the first again", try await write(5, replacing: nil), is: true)
            try check("another first", try await write(7, replacing: nil), is: false)
            try check("another version", try await write(6, replacing: 4), is: false)
            try check("the right version", try await write(3, replacing: 5), is: true)
            try check("the same call again", try await write(3, replacing: 5), is: true)
            try check("one that was replaced since", try await write(5, replacing: nil), is: false)
            try check("what is there", try await store.read(nil).schedules, is: [trial.schedule(version: 3, [3])])
        },
        Case("Of writes at once one takes place") { trial in
            _ = try await trial.store.write(trial.schedule(), replacing: nil, isNews: false)
            let count = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in UInt64(2)..<22 {
                    group.addTask {
                        try await trial.store.write(trial.schedule(version: number), replacing: 1, isNews: false)
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            try check("the writes that took place", count, is: 1)
        },
        Case("A removed schedule is gone and can be added again") { trial in
            _ = try await trial.store.write(trial.schedule(), replacing: nil, isNews: false)
            try check("whether it was there", try await trial.store.remove("nightly", version: nil), is: true)
            try check("whether it still was", try await trial.store.remove("nightly", version: nil), is: false)
            try check("what is left", try await trial.store.read(nil).schedules, is: [])
            try check("the versions", try await trial.store.versions().versions, is: [:])
            let late = try await trial.store.write(trial.schedule(version: 2), replacing: 1, isNews: false)
            try check("a late write", late, is: false)
            let isWritten = try await trial.store.write(trial.schedule(version: 9), replacing: nil, isNews: false)
            try check("whether it is there again", isWritten, is: true)
        },
        Case("One version of a schedule can be removed, and no other one is") { trial in
            _ = try await trial.store.write(trial.schedule(version: 2), replacing: nil, isNews: false)
            try check("an old one", try await trial.store.remove("nightly", version: 1), is: false)
            try check("what is there", try await trial.store.read(nil).schedules.count, is: 1)
            try check("this one", try await trial.store.remove("nightly", version: 2), is: true)
            try check("once more", try await trial.store.remove("nightly", version: 2), is: false)
            try check("what is left", try await trial.store.read(nil).schedules, is: [])
        },
        Case("Time is the broker's") { trial in
            let before = try await trial.store.read([]).time
            try check("the time", try await trial.store.versions().time, is: before)
            try await trial.fixture.advance(by: .seconds(90))
            let after = try await trial.store.read([]).time
            try check("what has passed", before.duration(to: after), is: .seconds(90))
        },
        Case("2,000 schedules are kept") { trial in
            let schedules = (0..<2_000).map { trial.schedule(ScheduleID("schedule \(10_000 + $0)")) }
            for schedule in schedules { _ = try await trial.store.write(schedule, replacing: nil, isNews: false) }
            try check("the number", try await trial.store.versions().versions.count, is: 2_000)
            try check("what is read", try await trial.store.read(nil).schedules, is: schedules)
        },
        Case("A store that was shut down says so") { trial in
            await trial.broker.shutdown()
            try await check("reading", throws: .closed) { _ = try await trial.store.read(nil) }
            try await check("writing", throws: .closed) {
                _ = try await trial.store.write(trial.schedule(), replacing: nil, isNews: true)
            }
            try await check("submitting", throws: .closed) { _ = try await trial.submit(1, under: trial.fence(1)) }
        },
    ]

    /// What fences do.
    static let fencing: [Case] = [
        Case("Under a fence each number is let in once, and none that is lower") { trial in
            for (number, sequence) in [(1, 1), (2, 1), (3, 5), (4, 4), (5, 5), (6, 6)] as [(UInt64, UInt64)] {
                try check(
                    "receipt \(number)",
                    try await trial.submit(number, under: trial.fence(sequence)),
                    is: .accepted
                )
            }
            let expected = [1, 3, 6].map { trial.envelope($0).id }
            try check("the jobs", try await trial.runAll(), is: expected)
        },
        Case("Fences of other schedules, and of a later one of the same name, are others") { trial in
            for (number, fence) in [
                (1, trial.fence(1)), (2, trial.fence(1, of: "weekly")), (3, trial.fence(1, created: 1)),
            ] as [(UInt64, ScheduleFence)] {
                _ = try await trial.submit(number, under: fence)
            }
            try check("the number of jobs", try await trial.runAll().count, is: 3)
        },
        Case("A fence outlives the job and its outcome") { trial in
            let brief = trial.envelope(1) { $0.retention = .zero }
            _ = try await trial.store.submit(Submission(brief), under: trial.fence(1))
            try check("the jobs", try await trial.runAll(), is: [brief.id])
            for days in [0, 1, 20] {
                try await trial.fixture.advance(by: .seconds(86_400 * days))
                let receipt = try await trial.store.submit(Submission(brief), under: trial.fence(1))
                try check("the receipt after \(days) days", receipt, is: .accepted)
                try check("the jobs after \(days) days", try await trial.runAll(), is: [])
            }
        },
        Case("Of submissions at once under one number one is kept") { trial in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in UInt64(0)..<20 {
                    group.addTask { _ = try await trial.submit(number, under: trial.fence(1)) }
                }
                try await group.waitForAll()
            }
            try check("the number of jobs", try await trial.runAll().count, is: 1)
        },
        Case("A job that a full queue does not take does not use up its number") { trial in
            _ = try await trial.submit(1, under: trial.fence(1))
            let full = try await trial.submit(2, under: trial.fence(2), maximumLength: 1)
            try check("the receipt", full, is: .full)
            try await trial.runAll()
            let later = try await trial.submit(2, under: trial.fence(2), maximumLength: 1)
            try check("the later receipt", later, is: .accepted)
            try check("the number of jobs", try await trial.runAll().count, is: 1)
        },
        Case("A duplicate is told of and uses up its number") { trial in
            let key = UniqueClaim(key: "k", window: nil)
            let first = trial.envelope(1) { $0.unique = key }
            let second = trial.envelope(2) { $0.unique = key }
            _ = try await trial.store.submit(Submission(first), under: trial.fence(1))
            let receipt = try await trial.store.submit(Submission(second), under: trial.fence(2))
            try check("the receipt", receipt, is: .duplicate(of: first.id))
            try await trial.runAll()
            _ = try await trial.store.submit(Submission(second), under: trial.fence(2))
            try check("the jobs", try await trial.runAll(), is: [])
        },
        Case("A job that was let in is a job like others") { trial in
            let due = trial.fixture.clock.now + .seconds(60)
            let envelope = trial.envelope(1) { details in
                details.start = due
                details.headers = ["a": "b"]
            }
            _ = try await trial.store.submit(Submission(envelope), under: trial.fence(1))
            try check("the jobs before their time", try await trial.runAll(), is: [])
            try check("what is found", try await trial.broker.inspector?.find(envelope.id)?.envelope, is: envelope)
            try await trial.fixture.advance(by: .seconds(61))
            try check("the jobs", try await trial.runAll(), is: [envelope.id])
        },
    ]

    /// What observers are told.
    static let telling: [Case] = [
        Case("Observers are told of news and removals, and not of ticks") { trial in
            let (observer, count) = trial.makeObserver()
            try await trial.store.attach(observer)
            try await trial.settleDown()
            var last = count()
            func expectNews(_ isExpected: Bool, _ what: String) async throws {
                try await trial.settleDown()
                try check("whether it was told of \(what)", count() > last, is: isExpected)
                last = count()
            }
            _ = try await trial.store.write(trial.schedule(version: 1), replacing: nil, isNews: true)
            try await expectNews(true, "a new schedule")
            _ = try await trial.store.write(trial.schedule(version: 2), replacing: 1, isNews: false)
            try await expectNews(false, "a tick")
            _ = try await trial.store.write(trial.schedule(version: 3), replacing: 1, isNews: true)
            try await expectNews(false, "a write that was refused")
            _ = try await trial.store.write(trial.schedule(version: 3), replacing: 2, isNews: true)
            try await expectNews(true, "a change")
            _ = try await trial.store.remove("nightly", version: nil)
            try await expectNews(true, "a removal")
            await trial.store.detach(observer)
            _ = try await trial.store.write(trial.schedule(version: 4), replacing: nil, isNews: true)
            try await expectNews(false, "a change after it was detached")
        },
        Case("Observers are told which schedule it is") { trial in
            let (observer, ids) = trial.makeListener()
            try await trial.store.attach(observer)
            try await trial.settleDown()
            try check(!ids().isEmpty && ids().allSatisfy { $0 == nil }, "At first it was told of \(ids()).")
            let count = ids().count
            _ = try await trial.store.write(trial.schedule(version: 1), replacing: nil, isNews: true)
            _ = try await trial.store.remove("nightly", version: 1)
            try await trial.settleDown()
            try check("what it was told of", Array(ids().dropFirst(count)), is: ["nightly", "nightly"])
            await trial.store.detach(observer)
        },
        Case("Several observers are told, and one that goes leaves the others alone") { trial in
            let (first, firstCount) = trial.makeObserver()
            let (second, secondCount) = trial.makeObserver()
            try await trial.store.attach(first)
            try await trial.store.attach(second)
            await trial.store.detach(first)
            try await trial.settleDown()
            let before = (firstCount(), secondCount())
            _ = try await trial.store.write(trial.schedule(), replacing: nil, isNews: true)
            try await trial.settleDown()
            try check("the one that went", firstCount(), is: before.0)
            try check(secondCount() > before.1, "The other one was not told.")
        },
    ]
}
