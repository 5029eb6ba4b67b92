//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import ExampleTerminal

/// What a program tells the person who wants a manifest.
public enum ManifestWords: Sendable {
    /// The most failures that are named one by one; the manifest has all of them.
    private static let shownFailures = 10

    /// How far a run has come, as one line.
    public static func progress(_ status: ManifestRun.Status) -> String {
        let done = status.read + status.failed
        let amount = status.bytes.asBytes + (status.failed > 0 ? ", \(status.failed) failed" : "")
        guard status.isComplete else { return "\(done.grouped) of at least \(status.found.of("file")), \(amount)" }
        return "\(ProgressLine.bar(done, of: status.found))  \(done.grouped) of \(status.found.of("file")), \(amount)"
    }

    /// What an interrupted run has left undone.
    public static func interruption(_ status: ManifestRun.Status) -> String {
        let left = status.left.grouped
        return status.isComplete
            ? "Interrupted: \(left) of \(status.found.of("file")) left."
            : "Interrupted: at least \(left) files left; the folder had not been read to its end."
    }

    /// What a run has come to.
    ///
    /// - Parameters:
    ///   - totals: The manifest's totals.
    ///   - duration: How long it took.
    ///   - output: Where the manifest is.
    /// - Returns: One line.
    public static func summary(_ totals: Manifest.Totals, duration: Duration, output: String) -> String {
        let amount = "\(totals.bytes.asBytes), \(totals.lines.of("line"))"
        return "\(totals.files.of("file")), \(amount), \(totals.failed.grouped) failed, in \(duration.inWords); "
            + "the manifest is in \(output)"
    }

    /// What could not be read: some of it, and how much more there is.
    public static func failures(_ failures: [BytePath: String]) -> [String] {
        var lines = failures.sorted { $0.key < $1.key }.prefix(shownFailures).map { path, reason in
            "Failed: \(path.displayText) \(reason)"
        }
        if failures.count > shownFailures { lines.append("… and \((failures.count - shownFailures).grouped) more.") }
        return lines
    }
}
