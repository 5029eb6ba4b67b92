//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Configuration
internal import Foundation
internal import LineshaftConfiguration
internal import Testing

@Suite("The table of settings", .timeLimit(.minutes(20)))
struct SettingTableTests {
    @Test("The page's table is the code's")
    func page() throws {
        let page = try String(contentsOf: Self.root.appending(path: "Docs.docc/Configuration.md"), encoding: .utf8)
        let rows = page.split(separator: "\n").filter { $0.hasPrefix("| `\(Setting.scope).") }.map(String.init)
        let expected = Setting.all.map(\.row)
        for (row, other) in zip(rows, expected) { #expect(row == other) }
        #expect(rows.count == expected.count)
    }

    @Test("Keys and variables are each used once")
    func unique() {
        #expect(Set(Setting.all.map(\.key)).count == Setting.all.count)
        #expect(Set(Setting.all.map(\.environmentName)).count == Setting.all.count)
    }

    @Test("A variable has the name that the environment's provider looks for", arguments: Setting.all.map(\.key))
    func environmentName(key: String) throws {
        let setting = try #require(Setting.all.first { $0.key == key })
        let reader = environment([setting.environmentName: "found"])
        #expect(reader.string(forKey: ConfigKey(key)) == "found")
    }

    @Test("Every default of the table is what holds without it")
    func defaults() throws {
        var variables: [String: String] = [:]
        for setting in Setting.all { variables[setting.environmentName] = setting.defaultText }
        #expect(variables.count > 10)
        #expect(Values(try Settings(from: environment(variables))) == Values(try Settings.untouched))
    }

    @Test("The examples of lists can be read")
    func examples() throws {
        for setting in Setting.all {
            guard case .queues(let example) = setting.kind else { continue }
            _ = try Settings(from: environment([setting.environmentName: example]))
        }
    }

    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
}

extension Setting {
    /// The setting's row.
    fileprivate var row: String {
        let shown = defaultText.map { "`\($0)`" } ?? ""
        return "| `\(key)` | `\(environmentName)` | \(typeName) | \(shown) | \(meaning) |"
    }
}
