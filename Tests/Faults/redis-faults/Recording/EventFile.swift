//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import ArgumentParser
internal import Foundation
internal import LineshaftTesting

/// A file that events are appended to, each at once: what was recorded is there however the process ends.
final class EventFile: Sendable {
    private let descriptor: CInt

    init(_ path: String) throws {
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw ValidationError("\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
    }

    deinit {
        close(descriptor)
    }

    /// Appends a line in one call, so that lines of many threads do not mix.
    ///
    /// A record with gaps would be judged wrongly, so the process ends when it cannot be kept.
    func append(_ event: HistoryEvent) {
        do {
            let line = Array(try event.jsonLine().utf8)
            let count = write(descriptor, line, line.count)
            if count != line.count { fatalError("The record cannot be written: \(String(cString: strerror(errno)))") }
        } catch {
            fatalError("An event cannot be encoded: \(error)")
        }
    }
}
