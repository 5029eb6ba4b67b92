//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Configuration
internal import Lineshaft
internal import LineshaftConfiguration
internal import Testing

@Suite("Wrong settings", .timeLimit(.minutes(20)))
struct WrongSettingsTests {
    @Test("A wrong value is an error that names key, variable, value and what it must be", arguments: Wrong.inVariables)
    func inVariables(_ wrong: Wrong) throws {
        let error = try #require(throws: ConfigurationError.self) {
            try Settings(from: environment([wrong.setting.environmentName: wrong.value]))
        }
        #expect(error.message.contains("`\(wrong.setting.key)`"))
        #expect(error.message.contains(wrong.setting.environmentName))
        #expect(error.message.contains(wrong.shown), "\(error)")
        #expect(error.message.contains(wrong.setting.expectation))
    }

    @Test("Every setting but the free texts refuses nonsense, so every one is read")
    func everySettingIsRead() {
        for setting in Setting.all {
            let nonsense = if case .text = setting.kind { "" } else if setting.isSecret { "" } else { "nonsense" }
            #expect(throws: ConfigurationError.self, "\(setting.key)") {
                try Settings(from: environment([setting.environmentName: nonsense]))
            }
        }
    }

    @Test("A value of the wrong JSON type is an error, and never ignored", arguments: Wrong.inFiles)
    func inFiles(_ wrong: Wrong) async throws {
        let last = try #require(wrong.setting.path.last)
        var text = "{\"\(last)\": \(wrong.value)}"
        for part in ([Setting.scope] + wrong.setting.path.dropLast()).reversed() { text = "{\"\(part)\": \(text)}" }
        let file = try TemporaryFile(text)
        let reader = try await Settings.reader(file: file.path)
        let error = try #require(throws: ConfigurationError.self) { try Settings(from: reader) }
        #expect(error.message.contains("`\(wrong.setting.key)`"))
        #expect(error.message.contains(wrong.shown), "\(error)")
    }

    @Test("What is wrong with a URL is said without the URL")
    func secrets() async throws {
        let error = try #require(throws: ConfigurationError.self) {
            try Settings(from: environment(["LINESHAFT_URL": ""]))
        }
        #expect(error.message.contains("`lineshaft.url`") && error.message.contains("LINESHAFT_URL"))
        let file = try TemporaryFile(#"{"lineshaft": {"url": ["hunter2"]}}"#)
        let reader = try await Settings.reader(file: file.path)
        let other = try #require(throws: ConfigurationError.self) { try Settings(from: reader) }
        #expect(!other.message.contains("hunter2") && other.message.contains("`lineshaft.url`"))
    }

    @Test("A queue that is served twice is named")
    func twice() throws {
        let error = try #require(throws: ConfigurationError.self) {
            try Settings(from: environment(["LINESHAFT_WORKER_QUEUES": "mail=1,mail=2"]))
        }
        #expect(error.message.contains("the queue “mail” twice"))
    }

    @Test("A queue's name, concurrency and length are held to their ranges")
    func ranges() throws {
        for (name, value) in [
            ("LINESHAFT_WORKER_QUEUES", "mail=0"), ("LINESHAFT_WORKER_QUEUES", "mail=1:0"),
            ("LINESHAFT_WORKER_QUEUES", "{mail}=1"), ("LINESHAFT_LENGTH_LIMITS", "mail=0"),
        ] {
            let error = try #require(throws: ConfigurationError.self) { try Settings(from: environment([name: value])) }
            #expect(error.message.contains(name) && error.message.contains("mail"))
        }
    }
}

@Suite("Configuration files", .timeLimit(.minutes(20)))
struct ConfigurationFileTests {
    @Test(
        "An unknown key is an error with a remedy",
        arguments: [
            (#"{"lineshaft": {"worker": {"leese": "8s"}}}"#, "`lineshaft.worker.leese`", "`lineshaft.worker.lease`?"),
            (#"{"lineshaft": {"worker.nam": "8s"}}"#, "`lineshaft.worker.nam`", "`lineshaft.worker.name`?"),
            (#"{"lineshaft": {"colour": "red"}}"#, "`lineshaft.colour`", "out of `lineshaft`"),
            (#"{"lineshaft": {"worker": 3}}"#, "`lineshaft.worker`", "an object with keys of its own"),
            (#"{"lineshaft": "redis://:hunter2@host"}"#, "`lineshaft`", "an object with keys of its own"),
            (
                #"{"lineshaft": {"worker": {"queues": {"default": 10}}}}"#, "`lineshaft.worker.queues.default`",
                "`lineshaft.worker.queues` has no keys of its own: it must be a list"
            ),
        ]
    )
    func unknownKey(text: String, key: String, remedy: String) async throws {
        let file = try TemporaryFile(text)
        let message = await message(file.path)
        #expect(message.contains("“\(file.path)”"))
        #expect(message.contains(key) && message.contains(remedy), "\(message)")
        #expect(!message.contains("hunter2"))
    }

    @Test("A file that is missing, no JSON or no object is an error that names it")
    func unreadable() async throws {
        #expect(await message("no/such/file.json").contains("“no/such/file.json” cannot be read"))
        for text in [
            "", "{\n  \"lineshaft\": hunter2\n}", "[1]", "3", "{\"lineshaft\": {\"tracing\": [true, \"hunter2\"]}}",
        ] {
            let file = try TemporaryFile(text)
            let message = await message(file.path)
            #expect(message.contains("“\(file.path)”"), "\(message)")
            #expect(!message.contains("hunter2"), "\(message)")
        }
    }

    @Test("What is nothing to us is left alone, and null is as good as nothing")
    func others() async throws {
        let file = try TemporaryFile(#"{"other": {"lineshaft": 1}, "lineshaft": {"worker": {"name": null}}}"#)
        let settings = try Settings(from: await Settings.reader(file: file.path))
        #expect(settings.worker.name == nil)
    }

    @Test("The URLs are secrets wherever the provider shows its values")
    func secrets() async throws {
        let file = try TemporaryFile(#"{"lineshaft": {"url": "redis://:hunter2@host"}, "key": "hunter3"}"#)
        let place = ConfigReader(
            provider: InMemoryProvider(values: ["filePath": .init(.string(file.path), isSecret: false)])
        )
        let provider = try await FileProvider<CheckedJSONSnapshot>(
            parsingOptions: .init(secrets: ["key"]),
            config: place
        )
        #expect(!provider.debugDescription.contains("hunter"))
    }

    private func message(_ path: String) async -> String {
        do throws(ConfigurationError) {
            _ = try await Settings.reader(file: path)
            return "no error"
        } catch {
            return error.message
        }
    }
}

/// A setting with a value that it cannot have, and what of it the error shows.
struct Wrong: Sendable, CustomTestStringConvertible {
    let setting: Setting
    let value: String
    let shown: String

    init(_ setting: Setting, _ value: String, shown: String? = nil) {
        self.setting = setting
        self.value = value
        self.shown = shown ?? "is “\(value)”"
    }

    var testDescription: String { "\(setting.key) = \(value)" }

    static let inVariables = [
        Wrong(.workerLease, "8"), Wrong(.workerLease, "50ms"), Wrong(.workerLease, "", shown: "is empty"),
        Wrong(.resultRetention, "-1s"), Wrong(.workerConcurrency, "0"), Wrong(.workerConcurrency, "ten"),
        Wrong(.workerConcurrency, "1.5"), Wrong(.workerConcurrency, "99999999999999999999"), Wrong(.retryAttempts, "0"),
        Wrong(.tracing, "maybe"), Wrong(.logLevel, "loud"), Wrong(.retryBackoff, "cubic"),
        Wrong(.workerQueues, "default=10,imports", shown: "is “imports”"),
        Wrong(.workerQueues, "", shown: "is empty"), Wrong(.workerQueues, "a=1,", shown: "is empty"),
        Wrong(.lengthLimits, "mail=5:drop"), Wrong(.workerName, "", shown: "is empty"),
    ]

    static let inFiles = [
        Wrong(.workerLease, "8", shown: "is “8”"), Wrong(.workerLease, "1.5", shown: "is “1.5”"),
        Wrong(.workerLease, "[\"8s\"]", shown: "is “8s”"), Wrong(.workerConcurrency, "1.5", shown: "is “1.5”"),
        Wrong(.workerConcurrency, "\"ten\"", shown: "is “ten”"), Wrong(.workerQueues, "10", shown: "is “10”"),
        Wrong(.workerQueues, "[]", shown: "is empty"), Wrong(.tracing, "\"maybe\"", shown: "is “maybe”"),
        Wrong(.workerName, "7", shown: "is “7”"), Wrong(.url, "7", shown: "has a value that cannot be used"),
        Wrong(.workerName, "[true, false]", shown: "has a value that cannot be used"),
    ]
}
