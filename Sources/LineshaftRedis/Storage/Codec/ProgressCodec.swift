//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

package import Lineshaft

/// Progress as bytes: a version, the two numbers, and the message if there is one.
package enum ProgressCodec: Sendable {
    /// Writes progress, its message cut to as many whole characters as are kept.
    package static func encode(_ progress: JobProgress) -> [UInt8] {
        var writer = ByteWriter(reserving: 32)
        writer.write(UInt8(1))
        writer.write(progress.completed.bitPattern)
        writer.write(progress.total.bitPattern)
        if let message = progress.message { writer.write(message.prefix(utf8Count: JobProgress.longestMessage)) }
        return writer.bytes
    }

    /// Reads progress.
    ///
    /// - Parameters:
    ///   - bytes: What was stored.
    ///   - id: For which job.
    /// - Returns: The progress.
    /// - Throws: ``StorageError`` with the code `newer` or `malformed`.
    package static func decode(_ bytes: [UInt8], id: JobID) throws(StorageError) -> JobProgress {
        var reader = ByteReader(bytes, of: .part("the progress", of: id))
        try reader.readVersion(1)
        let completed = Double(bitPattern: try reader.read())
        let total = Double(bitPattern: try reader.read())
        let message = reader.remaining > 0 ? try reader.readText() : nil
        try reader.finish()
        return JobProgress(completed: completed, total: total, message: message)
    }
}
