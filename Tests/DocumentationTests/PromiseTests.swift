//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Testing

@Suite("What Delivery guarantees cites", .timeLimit(.minutes(20)))
struct PromiseTests {
    static let path = "Docs.docc/DeliveryGuarantees.md"

    let repository = Repository.own

    @Test("Every test that is cited exists")
    func citations() throws {
        let known = try testNames()
        let citations = try sections().flatMap(\.citations)
        #expect(!citations.isEmpty)
        for (line, name) in citations where !known.contains(name) {
            Issue.record("\(Self.path):\(line): there is no test or conformance case “\(name)”")
        }
    }

    @Test("Every promise has a test and says what is not promised")
    func promises() throws {
        let promises = try sections().filter { $0.title.first?.isNumber == true }
        #expect(promises.count == 9)
        for promise in promises {
            #expect(!promise.citations.isEmpty, "“\(promise.title)” has no test")
            #expect(promise.text.contains("**Not promised:**"), "“\(promise.title)” does not say what is not promised")
        }
    }

    private struct Section {
        let title: String
        var text = ""
        /// The items of lists that are a name in quotation marks, with their lines.
        var citations: [(line: Int, name: String)] = []
    }

    private func sections() throws -> [Section] {
        let page = Page(path: Self.path, text: try repository.text(of: Self.path))
        var sections: [Section] = []
        for (number, line) in page.prose {
            if line.hasPrefix("## ") {
                sections.append(Section(title: String(line.dropFirst(3))))
            } else if !sections.isEmpty {
                sections[sections.count - 1].text += line + "\n"
                if let name = line.wholeMatch(of: /- “(?<name>.+)”/)?.output.name {
                    sections[sections.count - 1].citations.append((number, String(name)))
                }
            }
        }
        return sections
    }

    /// The names of the tests and of the cases of the conformance suites, as the code spells them.
    private func testNames() throws -> Set<String> {
        var names = Set<String>()
        for text in try repository.testTexts() {
            for match in text.matches(of: /(?:Case|@Test|@Suite)\(\s*"(?<name>(?:[^"\\]|\\.)*)"/) {
                names.insert(String(match.output.name))
            }
            for match in text.matches(of: /func `(?<name>[^`]+)`/) { names.insert(String(match.output.name)) }
        }
        return names
    }
}
