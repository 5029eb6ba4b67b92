//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Lineshaft

/// Shows how far something has come: one line redrawn in place on a terminal, plain lines now and then anywhere else.
///
/// It draws when it is told something and never by itself, so it costs nothing while nothing happens.
public actor ProgressDisplay {
    private let clock: any QueueClock
    private let write: @Sendable (String) -> Void
    private var line: ProgressLine

    /// Creates a display.
    ///
    /// - Parameters:
    ///   - style: How it looks.
    ///   - clock: What decides how often it draws.
    ///   - write: Writes text as it is.
    public init(
        style: ProgressLine.Style,
        clock: any QueueClock = .system,
        write: @escaping @Sendable (String) -> Void
    ) {
        self.clock = clock
        self.write = write
        line = ProgressLine(style: style)
    }

    /// Creates a display on a stream, with the style that fits it.
    ///
    /// - Parameter terminal: The stream.
    public init(on terminal: Terminal) {
        self.init(style: terminal.isInteractive ? .redrawn : .lines, write: terminal.write)
    }

    /// Shows a text in place of the one before, unless that was drawn just now.
    ///
    /// - Parameters:
    ///   - text: The text, without a line end.
    ///   - isUrgent: Whether to draw it in any case.
    public func show(_ text: String, isUrgent: Bool = false) {
        if let output = line.show(text, at: clock.uptime, isUrgent: isUrgent) { write(output) }
    }

    /// Writes a line that stays.
    public func say(_ text: String) {
        write(line.say(text))
    }

    /// Draws the last text and leaves its line.
    ///
    /// Calling it again does nothing.
    public func finish() {
        if let output = line.finish(at: clock.uptime) { write(output) }
    }
}
