//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// Something in a program's own set-up or in a call's options is wrong.
///
/// The message names it and says what to do.
public struct ConfigurationError: Error, Sendable, CustomStringConvertible {
    /// What kind of mistake it is.
    ///
    /// More kinds may come, so compare with `==` and keep a default.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: String {
            case invalidName, duplicateName, invalidValue, invalidURL, unknownScheme, unsupported, invalidState
            case invalidSchedule, unknownSchedule, unknownTimeZone, timeZonesUnavailable
        }

        private let value: Value

        /// A name of a job or queue is empty, too long or contains what it may not.
        public static let invalidName = Code(value: .invalidName)
        /// Two handlers of one worker have the same name.
        public static let duplicateName = Code(value: .duplicateName)
        /// A number or time is out of its range.
        public static let invalidValue = Code(value: .invalidValue)
        /// A URL cannot be read.
        public static let invalidURL = Code(value: .invalidURL)
        /// No adapter was given for the URL's scheme.
        public static let unknownScheme = Code(value: .unknownScheme)
        /// The broker or store cannot do what is asked.
        public static let unsupported = Code(value: .unsupported)
        /// Something was used before it was ready, or after it ended.
        public static let invalidState = Code(value: .invalidState)
        /// A schedule, such as its cron expression, cannot be read or never fires.
        public static let invalidSchedule = Code(value: .invalidSchedule)
        /// There is no schedule of this name.
        public static let unknownSchedule = Code(value: .unknownSchedule)
        /// There is no time zone of this name.
        public static let unknownTimeZone = Code(value: .unknownTimeZone)
        /// The machine has no time zone database, or a damaged one.
        public static let timeZonesUnavailable = Code(value: .timeZonesUnavailable)

        /// The code's name.
        public var description: String { value.rawValue }
    }

    /// What kind of mistake it is.
    public let code: Code
    /// What is wrong, where, and what to do.
    public let message: String

    /// Creates an error.
    public init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
