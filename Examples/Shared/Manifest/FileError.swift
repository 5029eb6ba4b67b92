//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif

/// Something that cannot be done with a file.
public struct FileError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What cannot be done, such as `cannot be opened`.
    public let problem: String
    /// The system's number for the reason; `nil` when the problem says it all.
    public let code: CInt?

    /// Creates an error.
    public init(_ problem: String, code: CInt? = nil) {
        self.problem = problem
        self.code = code
    }

    /// An error with the reason of the call that failed last on this thread.
    static func last(_ problem: String) -> FileError { FileError(problem, code: errno) }

    /// Whether trying again cannot help: the file is not there, is no file, or may not be read.
    public var isPermanent: Bool {
        guard let code else { return true }
        return [EACCES, EPERM, ENOENT, ENOTDIR, EISDIR, ELOOP, ENAMETOOLONG, ENXIO, ENODEV].contains(code)
    }

    /// What cannot be done, and why in the system's words.
    public var description: String {
        code.map { "\(problem): \(String(cString: strerror($0)))" } ?? problem
    }
}
