//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// Checks what pages point at: files, headings, products; and that they name nobody's machine.
struct ReferenceChecker {
    /// Whether there is a file or folder at a path relative to the package's root.
    let exists: (String) -> Bool
    /// The text of a page at such a path, for its headings.
    let textOf: (String) -> String?

    /// The relative links of a page that lead nowhere.
    func brokenLinks(in page: Page) -> [Finding] {
        page.prose.flatMap { number, line in
            line.withoutCodeSpans.matches(of: /\]\(<?(?<target>[^)\s>]+)>?(?:\s+"[^"]*")?\)/).compactMap { match in
                let target = String(match.output.target)
                return problem(with: target, on: page).map { Finding(page: page.path, line: number, message: $0) }
            }
        }
    }

    private func problem(with target: String, on page: Page) -> String? {
        // Those of other hosts are not asked, and the documentation compiler checks its own.
        guard target.firstMatch(of: /^[A-Za-z][A-Za-z0-9+.-]*:/) == nil else { return nil }
        guard !target.hasPrefix("/") else { return "the link is absolute: \(target)" }
        let parts = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        var path = page.path
        if !parts[0].isEmpty {
            guard let resolved = resolve(parts[0], from: page.path), exists(resolved) else {
                return "the link leads to no file: \(target)"
            }
            path = resolved
        }
        guard parts.count == 2, path.hasSuffix(".md"), let text = textOf(path) else { return nil }
        guard !Page(path: path, text: text).anchors.contains(parts[1]) else { return nil }
        return "the link leads to no heading: \(target)"
    }

    private func resolve(_ link: String, from page: String) -> String? {
        var components = page.split(separator: "/").dropLast().map(String.init)
        for part in link.split(separator: "/").map(String.init) where part != "." {
            if part != ".." {
                components.append(part)
            } else if components.popLast() == nil {
                return nil
            }
        }
        return components.joined(separator: "/")
    }

    /// The names that a page gives to `swift run` and that the manifest does not declare.
    func unknownPrograms(in page: Page, manifest: String) -> [Finding] {
        let declared = Set(
            manifest.matches(of: /\.executable(?:Target)?\(\s*name:\s*"(?<name>[^"]+)"/).map { String($0.output.name) }
        )
        return page.lines.enumerated().flatMap { index, line in
            line.matches(of: /swift run(?<words>(?: +[^ `]+)+)/).compactMap { match in
                let words = match.output.words.split(separator: " ").map(String.init)
                guard let name = program(of: words) else { return nil }
                guard !declared.contains(name) else { return nil }
                return Finding(page: page.path, line: index + 1, message: "`swift run \(name)`: no such executable")
            }
        }
    }

    private static let optionsWithValue: Set = [
        "-c", "--configuration", "--package-path", "--scratch-path", "-Xswiftc",
    ]

    /// The first word that is neither an option nor an option's value.
    private func program(of words: [String]) -> String? {
        var rest = words[...]
        while let word = rest.popFirst() {
            guard word.hasPrefix("-") else { return word }
            if Self.optionsWithValue.contains(word) { _ = rest.popFirst() }
        }
        return nil
    }

    /// The lines of a page that name a folder of somebody's machine.
    func machinePaths(in page: Page) -> [Finding] {
        page.lines.enumerated().compactMap { index, line in
            let pattern = /(?:^|[^A-Za-z0-9_.\/$}*~-])(?<path>\/(?:home|root|Users|work|mnt|srv)\/[A-Za-z0-9][^ `)"]*)/
            guard let match = line.firstMatch(of: pattern) else { return nil }
            return Finding(page: page.path, line: index + 1, message: "names a machine's folder: \(match.output.path)")
        }
    }
}

extension Page {
    /// The anchors of the page's headings, as GitHub makes them.
    var anchors: Set<String> {
        var anchors = Set<String>()
        for (_, line) in prose where line.hasPrefix("#") {
            let title = line.drop { $0 == "#" }.trimmed.lowercased()
            let slug = title.filter { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" || $0 == " " }
                .map { $0 == " " ? "-" : String($0) }.joined()
            var anchor = slug
            var count = 0
            while !anchors.insert(anchor).inserted {
                count += 1
                anchor = "\(slug)-\(count)"
            }
        }
        return anchors
    }
}

extension String {
    /// With everything between back quotes blanked out.
    fileprivate var withoutCodeSpans: String {
        replacing(/`[^`]*`/) { String(repeating: " ", count: $0.output.count) }
    }
}
