//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Configuration
public import Lineshaft

extension Settings {
    /// Reads the usual sources, of which the first that has a value wins: `overrides`, then environment variables, then
    /// the file.
    ///
    /// What no source has stays as the program has it.
    ///
    /// - Parameters:
    ///   - file: A JSON file whose keys under `lineshaft` must all be known; none if left out.
    ///   - overrides: What goes before the environment, such as the command line; the first one wins.
    /// - Returns: A reader, for ``init(from:system:worker:)`` and for the program's own keys.
    /// - Throws: `ConfigurationError` when the file cannot be read, is not JSON, or has an unknown key.
    public static func reader(
        file: String? = nil,
        overrides: [any ConfigProvider] = []
    ) async throws(ConfigurationError) -> ConfigReader {
        let secrets = Set(Setting.all.filter(\.isSecret).map(\.environmentName))
        var providers = overrides
        providers.append(EnvironmentVariablesProvider(secretsSpecifier: .specific(secrets)))
        if let file { providers.append(try await fileProvider(file)) }
        return ConfigReader(providers: providers)
    }

    private static func fileProvider(_ path: String) async throws(ConfigurationError) -> any ConfigProvider {
        // The provider takes a path that is no literal from a reader, or as a type of yet another package.
        let place = ConfigReader(
            provider: InMemoryProvider(values: ["filePath": .init(.string(path), isSecret: false)])
        )
        do {
            return try await FileProvider<CheckedJSONSnapshot>(config: place)
        } catch let error as ConfigurationError {
            throw ConfigurationError(code: error.code, message: "In the configuration file “\(path)”: \(error.message)")
        } catch {
            throw ConfigurationError(
                code: .invalidValue,
                message: "The configuration file “\(path)” cannot be read: \(error) "
                    + "Give the path of a JSON file that this user may read."
            )
        }
    }
}
