//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Job {
    /// The encoded parameters.
    ///
    /// - Parameter codec: What encodes them.
    /// - Returns: The bytes.
    /// - Throws: ``JobError`` with the code `unencodablePayload`.
    package func payload(using codec: any PayloadCodec) throws(JobError) -> [UInt8] {
        do {
            return try codec.encode(self)
        } catch {
            throw JobError(
                code: .unencodablePayload,
                message: "A job of type \(Self.self) (“\(Self.name)”) cannot be encoded: \(error). "
                    + "Check what its properties hold; JSON knows no infinite or not-a-number values.",
                cause: error
            )
        }
    }
}
