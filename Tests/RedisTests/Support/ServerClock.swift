//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Foundation
import Lineshaft
import Synchronization
import Testing

#if canImport(Glibc)
import Glibc
#endif

/// The wall clock of a server that a test has started, in the test's hands: it stands still until it is moved.
///
/// See `Tests/Servers/clock.c`, which is loaded into the server.
// Unchecked because of the pointer, to memory that lives as long as this and is only written under the lock.
final class ServerClock: @unchecked Sendable {
    private let file: URL
    /// Nanoseconds; the server is told of whole microseconds.
    private let time: Mutex<Int64>
    private let micros: UnsafeMutablePointer<Int64>

    /// Creates a clock.
    ///
    /// - Parameters:
    ///   - folder: Where its file is kept.
    ///   - start: What it shows.
    /// - Throws: When the file cannot be made.
    init(in folder: URL, start: Timestamp) throws {
        file = folder.appendingPathComponent("clock")
        try Data(count: MemoryLayout<Int64>.size).write(to: file)
        let descriptor = open(file.path, O_RDWR | O_CLOEXEC)
        try #require(descriptor >= 0, "\(file.path) cannot be opened: \(String(cString: strerror(errno)))")
        defer { close(descriptor) }
        let memory = mmap(nil, MemoryLayout<Int64>.size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        micros = try #require(memory == MAP_FAILED ? nil : memory?.bindMemory(to: Int64.self, capacity: 1))
        micros.pointee = start.nanosecondsSinceEpoch / 1_000
        time = Mutex(start.nanosecondsSinceEpoch)
    }

    deinit {
        munmap(micros, MemoryLayout<Int64>.size)
    }

    /// Moves the clock.
    func advance(by duration: Duration) {
        let (seconds, attoseconds) = duration.components
        time.withLock { time in
            time += seconds * 1_000_000_000 + attoseconds / 1_000_000_000
            micros.pointee = time / 1_000
        }
    }

    /// What the server's environment needs for it to go by this clock.
    func environment() throws -> [String: String] {
        ["LD_PRELOAD": try Self.library.get(), "LINESHAFT_CLOCK": file.path]
    }

    /// The compiled library, made once for all tests of the process.
    private static let library = Result { () throws -> String in
        let source = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Servers/clock.c")
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("lineshaft-clock-\(getpid())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let library = folder.appendingPathComponent("clock.so")
        let compiler = Process()
        compiler.executableURL = URL(filePath: "/usr/bin/env")
        compiler.arguments = [
            "clang", "-O1", "-fPIC", "-shared", "-Wall", "-Wextra", "-Werror", source.path, "-o", library.path,
        ]
        try compiler.run()
        compiler.waitUntilExit()
        try #require(compiler.terminationStatus == 0, "\(source.path) cannot be compiled")
        return library.path
    }
}
