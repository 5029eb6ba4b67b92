//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

/// One thing that can be configured: where it is found, and what it may be.
///
/// The code that reads settings and the table of the documentation both stand on these; a test holds them together.
package struct Setting: Sendable {
    /// What a value may be.
    package enum Kind: Sendable {
        case text
        /// A URL, which may hold a password.
        case secret
        case duration(atLeast: Duration)
        case integer(ClosedRange<Int>)
        case boolean
        case choice([String])
        /// A list of queues, of which the text is an example.
        case queues(example: String)
    }

    /// What all keys begin with.
    package static let scope = "lineshaft"

    /// The key's parts below the scope.
    package let path: [String]
    /// What a value may be.
    package let kind: Kind
    /// The value that is as good as none; `nil` when there is none.
    package let defaultText: String?
    /// What it is, in a sentence for the table.
    package let meaning: String

    init(_ key: String, _ kind: Kind, default defaultText: String? = nil, _ meaning: String) {
        path = key.split(separator: ".").map(String.init)
        self.kind = kind
        self.defaultText = defaultText
        self.meaning = meaning
    }

    /// The key as it is written, such as `lineshaft.worker.lease`.
    package var key: String { ([Self.scope] + path).joined(separator: ".") }

    /// The environment variable, such as `LINESHAFT_WORKER_LEASE`.
    package var environmentName: String {
        var name = ""
        for character in key {
            if character.isUppercase { name += "_" }
            name += character == "." ? "_" : character.uppercased()
        }
        return name
    }

    /// Whether a value must not be shown.
    package var isSecret: Bool {
        if case .secret = kind { true } else { false }
    }

    /// The type's name for the table.
    package var typeName: String {
        switch kind {
        case .text: "text"
        case .secret: "URL, a secret"
        case .duration: "duration"
        case .integer: "number"
        case .boolean: "`true` or `false`"
        case .choice(let names): names.map { "`\($0)`" }.joined(separator: ", ")
        case .queues(let example): "list, such as `\(example)`"
        }
    }

    /// What a right value looks like, as the end of a sentence.
    package var expectation: String {
        switch kind {
        case .text: "text that is not empty"
        case .secret: "a URL, such as `redis://127.0.0.1:6379/0`"
        case .duration(let minimum):
            "a duration of \(DurationText.text(minimum)) or more: whole numbers with units, such as `8s`, `250ms`, "
                + "`1h` or `2m30s`"
        case .integer(let range):
            range.upperBound == .max
                ? "a whole number, \(range.lowerBound) or more"
                : "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .boolean: "`true` or `false`"
        case .choice(let names): "one of \(names.map { "`\($0)`" }.joined(separator: ", "))"
        case .queues(let example): "a list of queues, such as `\(example)`"
        }
    }
}
