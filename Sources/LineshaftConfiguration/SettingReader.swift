//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Configuration
internal import Lineshaft

/// Reads single settings; a value that is there and wrong is an error, never a default.
///
/// The library's own way of asking for an optional value answers `nil` for one of the wrong type, so each is asked for as a
/// required one, and its absence told from other errors.
struct SettingReader {
    private let config: ConfigReader

    /// Reads what `config` has under our scope.
    init(_ config: ConfigReader) {
        self.config = config.scoped(to: ConfigKey([Setting.scope]))
    }

    /// The text, which is not empty; `nil` when there is none.
    func text(_ setting: Setting) throws(ConfigurationError) -> String? {
        switch look(setting, config.requiredString) {
        case .absent: return nil
        case .unsuitable: throw wrong(setting)
        case .value(let text):
            if text.isEmpty { throw wrong(setting) }
            return text
        }
    }

    func duration(_ setting: Setting) throws(ConfigurationError) -> Duration? {
        guard let text = try text(setting) else { return nil }
        guard case .duration(let minimum) = setting.kind, let duration = DurationText.parse(text), duration >= minimum
        else { throw wrong(setting) }
        return duration
    }

    func integer(_ setting: Setting) throws(ConfigurationError) -> Int? {
        let found: Int?
        switch look(setting, config.requiredInt) {
        case .absent: return nil
        case .value(let number): found = number
        // A file may have the number in quotes.
        case .unsuitable: found = try text(setting).flatMap { Int($0) }
        }
        guard let found, case .integer(let range) = setting.kind, range.contains(found) else { throw wrong(setting) }
        return found
    }

    func boolean(_ setting: Setting) throws(ConfigurationError) -> Bool? {
        switch look(setting, config.requiredBool) {
        case .absent: return nil
        case .value(let flag): return flag
        case .unsuitable:
            guard let text = try text(setting), let flag = Bool(text) else { throw wrong(setting) }
            return flag
        }
    }

    /// The value that the text stands for.
    func choice<Value>(_ setting: Setting, _ make: (String) -> Value?) throws(ConfigurationError) -> Value? {
        guard let text = try text(setting) else { return nil }
        guard let value = make(text) else { throw wrong(setting) }
        return value
    }

    /// The values that the list's entries stand for: a list, or text with commas between them.
    func list<Value>(_ setting: Setting, _ make: (String) -> Value?) throws(ConfigurationError) -> [Value]? {
        let entries: [String]
        switch look(setting, config.requiredStringArray) {
        case .absent: return nil
        case .value(let list): entries = list
        case .unsuitable:
            guard let text = try text(setting) else { return nil }
            entries = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        var values: [Value] = []
        for entry in entries {
            guard let value = make(entry.trimmingSpaces) else { throw wrong(setting, value: entry) }
            values.append(value)
        }
        if values.isEmpty { throw wrong(setting, value: "") }
        return values
    }

    /// The error for a setting's value.
    ///
    /// - Parameters:
    ///   - setting: The setting.
    ///   - value: The part of the value that is wrong; all of it if left out.
    ///   - reason: What is wrong with it, if not that it cannot be read.
    /// - Returns: The error.
    func wrong(_ setting: Setting, value: String? = nil, because reason: String? = nil) -> ConfigurationError {
        let problem =
            switch (reason, value ?? written(setting)) {
            case (let reason?, _): reason
            case (nil, nil): "has a value that cannot be used"
            case (nil, ""?): "is empty"
            case (nil, let text?): "is “\(text)”"
            }
        return ConfigurationError(
            code: setting.isSecret ? .invalidURL : .invalidValue,
            message: "The setting `\(setting.key)` (\(setting.environmentName) in the environment) \(problem). "
                + "It must be \(setting.expectation), or be left out."
        )
    }

    /// What is there, whatever its type.
    private func written(_ setting: Setting) -> String? {
        if setting.isSecret { return nil }
        if case .value(let text) = look(setting, config.requiredString) { return text }
        if case .value(let number) = look(setting, config.requiredInt) { return String(number) }
        if case .value(let number) = look(setting, config.requiredDouble) { return String(number) }
        if case .value(let list) = look(setting, config.requiredStringArray) { return list.joined(separator: ", ") }
        return nil
    }
}

extension SettingReader {
    /// What is found in one type.
    private enum Finding<Value> {
        case absent
        case value(Value)
        /// Something is there that is not of the type.
        case unsuitable
    }

    private typealias Question<Value> = (ConfigKey, Bool, String, UInt) throws -> Value

    private func look<Value>(_ setting: Setting, _ read: Question<Value>) -> Finding<Value> {
        do {
            return .value(try read(ConfigKey(setting.path), setting.isSecret, #fileID, #line))
        } catch {
            return Self.kind(of: error) == Self.absence ? .absent : .unsuitable
        }
    }

    /// What the library throws for a value that is nowhere, which is no public type of its.
    private static let absence: String? = {
        do {
            _ = try ConfigReader(provider: InMemoryProvider(values: [:])).requiredString(forKey: "absent")
            return nil
        } catch {
            return kind(of: error)
        }
    }()

    /// An error's type and case.
    private static func kind(of error: any Error) -> String {
        let label = Mirror(reflecting: error).children.first?.label ?? ""
        return "\(String(reflecting: type(of: error))).\(label)"
    }
}

extension String {
    fileprivate var trimmingSpaces: String {
        let start = drop { $0 == " " }
        return String(start.prefix(start.count - start.reversed().prefix { $0 == " " }.count))
    }
}
