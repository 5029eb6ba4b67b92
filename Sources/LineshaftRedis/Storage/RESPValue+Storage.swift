//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// How the answers of scripts are read: what is not as it should be is an error that says what to do.
extension RESPValue {
    func bytes(_ script: StorageScript) throws(StorageError) -> [UInt8] {
        if case .string(let bytes) = try checked(script) { return bytes }
        throw unexpected(script, "bytes")
    }

    func integer(_ script: StorageScript) throws(StorageError) -> Int64 {
        if case .integer(let number) = try checked(script) { return number }
        throw unexpected(script, "a number")
    }

    func array(_ script: StorageScript) throws(StorageError) -> [RESPValue] {
        if case .array(let replies) = try checked(script) { return replies }
        throw unexpected(script, "an array")
    }

    /// Bytes, or `nil` for nothing.
    func optionalBytes(_ script: StorageScript) throws(StorageError) -> [UInt8]? {
        if case .null = self { return nil }
        return try bytes(script)
    }

    func array(_ script: StorageScript, count: Int) throws(StorageError) -> [RESPValue] {
        let replies = try array(script)
        if replies.count == count { return replies }
        throw unexpected(script, "\(count) answers and not \(replies.count)")
    }

    func letters(_ script: StorageScript, count: Int) throws(StorageError) -> [UInt8] {
        let letters = try bytes(script)
        if letters.count == count { return letters }
        throw unexpected(script, "\(count) letters and not \(letters.count)")
    }

    func unexpected(_ script: StorageScript, _ wanted: String) -> StorageError {
        StorageError(
            .unexpectedReply,
            "The script “\(script.rawValue)” should have answered with \(wanted). Is there a proxy between this program "
                + "and the server that changes replies?"
        )
    }

    private func checked(_ script: StorageScript) throws(StorageError) -> RESPValue {
        guard case .error(let error) = self else { return self }
        let text = error.line
        if text.contains("NEWERLAYOUT") {
            throw StorageError(
                .newer,
                "The server refused “\(script.rawValue)”: \(text). Bring this program up to date."
            )
        }
        var remedy = ""
        if text.contains("WRONGTYPE") {
            remedy = " Something else uses keys under the same prefix; remove them or choose another prefix."
        } else if text.hasPrefix("OOM") {
            remedy = " The server is full: let it have more memory (maxmemory), or wait until jobs are done."
        } else if text.hasPrefix("READONLY") {
            remedy = " The server is a replica: connect to the primary."
        }
        throw StorageError(.refused, "The server refused “\(script.rawValue)”: \(text).\(remedy)")
    }
}
