//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Foundation
internal import Lineshaft

/// What workflows of the scenario are made of: each notes its label and identity in a file.
enum Chord {
    /// A member, which returns its number.
    struct Member: Job {
        static let name: JobName = "chord.member"
        typealias Output = Int

        var number: Int
    }

    /// Takes what all members return.
    struct Sum: Job {
        static let name: JobName = "chord.sum"
        typealias Input = [Int]
        typealias Output = [Int]

        var label: String
        var file: String
    }

    /// Takes nothing.
    struct Callback: Job {
        static let name: JobName = "chord.callback"

        var label: String
        var file: String
    }

    /// What runs them in a worker.
    @HandlerBuilder static var handlers: [AnyHandler] {
        Handler(for: Member.self) { job, _ in
            try await SystemClock().sleep(for: .milliseconds(40))
            return job.number
        }
        Handler(for: Sum.self) { job, input, context in
            try note("sum \(job.label) \(context.id)", in: job.file)
            return input
        }
        Handler(for: Callback.self) { (job, context) -> Void in
            try note("callback \(job.label) \(context.id)", in: job.file)
        }
    }

    /// Appends a line in one call, so that processes do not disturb one another.
    private static func note(_ line: String, in path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw POSIXError(.EIO) }
        defer { close(descriptor) }
        let bytes = Array((line + "\n").utf8)
        guard write(descriptor, bytes, bytes.count) == bytes.count else { throw POSIXError(.EIO) }
    }
}
