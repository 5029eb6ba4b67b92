//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// Finds the Swift code of pages in compiled files.
///
/// All fragments of one block have to stand in one file, in the block's order; each as it is, but for indentation that
/// all its lines share.
struct SnippetChecker {
    let sources: [SourceFile]

    /// The blocks of a page that are not compiled code, each with the first line that is found nowhere.
    func findings(in page: Page) -> [Finding] {
        page.codeBlocks.filter { $0.language == "swift" }.compactMap { block in
            let best = sources.map { match(block.fragments, in: $0) }.max()
            guard let best else {
                return Finding(page: page.path, line: block.firstLine, message: "there is no Swift file to find it in")
            }
            guard let missing = best.missing else { return nil }
            var message = "in no Swift file of Examples or Tests: `\(missing.line.trimmed)`"
            if let place = best.place {
                message += "; what is before it stands in \(place), which then goes on: `\(best.instead.trimmed)`"
            }
            return Finding(page: page.path, line: missing.number, message: message)
        }
    }

    /// How far a block could be followed in a file.
    private struct Match: Comparable {
        /// How many of the block's lines were found.
        var length = 0
        /// The first line that was not, with its number on the page; `nil` when all were found.
        var missing: (number: Int, line: String)?
        /// Where the lines before that one were found, and what follows there.
        var place: String?
        var instead = ""

        static func < (left: Match, right: Match) -> Bool {
            if (left.missing == nil) != (right.missing == nil) { return right.missing == nil }
            return left.length < right.length
        }

        static func == (left: Match, right: Match) -> Bool {
            (left.missing == nil) == (right.missing == nil) && left.length == right.length
        }
    }

    private func match(_ fragments: [Fragment], in source: SourceFile) -> Match {
        var result = Match()
        var start = 0
        for fragment in fragments {
            // Taking the first place that fits leaves the most room for what has to follow.
            var best = 0
            var bestStart = start
            var complete = false
            for candidate in start..<max(start, source.lines.count) {
                let length = matchingLines(of: fragment, in: source, at: candidate)
                if length > best { (best, bestStart) = (length, candidate) }
                guard length == fragment.lines.count else { continue }
                complete = true
                break
            }
            result.length += best
            guard complete else {
                result.missing = (fragment.firstLine + best, fragment.lines[best])
                if best > 0 {
                    let next = bestStart + best
                    result.place = "\(source.path):\(bestStart + 1)"
                    result.instead = next < source.lines.count ? source.lines[next] : "the end of the file"
                }
                return result
            }
            start = bestStart + fragment.lines.count
        }
        return result
    }

    private func matchingLines(of fragment: Fragment, in source: SourceFile, at start: Int) -> Int {
        var indentation: Substring?
        for (offset, line) in fragment.lines.enumerated() {
            guard start + offset < source.lines.count else { return offset }
            let candidate = source.lines[start + offset].trimmedAtEnd
            if line.isEmpty {
                guard candidate.isEmpty else { return offset }
                continue
            }
            guard candidate.hasSuffix(line) else { return offset }
            let prefix = candidate.dropLast(line.count)
            guard prefix.allSatisfy({ $0 == " " }), indentation == nil || indentation == prefix else { return offset }
            indentation = prefix
        }
        return fragment.lines.count
    }
}
