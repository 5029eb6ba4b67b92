//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import Testing

@Suite(.timeLimit(.minutes(20)))
struct TimetableTests {
    private let noon = LocalTime.parse("2026-03-02 12:00")

    private func look(_ version: UInt64?, _ seconds: Int?) -> ScheduleDesk.Look {
        ScheduleDesk.Look(version: version, until: seconds.map { noon + .seconds($0) }, time: noon, uptime: .zero)
    }

    @Test
    func `What is new or has changed is looked at now, and the rest when it is due`() {
        var table = Timetable()
        #expect(table.nextMoment == nil)
        table.calibrate(noon, at: .seconds(100))
        table.note(["a": 1, "b": 1])
        #expect(table.due(at: .seconds(100)) == ["a", "b"])
        table.note(look(1, 60), of: "a")
        table.note(look(1, nil), of: "b")
        #expect(table.due(at: .seconds(159)) == [] && table.nextMoment == .seconds(160))
        #expect(table.due(at: .seconds(160)) == ["a"])
        table.note(["a": 1, "b": 2, "c": 9])
        #expect(table.due(at: .seconds(100)) == ["b", "c"])
        table.note(["a": 1])
        #expect(table.due(at: .seconds(1_000)) == ["a"])
    }

    @Test
    func `Times move with the store's clock`() {
        var table = Timetable()
        table.calibrate(noon, at: .seconds(100))
        table.note(["a": 1])
        table.note(look(1, 3_600), of: "a")
        #expect(table.nextMoment == .seconds(3_700))
        // Somebody has set that clock half an hour forward.
        table.calibrate(noon + .seconds(1_810), at: .seconds(110))
        #expect(table.nextMoment == .seconds(1_900))
    }

    @Test
    func `A failure is tried again at its time and not before, also when something has changed`() {
        var table = Timetable()
        table.calibrate(noon, at: .seconds(100))
        table.note(["a": 1])
        table.noteFailure(of: "a", retry: .seconds(105))
        table.note(["a": 2])
        #expect(table.due(at: .seconds(104)) == [] && table.due(at: .seconds(105)) == ["a"])
        table.note(look(2, 60), of: "a")
        #expect(table.nextMoment == .seconds(160))
    }

    @Test
    func `A schedule that is gone is forgotten, and one that others change is looked at again`() {
        var table = Timetable()
        table.calibrate(noon, at: .zero)
        table.note(["a": 1, "b": 1])
        table.note(look(nil, nil), of: "a")
        table.note(look(nil, 1), of: "b")
        #expect(table.due(at: .seconds(1)) == ["b"])
    }
}
