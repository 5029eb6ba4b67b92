//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Foundation
internal import Testing

/// Certificates that the test made itself, in a folder of its own, with the program `openssl`.
///
/// Two authorities, of which servers know the first; a server's certificate for `127.0.0.1` and one for another host; and a
/// client's.
final class Certificates: Sendable {
    /// Those of all tests of this process.
    static let shared = Result { try Certificates() }

    private let folder: URL

    var authority: String { path("authority.pem") }
    var stranger: String { path("stranger.pem") }

    func certificate(of name: String) -> String { path(name + ".pem") }
    func key(of name: String) -> String { path(name + ".key") }

    private init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "lineshaft-tls-\(getpid())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try make("authority", signedBy: nil, extensions: ["basicConstraints=critical,CA:TRUE"])
        try make("stranger", signedBy: nil, extensions: ["basicConstraints=critical,CA:TRUE"])
        try make("server", signedBy: "authority", extensions: ["subjectAltName=IP:127.0.0.1,DNS:localhost"])
        try make("elsewhere", signedBy: "authority", extensions: ["subjectAltName=DNS:elsewhere.example"])
        try make("client", signedBy: "authority", extensions: ["extendedKeyUsage=clientAuth"])
        try make("intruder", signedBy: "stranger", extensions: ["extendedKeyUsage=clientAuth"])
    }

    private func path(_ name: String) -> String { folder.appending(path: name).path }

    /// The file with a key that is encrypted with a passphrase.
    func lockedKey(of name: String) throws -> String {
        let locked = path(name + ".locked")
        try run(["pkey", "-in", key(of: name), "-aes256", "-passout", "pass:secret", "-out", locked])
        return locked
    }

    private func make(_ name: String, signedBy authority: String?, extensions: [String]) throws {
        var arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj",
            "/CN=\(name)", "-keyout", key(of: name), "-out", certificate(of: name),
        ]
        for text in extensions { arguments += ["-addext", text] }
        if let authority { arguments += ["-CA", certificate(of: authority), "-CAkey", key(of: authority)] }
        try run(arguments)
    }

    private func run(_ arguments: [String]) throws {
        let program = Process()
        program.executableURL = URL(filePath: "/usr/bin/env")
        program.arguments = ["openssl"] + arguments
        // A file and no pipe: a server that another test starts meanwhile would inherit the pipe, which would not end.
        let log = path("openssl.log")
        try Data().write(to: URL(filePath: log))
        let output = try #require(FileHandle(forWritingAtPath: log))
        defer { output.closeFile() }
        program.standardOutput = output
        program.standardError = output
        program.standardInput = FileHandle.nullDevice
        try program.run()
        program.waitUntilExit()
        let text = try String(contentsOfFile: log, encoding: .utf8)
        try #require(program.terminationStatus == 0, "openssl fails: \(text)")
    }
}
