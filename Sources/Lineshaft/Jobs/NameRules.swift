//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// The one place where the rule for names of jobs and queues is written down.
package enum NameRules {
    /// The longest name in bytes of UTF-8.
    package static let maximumLength = 200

    /// Checks a job's wire name.
    ///
    /// - Parameter name: The name to check.
    /// - Throws: ``ConfigurationError`` that quotes the name and says what is wrong with it.
    package static func check(_ name: JobName) throws(ConfigurationError) {
        try check(
            name.rawValue,
            what: "job name",
            remedy: "Give the job type's `name` another value.",
            forbidsBraces: false
        )
    }

    /// Checks a queue's name.
    ///
    /// - Parameter name: The name to check.
    /// - Throws: ``ConfigurationError`` that quotes the name and says what is wrong with it.
    package static func check(_ name: QueueName) throws(ConfigurationError) {
        // Braces mark the hash tag of a Redis Cluster key, which is the queue's name.
        try check(name.rawValue, what: "queue name", remedy: "Use another queue name.", forbidsBraces: true)
    }

    /// Checks a tenant's name.
    ///
    /// - Parameter name: The name to check.
    /// - Throws: ``ConfigurationError`` that quotes the name and says what is wrong with it.
    package static func check(_ name: TenantName) throws(ConfigurationError) {
        try check(
            name.rawValue,
            what: "tenant's name",
            remedy: "Leave the tenant out, or use another name, such as a customer's number.",
            forbidsBraces: false
        )
    }

    /// Checks a schedule's name.
    ///
    /// - Parameter name: The name to check.
    /// - Throws: ``ConfigurationError`` that quotes the name and says what is wrong with it.
    package static func check(_ name: ScheduleID) throws(ConfigurationError) {
        try check(
            name.rawValue,
            what: "schedule name",
            remedy: "Give the schedule another name.",
            forbidsBraces: false
        )
    }

    private static func check(
        _ name: String,
        what: String,
        remedy: String,
        forbidsBraces: Bool
    ) throws(ConfigurationError) {
        if name.isEmpty {
            throw ConfigurationError(code: .invalidName, message: "A \(what) is empty. \(remedy)")
        }
        if name.utf8.count > maximumLength {
            throw ConfigurationError(
                code: .invalidName,
                message: "The \(what) “\(name.prefix(32))…” is \(name.utf8.count) bytes long; "
                    + "the limit is \(maximumLength). \(remedy)"
            )
        }
        var previous: UInt8 = 0
        for byte in name.utf8 {
            defer { previous = byte }
            // Those beyond ASCII are C2 80 to C2 9F; the last byte is the scalar's number.
            let isControl = byte < 0x20 || byte == 0x7F || (previous == 0xC2 && byte < 0xA0)
            guard isControl || (forbidsBraces && (byte == 0x7B || byte == 0x7D)) else { continue }
            throw ConfigurationError(
                code: .invalidName,
                message: "The \(what) \(String(reflecting: name)) contains the character "
                    + "\(String(reflecting: String(Character(Unicode.Scalar(byte))))), which names may not. \(remedy)"
            )
        }
    }
}
