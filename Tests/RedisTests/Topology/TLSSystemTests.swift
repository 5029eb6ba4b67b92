//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftRedis
import Testing

/// Encrypted connections to a real server.
@Suite(.serialized, .timeLimit(.minutes(20)))
struct TLSSystemTests {
    private let certificates: Certificates
    private let port = FreePort.next()

    init() throws {
        certificates = try Certificates.shared.get()
    }

    private func server(
        _ name: String = "server",
        clients: String = "no",
        versions: String = "TLSv1.2 TLSv1.3"
    ) throws -> RedisServer {
        try RedisServer([
            "--tls-port", "\(port)", "--tls-cert-file", certificates.certificate(of: name),
            "--tls-key-file", certificates.key(of: name), "--tls-ca-cert-file", certificates.authority,
            "--tls-auth-clients", clients, "--tls-protocols", versions,
        ])
    }

    private func url(_ options: String = "", host: String = "127.0.0.1") -> String {
        "rediss://\(host):\(port)/0?ca=\(certificates.authority)\(options)"
    }

    private func echo(_ text: String, over url: String) async throws -> String {
        let jobs = try await JobSystem(redis: url)
        let value = try await jobs.echoing().run { try await jobs.submit(Echo(text: text)).value }
        await jobs.shutdown()
        return value
    }

    @Test(arguments: ["127.0.0.1", "localhost"])
    func `A job goes and its value comes back, encrypted, from a host that the certificate is for`(
        _ host: String
    ) async throws {
        let server = try server()
        let value = try await echo("encrypted", over: url(host: host))
        #expect(value == "encrypted")
        withExtendedLifetime(server) {}
    }

    @Test
    func `A certificate of an authority that nobody has named is refused`() async throws {
        let server = try server()
        let error = try #require(await refusal(of: "rediss://127.0.0.1:\(port)") as? BrokerError)
        #expect(error.message.contains("127.0.0.1:\(port)") && error.message.contains("ca="))
        #expect(error.code == .rejected)
        let stranger = "rediss://127.0.0.1:\(port)?ca=\(certificates.stranger)"
        let other = try #require(await refusal(of: stranger) as? BrokerError)
        #expect(other.message.contains("ca="))
        withExtendedLifetime(server) {}
    }

    @Test
    func `A certificate for another host is refused, unless that host is expected or none is`() async throws {
        let server = try server("elsewhere")
        let error = try #require(await refusal(of: url()) as? BrokerError)
        #expect(error.message.contains("server_name=") && error.code == .rejected)
        #expect(try await echo("named", over: url("&server_name=elsewhere.example")) == "named")
        #expect(try await echo("any", over: url("&verify=ca")) == "any")
        #expect(try await echo("all", over: "rediss://127.0.0.1:\(port)?verify=none") == "all")
        withExtendedLifetime(server) {}
    }

    @Test(arguments: ["TLSv1.2", "TLSv1.3"])
    func `A server that wants to know its clients takes those with a certificate of its authority`(
        _ version: String
    ) async throws {
        let server = try server(clients: "yes", versions: version)
        func identity(_ name: String) -> String {
            "&cert=\(certificates.certificate(of: name))&key=\(certificates.key(of: name))"
        }
        #expect(try await echo("known", over: url(identity("client"))) == "known")
        let missing = try #require(await refusal(of: url()) as? BrokerError)
        #expect(missing.message.contains("cert= and key=") && missing.code == .rejected)
        let intruder = try #require(await refusal(of: url(identity("intruder"))) as? BrokerError)
        #expect(intruder.message.contains("cert=") && intruder.code == .rejected)
        withExtendedLifetime(server) {}
    }

    @Test
    func `Files that are no certificates are named`() async throws {
        let server = try server()
        let missing = try #require(
            await refusal(of: "rediss://127.0.0.1:\(port)?ca=/nowhere.pem") as? ConfigurationError
        )
        #expect(missing.message.contains("/nowhere.pem") && missing.message.contains("ca="))
        let key = certificates.key(of: "client")
        let swapped = try #require(await refusal(of: url("&cert=\(key)&key=\(key)")) as? ConfigurationError)
        #expect(swapped.message.contains(key) && swapped.message.contains("cert="))
        let other = certificates.certificate(of: "client")
        let foreign = url("&cert=\(other)&key=\(certificates.key(of: "server"))")
        let mismatch = try #require(await refusal(of: foreign) as? ConfigurationError)
        #expect(mismatch.message.contains("does not belong"))
        let locked = try certificates.lockedKey(of: "client")
        let secret = try #require(await refusal(of: url("&cert=\(other)&key=\(locked)")) as? ConfigurationError)
        #expect(secret.message.contains(locked) && secret.message.contains("encrypted"))
        withExtendedLifetime(server) {}
    }

    @Test
    func `A URL without TLS says so when the port has it, and the reverse`() async throws {
        let encrypted = try server()
        let plain = try #require(await refusal(of: "redis://127.0.0.1:\(port)") as? BrokerError)
        #expect(plain.message.contains("rediss://"))
        let other = FreePort.next()
        let server = try RedisServer(port: other)
        let reverse = try #require(await refusal(of: "rediss://127.0.0.1:\(other)?connect_timeout=2s") as? BrokerError)
        #expect(reverse.message.contains("redis:// in the URL"))
        withExtendedLifetime((encrypted, server)) {}
    }

    @Test
    func `Sixteen mebibytes go and come back, encrypted`() async throws {
        let server = try server()
        let text = String(repeating: "0123456789abcdef", count: 1 << 20)
        let value = try await echo(text, over: url())
        #expect(value == text)
        withExtendedLifetime(server) {}
    }

    @Test
    func `Jobs go on when encrypted connections are cut, and when the server is restarted`() async throws {
        let server = try RedisServer([
            "--tls-port", "\(port)", "--tls-cert-file", certificates.certificate(of: "server"),
            "--tls-key-file", certificates.key(of: "server"), "--tls-ca-cert-file", certificates.authority,
            "--tls-auth-clients", "no", "--appendonly", "yes", "--appendfsync", "always",
        ])
        let jobs = try await JobSystem(redis: url())
        let values = try await jobs.echoing().run {
            var values: [String] = []
            for number in 0..<3 {
                let handle = try await jobs.submit(Echo(text: "\(number)"))
                let redis = try BlockingRedis(server)
                try redis.send("CLIENT", "KILL", "TYPE", "normal")
                try redis.send("CLIENT", "KILL", "TYPE", "pubsub")
                values.append(try await handle.value)
            }
            let handle = try await jobs.submit(Echo(text: "after"))
            try server.restart(signal: 9)
            values.append(try await handle.value)
            return values
        }
        #expect(values == ["0", "1", "2", "after"])
        await jobs.shutdown()
    }
}
