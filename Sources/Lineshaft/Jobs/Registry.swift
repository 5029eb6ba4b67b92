//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// Which handler runs which wire name. A worker takes its table when it starts.
package actor Registry {
    private var handlers: [JobName: AnyHandler] = [:]

    /// Creates an empty registry.
    package init() {}

    /// Adds a handler.
    ///
    /// - Parameter handler: The handler.
    /// - Throws: ``ConfigurationError`` when its name is not a valid one, or is taken, or when its retry policy or its steps make no sense.
    package func register(_ handler: AnyHandler) throws(ConfigurationError) {
        try NameRules.check(handler.name)
        if handler.version < 1 {
            throw ConfigurationError(
                code: .invalidValue,
                message: "The job “\(handler.name)” has version \(handler.version); versions begin with 1."
            )
        }
        if case .policy(let policy) = handler.retry?.kind, let problem = policy.problem {
            throw ConfigurationError(
                code: .invalidValue,
                message: "In the `retry` of the handler for “\(handler.name)”, \(problem)."
            )
        }
        try StepRules.check(handler)
        if handlers[handler.name] != nil {
            throw ConfigurationError(
                code: .duplicateName,
                message: "Two handlers are registered for the job name “\(handler.name)”. "
                    + "Give one of the job types another `name`, or remove one of the handlers."
            )
        }
        handlers[handler.name] = handler
    }

    /// The handlers as they are now.
    package var table: [JobName: AnyHandler] { handlers }
}
