//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Testing

@Suite("The check of shown code", .timeLimit(.minutes(20)))
struct SnippetCheckerTests {
    static let source = SourceFile(
        path: "Examples/sample/main.swift",
        text: """
            import Lineshaft

            struct Sum: Job {
                static let name: JobName = "sum"
                var integers: [Int64]

                func total() -> Int64 {
                    integers.reduce(0, +)
                }
            }
            """
    )

    func findings(_ block: String) -> [String] {
        let page = Page(path: "README.md", text: "# Title\n\n```swift\n\(block)\n```\n")
        return SnippetChecker(sources: [Self.source]).findings(in: page).map(\.description)
    }

    @Test(
        "Code that stands in a file passes",
        arguments: [
            "import Lineshaft\n\nstruct Sum: Job {",
            "func total() -> Int64 {\n    integers.reduce(0, +)\n}",
            "        func total() -> Int64 {\n            integers.reduce(0, +)\n        }",
            "struct Sum: Job {\n    // …\n    func total() -> Int64 {\n        // …\n    }\n}",
            "\n\nvar integers: [Int64]   \n\n",
            "// …",
        ]
    )
    func passes(block: String) {
        #expect(findings(block).isEmpty)
    }

    @Test(
        "Code that does not is reported with the first line that is missing",
        arguments: [
            ("let nowhere = 1", 4, "`let nowhere = 1`"),
            ("struct Sum: Job {\n    var integers: [Int64]", 5, "`var integers: [Int64]`"),
            ("struct Sum: Job {\nstatic let name: JobName = \"sum\"", 5, "`static let name: JobName = \"sum\"`"),
            ("func total() -> Int64 {\n    // …\n}\n// …\nimport Lineshaft", 8, "`import Lineshaft`"),
            ("integers", 4, "`integers`"),
            ("var integers: [Int64]\nfunc total() -> Int64 {", 5, "`func total() -> Int64 {`"),
        ]
    )
    func fails(block: String, line: Int, text: String) {
        let found = findings(block)
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("README.md:\(line): in no Swift file") == true)
        #expect(found.first?.contains(text) == true)
    }

    @Test("A report says where the code goes on differently")
    func place() {
        let found = findings("var integers: [Int64]\n\nfunc sum()")
        let place = "stands in Examples/sample/main.swift:5, which then goes on: `func total()"
        #expect(found.first?.contains(place) == true)
    }

    @Test("A block may not be put together from two files")
    func oneFile() {
        let other = SourceFile(path: "Tests/Other.swift", text: "let other = 1")
        let page = Page(path: "README.md", text: "```swift\nimport Lineshaft\n// …\nlet other = 1\n```")
        #expect(SnippetChecker(sources: [Self.source, other]).findings(in: page).count == 1)
    }

    @Test("Only blocks of Swift are looked at, and an indented or unclosed one is one of them")
    func languages() {
        let page = Page(
            path: "a.md",
            text: "```sh\nnowhere\n```\n- item\n  ```swift\n  nowhere\n  ```\n````swift\n```\n````\n```swift\nopen"
        )
        #expect(page.codeBlocks.map(\.language) == ["sh", "swift", "swift", "swift"])
        #expect(page.codeBlocks.map(\.lines) == [["nowhere"], ["nowhere"], ["```"], ["open"]])
        let found = SnippetChecker(sources: [Self.source]).findings(in: page)
        #expect(found.map(\.line) == [6, 9, 12])
    }
}
