//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Testing

@Suite("The check of references", .timeLimit(.minutes(20)))
struct ReferenceCheckerTests {
    let checker = ReferenceChecker(
        exists: { ["README.md", "LICENSE", "Docs.docc/Guide.md", "Docs.docc"].contains($0) },
        textOf: { $0 == "Docs.docc/Guide.md" ? "# Guide\n\n## The 2nd step: go!\n" : nil }
    )

    @Test(
        "Links that lead somewhere pass",
        arguments: [
            "[a](LICENSE)", "[a](Docs.docc/Guide.md)", "[a](Docs.docc/Guide.md#the-2nd-step-go)",
            "![a](LICENSE \"title\")", "[a](https://example.org/x)", "[a](<doc:Guide>)",
            "[a](./Docs.docc/../LICENSE)", "`[a](nowhere)`",
        ]
    )
    func goodLinks(text: String) {
        #expect(checker.brokenLinks(in: Page(path: "README.md", text: text)).isEmpty)
    }

    @Test(
        "Links that lead nowhere are reported",
        arguments: [
            "[a](nowhere)", "[a](Docs.docc/Guide.md#no)", "[a](../LICENSE)", "[a](/LICENSE)",
            "[x] [a](b.md) [c](LICENSE)",
        ]
    )
    func badLinks(text: String) {
        let found = checker.brokenLinks(in: Page(path: "README.md", text: "first\n\(text)"))
        #expect(found.map(\.line) == [2])
    }

    @Test("A link is relative to its page")
    func relative() {
        let text = "[a](../LICENSE) [b](Guide.md#guide) [c](#guide) [d](LICENSE)"
        let page = Page(path: "Docs.docc/Guide.md", text: text)
        #expect(checker.brokenLinks(in: page).map(\.message) == ["the link leads to no file: LICENSE"])
    }

    @Test("Programs that are run have to be declared")
    func programs() {
        let manifest = """
            .executable(name: "quickstart", targets: ["quickstart"]),
            .executableTarget(
                name: "lineshaft-bench",
            """
        let page = Page(
            path: "README.md",
            text: """
                `swift run quickstart` and `swift run -c release lineshaft-bench memory`
                swift run
                swift run slowstart --fast
                """
        )
        let found = checker.unknownPrograms(in: page, manifest: manifest)
        #expect(found.map(\.description) == ["README.md:3: `swift run slowstart`: no such executable"])
    }

    @Test("Folders of a machine are reported, folders of a system or a package are not")
    func machinePaths() {
        let samples = [
            "cd /home/me/lineshaft", "`/Users/me`", "/root/x", "/var/lib/redis", "https://a.org/work/x", "a/home/b",
        ]
        let found = checker.machinePaths(in: Page(path: "README.md", text: samples.joined(separator: "\n")))
        #expect(found.map(\.line) == [1, 2, 3])
    }
}
