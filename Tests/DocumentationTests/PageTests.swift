//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Testing

@Suite("What the pages of this package say", .timeLimit(.minutes(20)))
struct PageTests {
    let repository = Repository.own

    @Test("The README is there to be checked")
    func readme() {
        #expect(repository.exists("Package.swift") && repository.exists("README.md"))
    }

    @Test("Every block of Swift on a page is compiled in Examples or Tests")
    func snippets() throws {
        let checker = SnippetChecker(sources: try repository.sources())
        #expect(!checker.sources.isEmpty)
        for page in try repository.pages() {
            for finding in checker.findings(in: page) { Issue.record("\(finding)") }
        }
    }

    @Test("Every relative link leads to a file, and to a heading where it names one")
    func links() throws {
        for page in try repository.allPages() {
            for finding in checker.brokenLinks(in: page) { Issue.record("\(finding)") }
        }
    }

    @Test("Every program that a page runs is one of the package")
    func programs() throws {
        let manifest = try repository.text(of: "Package.swift")
        for page in try repository.allPages() {
            for finding in checker.unknownPrograms(in: page, manifest: manifest) { Issue.record("\(finding)") }
        }
    }

    @Test("No page names a folder of somebody's machine")
    func machinePaths() throws {
        for page in try repository.allPages() {
            for finding in checker.machinePaths(in: page) { Issue.record("\(finding)") }
        }
    }

    private var checker: ReferenceChecker {
        ReferenceChecker(exists: repository.exists, textOf: { try? repository.text(of: $0) })
    }
}
