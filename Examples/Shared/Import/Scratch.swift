//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Lineshaft

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// The temporary folder of one import.
///
/// Its name follows from the import's identity, so that what travels in a job can never name another folder to delete.
public struct Scratch: Sendable, Hashable, Codable {
    private let folder: String
    private let id: JobID

    /// Names the folder; nothing is made.
    ///
    /// - Parameters:
    ///   - folder: Where it will be; all workers must see it under the same path.
    ///   - id: The import.
    public init(in folder: String, for id: JobID) {
        self.folder = folder
        self.id = id
    }

    /// Where it is.
    public var path: String { "\(folder)/.import-\(id)" }

    /// Whether it is there.
    public var exists: Bool { FileManager.default.fileExists(atPath: path) }

    /// Makes a folder in it for one run of a job.
    ///
    /// A run that has lost its lease may still be writing to its own.
    ///
    /// - Parameter fence: What tells the run from others of the same job.
    /// - Returns: The folder's path.
    /// - Throws: When it cannot be made.
    func makeFolder(for fence: UInt64) throws -> String {
        let part = "\(path)/\(fence)"
        try FileManager.default.createDirectory(atPath: part, withIntermediateDirectories: true)
        return part
    }

    /// Deletes it with all that is in it; does nothing when it is gone.
    public func delete() throws {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch  where !exists {
            return
        }
    }
}
