//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// Decides what a progress display writes, and when.
///
/// It has no clock and writes nothing itself.
public struct ProgressLine: Sendable {
    /// How a display looks.
    public enum Style: Sendable, Hashable {
        /// One line that is drawn again and again in its place, for terminals.
        case redrawn
        /// A new line now and then, for files and pipes.
        case lines

        /// The least time between two drawings: what the eye follows, or what a log can bear.
        var interval: Duration {
            switch self {
            case .redrawn: .milliseconds(50)
            case .lines: .seconds(2)
            }
        }
    }

    /// What brings the cursor to the beginning of an empty line.
    private static let clear = "\r\u{1B}[K"
    /// The longest text that is redrawn: a line that wraps cannot be redrawn in place.
    private static let width = 79

    private let style: Style
    /// What was last asked for.
    private var text = ""
    /// What was last drawn, and when.
    private var drawn: (text: String, time: Duration)?

    /// Creates a line on which nothing has been drawn.
    public init(style: Style) {
        self.style = style
    }

    /// Takes a new text.
    ///
    /// - Parameters:
    ///   - text: The text, without a line end.
    ///   - time: The time, on a clock that never goes back.
    ///   - isUrgent: Whether to draw it although something was drawn just now.
    /// - Returns: What to write; `nil` for nothing.
    public mutating func show(_ text: String, at time: Duration, isUrgent: Bool = false) -> String? {
        self.text = text
        if let drawn, text == drawn.text || !isUrgent && time < drawn.time + style.interval { return nil }
        return draw(at: time)
    }

    /// Puts a line above the progress, where it stays.
    ///
    /// - Parameter line: The line, without a line end.
    /// - Returns: What to write.
    public func say(_ line: String) -> String {
        guard style == .redrawn, let drawn else { return line + "\n" }
        return Self.clear + line + "\n" + drawn.text.prefix(Self.width)
    }

    /// Draws what was last asked for, if it is not there yet, and leaves the line.
    ///
    /// - Parameter time: The time.
    /// - Returns: What to write; `nil` for nothing.
    public mutating func finish(at time: Duration) -> String? {
        guard !text.isEmpty else { return nil }
        let last = drawn?.text == text ? "" : draw(at: time)
        let end = style == .redrawn ? "\n" : ""
        text = ""
        drawn = nil
        return last + end
    }

    private mutating func draw(at time: Duration) -> String {
        drawn = (text, time)
        switch style {
        case .redrawn: return Self.clear + text.prefix(Self.width)
        case .lines: return text + "\n"
        }
    }
}

extension ProgressLine {
    /// A bar for the done part of a whole, such as `[#####---------------]  25 %`.
    ///
    /// - Parameters:
    ///   - done: The part.
    ///   - total: The whole; nothing at all counts as done.
    ///   - width: The number of characters between the brackets.
    /// - Returns: The bar and its percentage.
    public static func bar(_ done: Int, of total: Int, width: Int = 20) -> String {
        let fraction = total > 0 ? min(max(Double(done) / Double(total), 0), 1) : 1
        let filled = Int(fraction * Double(width))
        let percent = "\(Int(fraction * 100))"
        return "[" + String(repeating: "#", count: filled) + String(repeating: "-", count: width - filled) + "] "
            + String(repeating: " ", count: 3 - percent.count) + percent + " %"
    }
}
