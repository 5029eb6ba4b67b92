//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension BrokerAdapter {
    /// Finds the adapter of a URL's scheme.
    ///
    /// - Parameters:
    ///   - url: The URL. Only its scheme is repeated in errors, for the rest may hold a password.
    ///   - adapters: The adapters at hand; later ones win.
    /// - Returns: The adapter.
    /// - Throws: ``ConfigurationError`` when there is no scheme or no adapter for it.
    package static func find(for url: String, among adapters: [BrokerAdapter]) throws(ConfigurationError)
        -> BrokerAdapter
    {
        let known = adapters.flatMap(\.schemes).map { "`\($0):`" }.joined(separator: ", ")
        guard let colon = url.firstIndex(of: ":"), isScheme(url[..<colon]) else {
            throw ConfigurationError(
                code: .invalidURL,
                message: "A broker's URL must begin with a scheme and a colon, such as `memory:` or `redis://host`; "
                    + "the one given does not. Known schemes: \(known)."
            )
        }
        let scheme = url[..<colon].lowercased()
        guard let adapter = adapters.last(where: { $0.schemes.contains(scheme) }) else {
            throw ConfigurationError(
                code: .unknownScheme,
                message: "No adapter opens URLs that begin with `\(scheme):`. Known schemes: \(known). "
                    + remedy(for: scheme)
            )
        }
        return adapter
    }

    private static func isScheme(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first | 0x20) else {
            return false
        }
        return text.unicodeScalars.allSatisfy { scalar in
            scalar.isASCII
                && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil
                    || "+-.".unicodeScalars.contains(scalar))
        }
    }

    private static func remedy(for scheme: String) -> String {
        switch scheme {
        case let scheme where scheme.hasPrefix("redis"):
            "Depend on `LineshaftRedis` and pass `adapters: [.redis]`."
        case "amqp", "amqps":
            "There is no adapter for RabbitMQ yet; use another broker, or pass an adapter of your own in `adapters:`."
        default:
            "Check the spelling, or pass the adapter that knows the scheme in `adapters:`."
        }
    }
}
