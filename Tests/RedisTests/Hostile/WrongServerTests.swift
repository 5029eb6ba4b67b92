//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftRedis
import Testing

/// What a URL may lead to by mistake.
@Suite(.timeLimit(.minutes(20)))
struct WrongServerTests {
    private func refused(_ url: String) async throws -> BrokerError {
        let error = try #require(await refusal(of: url) as? BrokerError)
        #expect(!error.message.contains("secret"))
        return error
    }

    @Test
    func `A wrong password, user or database is named`() async throws {
        let server = try RedisServer(["--requirepass", "secret"])
        let path = server.socket
        let password = try await refused("redis+unix://:secreter@\(path)")
        #expect(password.code == .rejected && password.message.contains("password") && password.message.contains(path))
        let user = try await refused("redis+unix://somebody:secret@\(path)")
        #expect(user.code == .rejected && user.message.contains("“somebody”"))
        let nobody = try await refused("redis+unix://\(path)")
        #expect(nobody.code == .rejected && nobody.message.contains(":password@"))
        let database = try await refused("redis+unix://:secret@\(path)?db=99")
        #expect(database.code == .rejected && database.message.contains("database 99"))
        let open = try RedisServer()
        let needless = try await refused("redis+unix://:secret@\(open.socket)")
        #expect(needless.code == .rejected && needless.message.contains("no password"))
        withExtendedLifetime((server, open)) {}
    }

    @Test
    func `What is no Redis is called by its name`() async throws {
        let web = try ScriptedServer(saying: "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
        let error = try await refused("redis://127.0.0.1:\(web.port)")
        #expect(error.code == .rejected && error.message.contains("an HTTP server"))
        #expect(error.message.contains("127.0.0.1:\(web.port)"))
        let encrypted = try await refused("rediss://127.0.0.1:\(web.port)")
        #expect(encrypted.code == .rejected && encrypted.message.contains("redis:// in the URL"))
        let silent = try ScriptedServer(saying: nil)
        let waiting = try await refused("redis://127.0.0.1:\(silent.port)?connect_timeout=2s")
        #expect(waiting.code == .unavailable && waiting.message.contains("2.0 seconds"))
        let nobody = FreePort.next()
        let gone = try await refused("redis://127.0.0.1:\(nobody)")
        #expect(gone.code == .unavailable && gone.message.contains("127.0.0.1:\(nobody)"))
        #expect(gone.message.contains("refused"))
        let file = try await refused("redis+unix:///tmp/lineshaft-nowhere/socket")
        #expect(file.message.contains("/tmp/lineshaft-nowhere/socket"))
        withExtendedLifetime((web, silent)) {}
    }

    @Test
    func `A server that is too old, or takes no writes, is told what to do about`() async throws {
        let info = "# Server\r\nredis_version:5.0.7\r\nredis_mode:standalone\r\n"
        let old = try ScriptedServer(saying: "+PONG\r\n$\(info.utf8.count)\r\n\(info)\r\n*0\r\n+OK\r\n")
        let error = try await refused("redis://127.0.0.1:\(old.port)")
        #expect(error.code == .rejected && error.message.contains("5.0.7") && error.message.contains("6.2"))
        let replica = try RedisServer(["--replicaof", "127.0.0.1 1", "--replica-serve-stale-data", "yes"])
        let readOnly = try await refused("redis+unix://\(replica.socket)")
        #expect(readOnly.message.contains("is a replica") && readOnly.message.contains("master"))
        withExtendedLifetime((old, replica)) {}
    }
}
