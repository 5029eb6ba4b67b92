//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

/// A promise that was not kept, found by a case of a conformance suite.
public struct ConformanceFailure: Error, Sendable, CustomStringConvertible {
    /// What was expected, and what happened instead.
    public let message: String
    /// The file of the case, as `#fileID` has it.
    public let file: String
    /// The line of the case.
    public let line: Int

    /// Creates a failure.
    public init(_ message: String, file: String = #fileID, line: Int = #line) {
        self.message = message
        self.file = file
        self.line = line
    }

    /// The message and where it comes from.
    public var description: String { "\(message) (\(file):\(line))" }
}

/// Fails the case unless `condition` holds.
func check(
    _ condition: Bool,
    _ message: @autoclosure () -> String,
    file: String = #fileID,
    line: Int = #line
) throws {
    if !condition { throw ConformanceFailure(message(), file: file, line: line) }
}

/// Fails the case unless both values are the same.
func check<Value: Equatable>(
    _ what: String,
    _ actual: Value,
    is expected: Value,
    file: String = #fileID,
    line: Int = #line
) throws {
    if actual == expected { return }
    throw ConformanceFailure("\(what): expected \(brief(expected)), got \(brief(actual))", file: file, line: line)
}

/// Fails the case unless `body` throws a ``/Lineshaft/BrokerError`` with this code.
func check(
    _ what: String,
    throws code: BrokerError.Code,
    file: String = #fileID,
    line: Int = #line,
    _ body: () async throws -> Void
) async throws {
    do {
        try await body()
    } catch let error as BrokerError {
        if error.code == code { return }
        throw ConformanceFailure("\(what): expected the error “\(code)”, got “\(error.code)”", file: file, line: line)
    }
    throw ConformanceFailure("\(what): expected the error “\(code)”, but there was none", file: file, line: line)
}

/// A value's description, cut where nobody reads on.
private func brief(_ value: some Any) -> String {
    let text = String(describing: value)
    return text.count > 500 ? text.prefix(500) + "…" : text
}
