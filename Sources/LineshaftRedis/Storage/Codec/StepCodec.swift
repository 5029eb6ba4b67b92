//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

package import Lineshaft

/// A finished step as bytes: a version, number, place, the name with its length in front, and the value.
package enum StepCodec: Sendable {
    /// Writes a step.
    package static func encode(_ step: StepRecord) -> [UInt8] {
        var writer = ByteWriter(reserving: step.name.utf8.count + step.value.count + 12)
        writer.write(UInt8(1))
        writer.writeCompact(UInt64(clamping: step.number))
        writer.writeCompact(UInt64(clamping: step.place))
        writer.write(step.name)
        writer.write(step.value)
        return writer.bytes
    }

    /// Reads a step.
    ///
    /// - Parameters:
    ///   - bytes: What was stored.
    ///   - id: For which job.
    /// - Returns: The step.
    /// - Throws: ``StorageError`` with the code `newer` or `malformed`.
    package static func decode(_ bytes: [UInt8], id: JobID) throws(StorageError) -> StepRecord {
        var reader = ByteReader(bytes, of: .part("a step", of: id))
        try reader.readVersion(1)
        guard let number = Int(exactly: try reader.readCompact()), let place = Int(exactly: try reader.readCompact())
        else {
            throw reader.malformed("a number is too large")
        }
        let name = try reader.readText()
        return StepRecord(number: number, place: place, name: name, value: reader.readRest())
    }
}
