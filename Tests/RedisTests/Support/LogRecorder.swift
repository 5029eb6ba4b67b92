//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Logging

/// What a system has logged.
final class LogRecorder: Sendable {
    private let transcript = Transcript()

    /// How many lines contain a text.
    func count(of text: String) -> Int {
        transcript.text.split(separator: "\n").count { $0.contains(text) }
    }

    /// Suspends until a text has been logged; also, when the calling task is cancelled.
    func said(_ text: String) async {
        _ = await transcript.said(text)
    }

    /// A logger that is recorded from the level `debug` on.
    var logger: Logger {
        Logger(label: "redis") { _ in Handler(recorder: self) }
    }

    private struct Handler: LogHandler {
        let recorder: LogRecorder
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.debug

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let data = metadata.merging(event.metadata ?? [:]) { $1 }.map { "\($0)=\($1)" }.sorted()
            recorder.transcript.append("\(event.level): \(event.message) \(data.joined(separator: " "))\n")
        }
    }
}
