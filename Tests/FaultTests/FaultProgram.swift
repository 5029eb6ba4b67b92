//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Foundation
import Synchronization
import Testing

#if canImport(Glibc)
import Glibc
#endif

/// The program `redis-faults`, as it was built beside the tests.
enum FaultProgram {
    /// What it prints of a scenario.
    private struct Line: Decodable {
        let result: String
        let remarks: [String]
        let violations: [String]
    }

    private struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Runs a scenario's short form.
    ///
    /// - Throws: When the program does not say what came of it.
    static func run(_ scenario: String) async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "lineshaft-faults-\(UUID().uuidString).json")
        defer { unlink(file.path) }
        let pid = try start(scenario, output: file.path)
        let hasEnded = Mutex(false)
        await withTaskCancellationHandler {
            await end(of: pid, hasEnded)
        } onCancel: {
            // It clears up after itself: servers, workers and all.
            hasEnded.withLock { hasEnded in
                if !hasEnded { _ = kill(pid, SIGTERM) }
            }
        }
        let text = try Data(contentsOf: file)
        guard !text.isEmpty else { throw Failure(description: "The scenario \(scenario) ended without a result.") }
        let line = try JSONDecoder().decode(Line.self, from: text)
        if line.result == "skipped" { print("\(scenario) was skipped: \(line.remarks.joined(separator: " "))") }
        #expect(["kept", "skipped"].contains(line.result), "\(line.violations.joined(separator: "\n"))")
    }

    /// Starts it with signals as in a fresh shell, whatever the test runner has done to its own.
    private static func start(_ scenario: String, output: String) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let command = [path, "run", scenario, "--short", "--json"]
        let arguments = command.map { strdup($0) } + [nil]
        let environment = ProcessInfo.processInfo.environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for string in arguments + environment { free(string) } }
        var pid: pid_t = 0
        let result = posix_spawn(&pid, path, &actions, &attributes, arguments, environment)
        guard result == 0 else {
            throw Failure(description: "\(path) cannot be started: \(String(cString: strerror(result)))")
        }
        return pid
    }

    /// Waits on a thread of its own, until the system may give the process's number to another.
    private static func end(of pid: pid_t, _ hasEnded: borrowing Mutex<Bool>) async {
        await onThread {
            var information = siginfo_t()
            while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) < 0, errno == EINTR {}
        }
        hasEnded.withLock { hasEnded in
            var status: Int32 = 0
            while waitpid(pid, &status, 0) < 0, errno == EINTR {}
            hasEnded = true
        }
    }

    private static func onThread(_ body: @escaping @Sendable () -> Void) async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            Thread.detachNewThread {
                body()
                continuation.resume()
            }
        }
    }

    private static var path: String {
        #if canImport(Darwin)
        let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") } ?? .main
        let folder = bundle.bundleURL.deletingLastPathComponent()
        #else
        let folder = Bundle.main.bundleURL
        #endif
        return folder.appending(path: "redis-faults").path
    }
}
