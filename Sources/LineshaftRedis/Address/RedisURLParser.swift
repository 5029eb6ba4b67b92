//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

/// Reads the URLs of Redis.
///
/// What it complains about it quotes only where it cannot be a piece of a password. A `/` or `?` in a password that is
/// not percent-encoded cuts the URL in the wrong place; then an `@` is left over, and nothing else is looked at.
struct RedisURLParser {
    private let url: String

    init(_ url: String) {
        self.url = url
    }

    /// The pieces of a URL, still encoded.
    private struct Pieces {
        var scheme: RedisURLScheme
        var userinfo: Substring?
        var hosts: Substring
        var path: Substring
        var query: Substring?
    }

    func configuration() throws(ConfigurationError) -> RedisConfiguration {
        var pieces = try split()
        var configuration: RedisConfiguration
        switch pieces.scheme.form {
        case .server:
            configuration = RedisConfiguration(topology: .server(try addresses(in: pieces)))
            configuration.database = try database(in: pieces.path.dropFirst(), of: pieces)
        case .unix, .machinerySocket:
            configuration = try socket(in: &pieces)
        case .sentinel:
            configuration = try sentinel(in: pieces)
        case .cluster:
            configuration = RedisConfiguration(topology: .cluster(try addresses(in: pieces)))
            guard pieces.path.isEmpty || pieces.path == "/" || pieces.path == "/0" else {
                throw error("path", "a Cluster has only database 0", remedy: "Write nothing after the hosts.")
            }
        }
        if pieces.scheme.isEncrypted { configuration.tls = RedisConfiguration.TLS() }
        configuration.credentials = try credentials(in: pieces)
        if let query = pieces.query {
            var options = RedisURLOptions(scheme: pieces.scheme)
            try options.apply(query, to: &configuration)
        }
        return configuration
    }

    // MARK: Cutting

    private func split() throws(ConfigurationError) -> Pieces {
        guard let colon = url.firstRange(of: "://"),
            let scheme = RedisURLScheme.all.first(where: { $0.name == url[..<colon.lowerBound].lowercased() })
        else {
            let known = RedisURLScheme.all.map { $0.name + "://" }.joined(separator: ", ")
            throw error("scheme", "it is none of \(known)", remedy: "Begin the URL with one of them.")
        }
        // From here on every character is one byte. A combining mark would make another of an “@” or “/” before it.
        if url.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7F }) {
            let remedy = "Percent-encode the bytes of its UTF-8, as in %20 and %C3%A9."
            throw error("text", "it contains a space, a control character or one beyond ASCII", remedy: remedy)
        }
        if url.utf8.contains(UInt8(ascii: "#")) {
            let remedy = "A “#” in a password or an option is written %23."
            throw error("fragment", "a Redis URL has none", remedy: remedy)
        }
        let rest = url[colon.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let afterAuthority = rest[authority.endIndex...]
        if afterAuthority.utf8.contains(UInt8(ascii: "@")) {
            let remedy = "In a password, write “/” as %2F and “?” as %3F; elsewhere write “@” as %40."
            throw error("user and password", "an “@” comes after the first “/” or “?”", remedy: remedy)
        }
        let path = afterAuthority.prefix { $0 != "?" }
        let query = afterAuthority[path.endIndex...]
        var pieces = Pieces(
            scheme: scheme,
            userinfo: nil,
            hosts: authority,
            path: path,
            query: query.isEmpty ? nil : query.dropFirst()
        )
        if let at = authority.lastIndex(of: "@") {
            pieces.userinfo = authority[..<at]
            pieces.hosts = authority[authority.index(after: at)...]
        }
        return pieces
    }

    // MARK: Parts

    private func credentials(in pieces: Pieces) throws(ConfigurationError) -> RedisConfiguration.Credentials? {
        guard let userinfo = pieces.userinfo else { return nil }
        if userinfo.utf8.contains(UInt8(ascii: "@")) {
            let remedy = "Write an “@” in a password as %40, and user and password once, before the first host."
            throw error("user and password", "there is more than one “@”", remedy: remedy)
        }
        let user: Substring
        let password: Substring
        if let colon = userinfo.firstIndex(of: ":") {
            user = userinfo[..<colon]
            password = userinfo[userinfo.index(after: colon)...]
        } else if pieces.scheme.form == .machinerySocket {
            // machinery's spelling has no user.
            user = ""
            password = userinfo
        } else {
            let remedy = "Write `user:password@`, or `:password@` for the default user."
            throw error("user and password", "there is no colon between them", remedy: remedy)
        }
        guard let decodedUser = PercentCoding.decode(user), let decodedPassword = PercentCoding.decode(password) else {
            throw error(
                "user and password",
                "a “%” is not followed by two hexadecimal digits, or they do not make UTF-8",
                remedy: "Write a “%” as %25."
            )
        }
        if decodedPassword.isEmpty {
            let remedy = "Leave `\(user.isEmpty ? ":" : "user:")@` out, or write the password behind the colon."
            throw error("password", "it is empty", remedy: remedy)
        }
        return RedisConfiguration.Credentials(user: decodedUser.isEmpty ? nil : decodedUser, password: decodedPassword)
    }

    private func addresses(in pieces: Pieces) throws(ConfigurationError) -> [RedisAddress] {
        if pieces.hosts.isEmpty {
            throw error("host", "there is none", remedy: "Write one, as in redis://127.0.0.1:\(pieces.scheme.port).")
        }
        var addresses: [RedisAddress] = []
        for part in pieces.hosts.split(separator: ",", omittingEmptySubsequences: false) {
            addresses.append(try address(part, in: pieces))
        }
        return addresses
    }

    private func address(_ part: Substring, in pieces: Pieces) throws(ConfigurationError) -> RedisAddress {
        let host: Substring
        let afterHost: Substring
        let isIPv6 = part.first == "["
        if isIPv6 {
            guard let bracket = part.firstIndex(of: "]") else {
                throw error("host", "a bracket is not closed", remedy: "Write [::1]:6379.")
            }
            host = part[part.index(after: part.startIndex)..<bracket]
            afterHost = part[part.index(after: bracket)...]
        } else {
            host = part.prefix { $0 != ":" }
            afterHost = part[host.endIndex...]
            if afterHost.dropFirst().contains(":") {
                let remedy = "Write a number of IPv6 in brackets: [::1]:6379."
                throw error("host", "there is more than one colon behind it", remedy: remedy)
            }
        }
        guard let name = PercentCoding.decode(host), isHost(name, isIPv6: isIPv6) else {
            let remedy =
                host.isEmpty ? "Write one before the colon or comma." : "Write a name, or a number of IPv4 or IPv6."
            throw error("host", host.isEmpty ? "it is empty" : "\(quote(host)) is none", remedy: remedy)
        }
        if afterHost.isEmpty { return .tcp(host: name, port: pieces.scheme.port) }
        let digits = afterHost.dropFirst()
        guard afterHost.first == ":", let port = number(digits), (1...65535).contains(port) else {
            // It is not quoted: without an `@` behind it, a password stands where a port would.
            let remedy = "Write a number from 1 to 65535 behind the host's colon, or nothing for \(pieces.scheme.port)."
            throw error("port", "what is behind \(quote(host)) is none", remedy: remedy)
        }
        return .tcp(host: name, port: port)
    }

    private func isHost(_ name: String, isIPv6: Bool) -> Bool {
        if name.isEmpty || name.utf8.count > 255 { return false }
        guard isIPv6 else { return name.utf8.allSatisfy { PercentCoding.isUnreserved($0) && $0 != UInt8(ascii: "~") } }
        // A zone such as %eth0 may follow the number.
        let number = name.prefix { $0 != "%" }
        let zone = name.dropFirst(number.count).dropFirst()
        return number.utf8.count(where: { $0 == UInt8(ascii: ":") }) >= 2
            && number.utf8.allSatisfy {
                Character(Unicode.Scalar($0)).isHexDigit || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
            }
            && zone.utf8.allSatisfy(PercentCoding.isUnreserved) && (zone.isEmpty == (number.count == name.count))
    }

    private func sentinel(in pieces: Pieces) throws(ConfigurationError) -> RedisConfiguration {
        let parts = pieces.path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        guard let encoded = parts.first, !encoded.isEmpty, parts.count <= 2 else {
            let remedy = "Write redis+sentinel://host1,host2/master or …/master/database."
            throw error("path", "the name of the master is missing, or too much follows it", remedy: remedy)
        }
        guard let master = PercentCoding.decode(encoded) else {
            let remedy = "Write a “%” as %25."
            throw error("master's name", "a “%” is not followed by two hexadecimal digits", remedy: remedy)
        }
        var configuration = RedisConfiguration(topology: .sentinel(try addresses(in: pieces), master: master))
        if parts.count == 2 { configuration.database = try database(in: parts[1], of: pieces) }
        return configuration
    }

    private func socket(in pieces: inout Pieces) throws(ConfigurationError) -> RedisConfiguration {
        if !pieces.hosts.isEmpty {
            let remedy = "Write three slashes before an absolute path: \(pieces.scheme.name):///run/redis.sock."
            throw error("host", "a socket has none", remedy: remedy)
        }
        var path = pieces.path
        var number: Int?
        // machinery writes the database behind a colon.
        if pieces.scheme.form == .machinerySocket, let colon = path.lastRange(of: ":/") {
            number = try database(in: path[colon.upperBound...], of: pieces)
            path = path[..<colon.lowerBound]
        }
        guard let decoded = PercentCoding.decode(path), !decoded.utf8.contains(0) else {
            throw error("path", "a “%” is not followed by two hexadecimal digits", remedy: "Write a “%” as %25.")
        }
        guard decoded.utf8.count > 1 else {
            let remedy = "Write it, as in \(pieces.scheme.name):///run/redis.sock."
            throw error("path", "the socket's is missing", remedy: remedy)
        }
        var configuration = RedisConfiguration(topology: .server([.unix(path: decoded)]))
        configuration.database = number ?? 0
        return configuration
    }

    private func database(in part: Substring, of pieces: Pieces) throws(ConfigurationError) -> Int {
        if part.isEmpty { return 0 }
        guard let database = number(part), database <= Int(Int32.max) else {
            throw error("database", "\(quote(part)) is not a number", remedy: "Write one such as /0.")
        }
        return database
    }

    private func number(_ digits: Substring) -> Int? {
        guard !digits.isEmpty, digits.utf8.count <= 10,
            digits.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains)
        else { return nil }
        return Int(digits)
    }

    // MARK: Errors

    private func quote(_ part: Substring) -> String { "“\(part.prefix(64))”" }

    private func error(_ part: String, _ problem: String, remedy: String) -> ConfigurationError {
        ConfigurationError(code: .invalidURL, message: "The Redis URL's \(part): \(problem). \(remedy)")
    }
}

extension Substring {
    /// Where a text occurs last.
    fileprivate func lastRange(of text: String) -> Range<Index>? {
        ranges(of: text).last
    }
}
