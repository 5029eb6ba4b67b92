//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Foundation
internal import Testing

@Suite("The fleet when something is wrong", .timeLimit(.minutes(20)))
struct FleetFailureTests {
    @Test("Without a broker, the error names all three places to name one", arguments: FleetCommandLine.all)
    func noBroker(command: FleetCommandLine) async throws {
        let folder = try TemporaryFolder()
        let result = try await ChildProcess.run(
            ["env", "-u", "LINESHAFT_URL", Program.fleet] + command.arguments,
            in: folder.url
        )
        #expect(result.code == 2)
        #expect(result.output.isEmpty)
        for place in ["--url", "LINESHAFT_URL", "--config"] {
            #expect(result.errors.joined().contains(place), "\(result.everything)")
        }
        #expect(try folder.names.isEmpty)
    }

    @Test("A wrong URL is refused, and one that leads nowhere is not waited for")
    func wrongURL() async throws {
        let nowhere = try TemporaryFolder()
        for (url, code, text) in [
            ("redis+unix://\(nowhere.path)/s", 3 as Int32, "no such file or directory"),
            ("redis://127.0.0.1:1", 3, "127.0.0.1:1"),
            ("redis://host:port", 2, "port"),
            ("rabbit://host", 2, "`rabbit:`"),
            ("hunter2", 2, "scheme"),
        ] {
            let result = try await ChildProcess.run([Program.fleet, "worker", "--url", url])
            #expect(result.code == code, "\(result.everything)")
            let error = try #require(result.errors.last)
            #expect(error.hasPrefix("fleet: ") && error.contains(text), "\(result.everything)")
            #expect(!result.everything.contains("hunter2"))
        }
    }

    @Test("A wrong password is an error that does not repeat it, and so is one that is missing")
    func wrongPassword() async throws {
        try await FleetTrial.run(["--requirepass", "secret1"]) { trial in
            let path = trial.url.dropFirst("redis+unix://".count)
            for command in [["worker"], ["send", "sum"], ["workers"], ["queues"]] {
                let result = try await trial.fleet(command + ["--url", "redis+unix://:hunter2@\(path)"])
                #expect(result.code == 3, "\(result.everything)")
                #expect(result.errors.last?.contains("password") == true, "\(result.everything)")
                #expect(!result.everything.contains("hunter2") && !result.everything.contains("secret1"))
            }
            let missing = try await trial.fleet(["queues"])
            #expect(missing.code == 3 && missing.errors.last?.contains("password") == true, "\(missing.everything)")
            #expect(try await trial.fleet(["queues", "--url", "redis+unix://:secret1@\(path)"]).code == 0)
        }
    }

    @Test("Wrong arguments and settings are refused before the broker is asked", arguments: WrongFleetArguments.all)
    func wrongArguments(_ wrong: WrongFleetArguments) async throws {
        let folder = try TemporaryFolder()
        try folder.write(#"{"lineshaft": {"worker": {"leese": "8s"}}}"#.utf8, to: "wrong.json")
        let result = try await ChildProcess.run(
            [Program.fleet] + wrong.arguments,
            in: folder.url,
            environment: ["LINESHAFT_URL": "redis+unix:///nowhere"].merging(wrong.settings) { $1 }
        )
        #expect(result.code == 2, "\(result.everything)")
        #expect(result.errors.joined(separator: " ").contains(wrong.message), "\(result.everything)")
    }

    @Test("The help names the exit codes, and that files need the same paths")
    func help() async throws {
        let help = try await ChildProcess.run([Program.fleet, "--help"])
        #expect(help.code == 0 && help.output.contains { $0.contains("130  interrupted") })
        let manifest = try await ChildProcess.run([Program.fleet, "send", "manifest", "--help"])
        #expect(manifest.output.joined(separator: " ").contains("must have the same absolute paths"))
        let worker = try await ChildProcess.run([Program.fleet, "worker", "--help"])
        #expect(worker.output.joined(separator: " ").contains("must find them at the same paths"))
    }
}

/// A subcommand that needs a broker.
struct FleetCommandLine: Sendable, CustomTestStringConvertible {
    let arguments: [String]

    var testDescription: String { arguments.joined(separator: " ") }

    static let all = [["worker"], ["send", "sum"], ["send", "manifest", "."], ["workers"], ["queues", "--json"]].map {
        FleetCommandLine(arguments: $0)
    }
}

/// What a user may get wrong.
struct WrongFleetArguments: Sendable, CustomTestStringConvertible {
    let arguments: [String]
    var settings: [String: String] = [:]
    let message: String

    var testDescription: String { (arguments + settings.map { "\($0.key)=\($0.value)" }).joined(separator: " ") }

    static let all = [
        WrongFleetArguments(arguments: ["dance"], message: "Unexpected argument 'dance'"),
        WrongFleetArguments(arguments: ["worker", "--queues", "default"], message: "is “default”"),
        WrongFleetArguments(arguments: ["worker", "--concurrency", "0"], message: "is “0”"),
        WrongFleetArguments(arguments: ["worker", "--mishaps", "2"], message: "“--mishaps” is 2.0"),
        WrongFleetArguments(
            arguments: ["worker", "--config", "missing.json"],
            message: "“missing.json” cannot be read"
        ),
        WrongFleetArguments(
            arguments: ["worker", "--config", "wrong.json"],
            message: "Did you mean `lineshaft.worker.lease`?"
        ),
        WrongFleetArguments(
            arguments: ["worker"],
            settings: ["LINESHAFT_WORKER_LEASE": "8"],
            message: "LINESHAFT_WORKER_LEASE"
        ),
        WrongFleetArguments(arguments: ["send", "sum", "--integers", "0"], message: "“--integers” is 0"),
        WrongFleetArguments(arguments: ["send", "sum", "--chunk-size", "0"], message: "“--chunk-size” is 0"),
        WrongFleetArguments(arguments: ["send", "manifest", "nowhere"], message: "“nowhere” cannot be found"),
        WrongFleetArguments(arguments: ["send", "manifest", ".", "-o", "."], message: "The output “.” is a folder."),
    ]
}
