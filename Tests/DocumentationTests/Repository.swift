//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Foundation

/// The package as it lies on disk: its pages, and the code that may be shown on them.
struct Repository {
    /// The package's root folder.
    let root: URL

    /// The package that these tests belong to.
    static let own = Repository(
        root: URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    )

    /// The README and every page of the documentation catalog.
    func pages() throws -> [Page] {
        let catalog = try files(below: "Docs.docc", withExtension: "md")
        return try (["README.md"] + catalog).filter(exists).map { Page(path: $0, text: try text(of: $0)) }
    }

    /// The pages above, and those for contributors, which are read but show no code.
    func allPages() throws -> [Page] {
        let more = try files(below: ".github", withExtension: "md")
        return try pages() + more.map { Page(path: $0, text: try text(of: $0)) }
    }

    /// Every Swift file of the examples and tests, but for the samples that the tests of the checks are made of.
    func sources() throws -> [SourceFile] {
        try (files(below: "Examples", withExtension: "swift") + files(below: "Tests", withExtension: "swift"))
            .filter { !$0.hasPrefix("Tests/DocumentationTests/") || $0.hasPrefix("Tests/DocumentationTests/Snippets/") }
            .map { SourceFile(path: $0, text: try text(of: $0)) }
    }

    /// The text of every Swift file that holds tests or cases of the conformance suites.
    func testTexts() throws -> [String] {
        let tests = try files(below: "Tests", withExtension: "swift")
        let suites = try files(below: "Sources/LineshaftTesting", withExtension: "swift")
        return try (tests + suites).map { try text(of: $0) }
    }

    /// Whether there is a file or folder at a path relative to the root.
    func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appending(path: path).path)
    }

    /// The text of the file at a path relative to the root.
    func text(of path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    private func files(below folder: String, withExtension name: String) throws -> [String] {
        let start = root.appending(path: folder)
        guard let paths = FileManager.default.enumerator(atPath: start.path) else { return [] }
        var found: [String] = []
        while let path = paths.nextObject() as? String {
            guard path.hasSuffix(".\(name)"), !path.split(separator: "/").contains(".build") else { continue }
            found.append("\(folder)/\(path)")
        }
        return found.sorted()
    }
}

/// A page of Markdown.
struct Page {
    let path: String
    let text: String

    /// The page's lines, without their ends.
    var lines: [String] {
        text.split(omittingEmptySubsequences: false) { $0.isNewline }.map(String.init)
    }
}

/// A file of Swift code that is compiled with the package.
struct SourceFile {
    let path: String
    let lines: [String]

    init(path: String, text: String) {
        self.path = path
        self.lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }.map(String.init)
    }
}

/// Something wrong on a page.
struct Finding: Equatable, CustomStringConvertible {
    let page: String
    let line: Int
    let message: String

    var description: String { "\(page):\(line): \(message)" }
}
