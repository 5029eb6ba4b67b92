//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// A fenced block of a page.
struct CodeBlock {
    /// The first word after the fence, such as `swift`.
    let language: String
    /// The number of the first line inside the fence, from 1.
    let firstLine: Int
    let lines: [String]
}

extension Page {
    /// The fenced blocks, in order.
    ///
    /// A block that is never closed reaches to the end.
    var codeBlocks: [CodeBlock] {
        var blocks: [CodeBlock] = []
        var open: (fence: Substring, indentation: Int, language: String, first: Int, lines: [String])?
        for (index, line) in lines.enumerated() {
            let content = line.drop { $0 == " " }
            if let block = open {
                let isEnd = content.hasPrefix(block.fence) && content.allSatisfy { $0 == "`" || $0.isWhitespace }
                if isEnd {
                    blocks.append(CodeBlock(language: block.language, firstLine: block.first, lines: block.lines))
                    open = nil
                } else {
                    let shift = min(block.indentation, line.prefix { $0 == " " }.count)
                    open?.lines.append(String(line.dropFirst(shift)))
                }
            } else if content.hasPrefix("```") {
                let fence = content.prefix { $0 == "`" }
                let words = content.dropFirst(fence.count).split { $0 == " " || $0 == "," }
                let indentation = line.count - content.count
                open = (fence, indentation, words.first.map(String.init) ?? "", index + 2, [])
            }
        }
        if let block = open {
            blocks.append(CodeBlock(language: block.language, firstLine: block.first, lines: block.lines))
        }
        return blocks
    }

    /// The lines outside fenced blocks, with their numbers.
    var prose: [(number: Int, line: String)] {
        var inside = Set<Int>()
        for block in codeBlocks {
            inside.formUnion(block.firstLine - 1...block.firstLine + block.lines.count)
        }
        return lines.enumerated().map { ($0.offset + 1, $0.element) }.filter { !inside.contains($0.0) }
    }
}

/// A stretch of code that has to stand somewhere as it is.
struct Fragment {
    /// The number of its first line on the page.
    let firstLine: Int
    /// Its lines without common indentation and without white space at their ends.
    let lines: [String]
}

extension CodeBlock {
    /// The line that stands for code left out.
    static let omission = "// …"

    /// The block's stretches between omissions.
    var fragments: [Fragment] {
        var fragments: [Fragment] = []
        var start = 0
        for index in lines.indices where lines[index].trimmed == Self.omission {
            fragments += fragment(of: start..<index)
            start = index + 1
        }
        return fragments + fragment(of: start..<lines.count)
    }

    private func fragment(of range: Range<Int>) -> [Fragment] {
        let filled = range.filter { !lines[$0].trimmed.isEmpty }
        guard let first = filled.first, let last = filled.last else { return [] }
        let common = filled.map { lines[$0].prefix { $0 == " " }.count }.min() ?? 0
        let text = lines[first...last].map { String($0.dropFirst(common).trimmedAtEnd) }
        return [Fragment(firstLine: firstLine + first, lines: text)]
    }
}

extension StringProtocol {
    /// Without white space at either end.
    var trimmed: SubSequence { trimmedAtEnd.drop { $0.isWhitespace } }

    /// Without white space at the end.
    var trimmedAtEnd: SubSequence {
        var end = endIndex
        while end > startIndex, self[index(before: end)].isWhitespace { end = index(before: end) }
        return self[startIndex..<end]
    }
}
