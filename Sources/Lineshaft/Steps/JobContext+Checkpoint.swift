//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension JobContext {
    /// Runs a step of the job once, and remembers its value.
    ///
    /// When the job runs again, after a crash, a failed attempt, a release or a snooze, its handler starts from the beginning, and
    /// steps that had finished return what they returned, without running. A step is recorded with the broker before this call returns,
    /// so it may run twice only if its worker dies, or loses touch with the broker, between the two.
    ///
    /// ```swift
    /// let order = try await context.checkpoint("order") { try await shop.order(job.items) }
    /// try await context.checkpoint("mail") { try await mailer.confirm(order) }
    /// ```
    ///
    /// A step that throws records nothing. The handler may catch the error and ask for the step again; once it has finished, its name
    /// cannot be used again in this run. Steps of child tasks may run at the same time.
    ///
    /// A cancelled run begins no step. One whose work was done by then is still recorded if the broker answers at once. The time that
    /// recording takes counts as the attempt's.
    ///
    /// - Parameters:
    ///   - name: The step's name, unique in the job, 1 to 200 bytes.
    ///   - type: The value's type.
    ///   - body: The work. It runs where the caller does.
    /// - Returns: What `body` returns, now or in the run that recorded it.
    /// - Throws: What `body` throws; ``StepError`` when names, order, types or sizes are not as they should be, the broker keeps
    ///   no steps, or the lease is lost; ``BrokerError`` when the broker refuses; `CancellationError` when the run is cancelled.
    @discardableResult
    public func checkpoint<Value: Codable & Sendable>(
        _ name: String,
        as type: Value.Type = Value.self,
        _ body: () async throws -> Value
    ) async throws -> Value {
        let run = try await scope.stepRun(for: name)
        switch try run.begin(name, isOwn: scope.isOwnTask) {
        case .recorded(let bytes):
            if let nothing = NoValue() as? Value { return nothing }
            do {
                return try scope.system.configuration.codec.decode(Value.self, from: bytes)
            } catch {
                throw run.misread(name, type: "\(Value.self)", cause: error)
            }
        case .run:
            let value: Value
            let bytes: [UInt8]
            do {
                value = try await body()
                bytes = try encode(value, of: name)
            } catch {
                run.abandon(name)
                throw error
            }
            try await run.finish(name, value: bytes)
            return value
        }
    }

    /// Runs a step of the job that returns nothing, once.
    ///
    /// See ``checkpoint(_:as:_:)``.
    ///
    /// - Parameters:
    ///   - name: The step's name, unique in the job, 1 to 200 bytes.
    ///   - body: The work. It runs where the caller does, and not at all if an earlier run has finished it.
    /// - Throws: What the other form throws.
    public func checkpoint(_ name: String, _ body: () async throws -> Void) async throws {
        _ = try await checkpoint(name, as: NoValue.self) {
            try await body()
            return NoValue()
        }
    }

    private func encode<Value: Codable & Sendable>(_ value: Value, of name: String) throws -> [UInt8] {
        if Value.self == NoValue.self { return [] }
        do {
            return try scope.system.configuration.codec.encode(value)
        } catch {
            throw StepError(
                code: .unencodableValue,
                message:
                    "The value of step “\(name)” of job \(id), “\(self.name)”, a \(Value.self), cannot be encoded: \(error). "
                    + "The step has run and is not recorded. Mend its encoding, then retry the job.",
                cause: error
            )
        }
    }
}
