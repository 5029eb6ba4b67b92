//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import ArgumentParser
internal import Foundation
internal import LineshaftRedis

/// The small C programs beside this benchmark, compiled when they are needed.
struct Companion {
    /// The folder with what was compiled, and with Redis's scripts.
    private let folder: String

    /// - Parameter folder: Where to put what is compiled; it exists.
    init(in folder: String) {
        self.folder = folder
    }

    /// What the C program made of the broker's scripts.
    struct Floor {
        /// Jobs a second, when each is enqueued, claimed and settled and nothing else is done.
        let rate: Double
        /// What each costs Redis.
        let serverMicroseconds: Double
    }

    /// Has the C program send the broker's scripts, with as many jobs a call as the broker had.
    func floor(_ socket: String, jobs: Int, batch: Double, claim: Double) throws -> Floor {
        for script in StorageScript.allCases {
            try script.source().write(toFile: "\(folder)/\(script.rawValue).lua", atomically: false, encoding: .utf8)
        }
        let program = try compile("redis-floor/floor.c", ["-lhiredis"])
        let text = try Child.run(
            [
                program, "--socket", socket, "--scripts", folder, "--jobs", "\(jobs)", "--payload", "2",
                "--batch", "\(Self.bounded(batch))", "--claim", "\(Self.bounded(claim))",
            ],
            output: folder + "/floor.out",
            advice: "It needs a Redis that nothing else uses."
        )
        let pattern = /enqueue (\d+)\/s ([\d.]+) us, turn (\d+)\/s ([\d.]+) us/
        guard let match = text.firstMatch(of: pattern), let enqueue = Double(match.1), let turn = Double(match.3),
            let enqueueCost = Double(match.2), let turnCost = Double(match.4)
        else { throw ValidationError("The C program printed something else than was expected: \(text)") }
        return Floor(rate: 1 / (1 / enqueue + 1 / turn), serverMicroseconds: enqueueCost + turnCost)
    }

    private static func bounded(_ count: Double) -> Int { min(max(Int(count.rounded()), 1), 256) }

    /// Starts a way to the server's socket on which every byte takes a while.
    func delay(_ socket: String, by microseconds: Int) throws -> (socket: String, process: Child) {
        let program = try compile("redis-delay/delay.c", [])
        let slow = folder + "/slow"
        let process = try Child([program, slow, socket, "\(microseconds)"], advice: "")
        while !FileManager.default.fileExists(atPath: slow) {
            if process.hasEnded { throw ValidationError("The delaying proxy ended before it was ready.") }
            usleep(10_000)
        }
        return (slow, process)
    }

    private func compile(_ source: String, _ libraries: [String]) throws -> String {
        let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path + "/" + source
        let program = folder + "/" + URL(filePath: source).deletingPathExtension().lastPathComponent
        if FileManager.default.fileExists(atPath: program) { return program }
        _ = try Child.run(
            ["clang", "-O2", path, "-o", program] + libraries,
            output: folder + "/clang.out",
            advice: "The C compiler comes with the toolchain, hiredis with “apt install libhiredis-dev”."
        )
        return program
    }
}
