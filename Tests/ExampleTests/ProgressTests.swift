//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import ExampleTerminal
internal import Lineshaft
internal import LineshaftTesting
internal import Synchronization
internal import Testing

@Suite("The progress display")
struct ProgressTests {
    @Test("On a terminal one line is redrawn, not faster than the eye follows, and left at the end")
    func redrawn() {
        var line = ProgressLine(style: .redrawn)
        #expect(line.show("1 of 3", at: .zero) == "\r\u{1B}[K1 of 3")
        #expect(line.show("2 of 3", at: .milliseconds(10)) == nil)
        #expect(line.show("3 of 3", at: .milliseconds(50)) == "\r\u{1B}[K3 of 3")
        #expect(line.finish(at: .milliseconds(51)) == "\n")
        #expect(line.finish(at: .milliseconds(52)) == nil)
    }

    @Test("Elsewhere lines come now and then, and the last one always")
    func lines() {
        var line = ProgressLine(style: .lines)
        #expect(line.show("1 of 3", at: .seconds(5)) == "1 of 3\n")
        #expect(line.show("2 of 3", at: .seconds(6)) == nil)
        #expect(line.show("2 of 3!", at: .seconds(6), isUrgent: true) == "2 of 3!\n")
        #expect(line.show("2 of 3!", at: .seconds(60), isUrgent: true) == nil)
        #expect(line.show("3 of 3", at: .seconds(61)) == "3 of 3\n")
        #expect(line.show("done", at: .seconds(62)) == nil)
        #expect(line.finish(at: .seconds(62)) == "done\n")
    }

    @Test("A line that stays goes above the progress")
    func say() {
        var line = ProgressLine(style: .redrawn)
        #expect(line.say("hello") == "hello\n")
        _ = line.show("1 of 3", at: .zero)
        #expect(line.say("hello") == "\r\u{1B}[Khello\n1 of 3")
        var plain = ProgressLine(style: .lines)
        _ = plain.show("1 of 3", at: .zero)
        #expect(plain.say("hello") == "hello\n")
    }

    @Test("A redrawn line never wraps")
    func width() {
        var line = ProgressLine(style: .redrawn)
        let long = String(repeating: "x", count: 200)
        #expect(line.show(long, at: .zero) == "\r\u{1B}[K" + long.prefix(79))
    }

    @Test(
        "The bar shows the part that is done",
        arguments: [
            (0, 4, "[----]   0 %"), (1, 4, "[#---]  25 %"), (4, 4, "[####] 100 %"), (0, 0, "[####] 100 %"),
            (9, 4, "[####] 100 %"), (-1, 4, "[----]   0 %"),
        ]
    )
    func bar(done: Int, total: Int, text: String) {
        #expect(ProgressLine.bar(done, of: total, width: 4) == text)
    }

    @Test("The display draws by its clock, and only when it is told something")
    func display() async {
        let clock = VirtualClock()
        let written = Mutex("")
        let display = ProgressDisplay(style: .lines, clock: clock) { text in written.withLock { $0 += text } }
        await display.show("1")
        await display.show("2")
        clock.advance(by: .seconds(2))
        #expect(written.withLock { $0 } == "1\n")
        await display.show("3")
        await display.show("4")
        await display.finish()
        #expect(written.withLock { $0 } == "1\n3\n4\n")
        #expect(clock.sleeperCount == 0)
    }
}

@Suite("Amounts")
struct AmountTests {
    @Test(arguments: [
        (Duration.zero, "0.00 s"), (.milliseconds(534), "0.53 s"), (.milliseconds(9_994), "9.99 s"),
        (.seconds(12.7), "12 s"), (.seconds(200), "3 min 20 s"),
    ])
    func durations(duration: Duration, words: String) {
        #expect(duration.inWords == words)
    }

    @Test(arguments: [
        (0, "0 bytes"), (1_023, "1023 bytes"), (1_536, "1.5 KiB"), (20 << 30, "20.0 GiB"), (Int.max, "8.0 EiB"),
    ])
    func bytes(count: Int, text: String) {
        #expect(count.asBytes == text)
    }

    @Test func numbers() {
        #expect([0, 999, 1_000, -1_234_567].map(\.grouped) == ["0", "999", "1,000", "-1,234,567"])
        #expect(1.of("file") == "1 file")
        #expect(2_000.of("file") == "2,000 files")
    }
}
