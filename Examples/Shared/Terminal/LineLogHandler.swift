//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
public import Logging

/// Writes log lines for people: the time of day, the message, and what it is about.
///
/// `12:04:31 warning  The broker failed (error: …)`
public struct LineLogHandler: LogHandler {
    /// The least level that is written.
    public var logLevel = Logger.Level.info
    /// What every line is about.
    public var metadata: Logger.Metadata = [:]
    /// Where more of that comes from.
    public var metadataProvider: Logger.MetadataProvider?

    /// Creates a handler that writes what is worth a line.
    public init() {}

    /// What every line is about, by key.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes a line.
    public func log(event: LogEvent) {
        let provided = metadataProvider?.get() ?? [:]
        let all = metadata.merging(provided) { _, new in new }.merging(event.metadata ?? [:]) { _, new in new }
        let details = all.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
        // `2026-11-21T12:04:31.112Z`
        let time = SystemClock().now.description.dropFirst(11).prefix(8)
        Terminal.errors.print("\(time) \(event.level)  \(event.message)\(details.isEmpty ? "" : " (\(details))")")
    }
}
