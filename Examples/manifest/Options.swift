//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import ArgumentParser
import ExampleManifest

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What the user may say.
struct Options: ParsableArguments {
    @Argument(help: "The folder whose files to read.")
    var folder: String

    @Option(name: .shortAndLong, help: "Where to write the manifest. It is not part of itself.")
    var output = "manifest.json"

    @Option(name: .shortAndLong, help: "How many files to read at once, from 1 to 256.")
    var concurrency = max(2, ProcessInfo.processInfo.activeProcessorCount)

    @Flag(help: "When interrupted, write what has been read so far.")
    var partial = false

    func validate() throws {
        guard (1...256).contains(concurrency) else {
            throw ValidationError("“--concurrency” is \(concurrency), but must be from 1 to 256.")
        }
    }

    /// The folder as an absolute path.
    func root() throws -> BytePath {
        do throws(FileError) {
            let path = try BytePath(folder).resolved()
            guard path.isFolder else { throw FileError("is not a folder") }
            return path
        } catch {
            throw ValidationError("“\(folder)” \(error).")
        }
    }

    /// The place of the manifest.
    func manifestFile() throws -> ManifestFile {
        do throws(FileError) {
            return try ManifestFile(BytePath(output))
        } catch {
            throw ValidationError("The output “\(output)” \(error).")
        }
    }
}
