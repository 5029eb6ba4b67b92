//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftRedis
import Testing

@Suite(.timeLimit(.minutes(20)))
struct RedisURLTests {
    private func read(_ url: String) throws -> RedisConfiguration { try RedisConfiguration(url: url) }

    private func tcp(_ host: String, _ port: Int = 6379) -> RedisAddress { .tcp(host: host, port: port) }

    @Test("A server's URL has host, port and database")
    func readsServers() throws {
        #expect(try read("redis://localhost").topology == .server([tcp("localhost")]))
        let configuration = try read("REDIS://10.0.0.1:7000/3")
        #expect(configuration.topology == .server([tcp("10.0.0.1", 7000)]))
        #expect(configuration.database == 3)
        #expect(configuration.credentials == nil)
        #expect(configuration.tls == nil)
        #expect(try read("redis://h/").database == 0)
        #expect(try read("redis://h?db=5").database == 5)
        #expect(
            try read("redis://a,b:2,[::1]:3,[fe80::1%25eth0]").topology
                == .server([tcp("a"), tcp("b", 2), tcp("::1", 3), tcp("fe80::1%eth0")])
        )
    }

    @Test("User and password are percent-decoded")
    func readsCredentials() throws {
        #expect(try read("redis://:secret@h").credentials == .init(password: "secret"))
        #expect(try read("redis://al%40x:p%2F%3a:y@h").credentials == .init(user: "al@x", password: "p/::y"))
        #expect(try read("redis+socket://pwd@/run/r.sock").credentials == .init(password: "pwd"))
    }

    @Test("A socket's URL has a path, and the database in an option or as machinery writes it")
    func readsSockets() throws {
        let unix = try read("redis+unix:///run/my%20redis.sock?db=2")
        #expect(unix.topology == .server([.unix(path: "/run/my redis.sock")]))
        #expect(unix.database == 2)
        let machinery = try read("redis+socket://user:pwd@/path/to/file.sock:/7")
        #expect(machinery.topology == .server([.unix(path: "/path/to/file.sock")]))
        #expect(machinery.database == 7)
        #expect(machinery.credentials == .init(user: "user", password: "pwd"))
        #expect(try read("redis+socket:///run/r.sock").database == 0)
    }

    @Test("Replicas are waited for as long as the URL says, for a second otherwise")
    func readsReplicas() throws {
        #expect(try read("redis://h").replicas == nil)
        #expect(try read("redis://h?replicas=2").replicas == .init(count: 2))
        let configuration = try read("redis://h?replicas_timeout=15s&command_timeout=30s&replicas=1")
        #expect(configuration.replicas?.timeout == .seconds(15))
    }

    @Test("Sentinels and Clusters are found by some of their hosts")
    func readsTopologies() throws {
        let sentinel = try read("redis+sentinel://a,b:2/my%2Fmaster/4?sentinel_user=u&sentinel_password=p")
        #expect(sentinel.topology == .sentinel([tcp("a", 26379), tcp("b", 2)], master: "my/master"))
        #expect(sentinel.database == 4)
        #expect(sentinel.sentinelCredentials == .init(user: "u", password: "p"))
        #expect(try read("redis+cluster://a,b:2").topology == .cluster([tcp("a"), tcp("b", 2)]))
        #expect(try read("rediss+cluster://a/0").tls == RedisConfiguration.TLS())
    }

    @Test("Options say how to encrypt, what to call keys and connections, and how long to wait")
    func readsOptions() throws {
        let configuration = try read(
            "rediss://h?ca=/etc/ca.pem&cert=/c&key=/k&verify=ca&server_name=r.example&prefix=app&name=web-1"
                + "&connect_timeout=500ms&command_timeout=2.5"
        )
        #expect(configuration.tls?.authorities == "/etc/ca.pem")
        #expect(configuration.tls?.certificate == "/c")
        #expect(configuration.tls?.key == "/k")
        #expect(configuration.tls?.verification == .authority)
        #expect(configuration.tls?.serverName == "r.example")
        #expect(configuration.prefix == "app")
        #expect(configuration.clientName == "web-1")
        #expect(configuration.connectTimeout == .milliseconds(500))
        #expect(configuration.commandTimeout == .milliseconds(2_500))
        #expect(try read("redis://h?command_timeout=2m").commandTimeout == .seconds(120))
    }

    @Test(
        "A URL that cannot be read is refused with the name of the part that is wrong",
        arguments: [
            ("", "scheme"), ("localhost:6379", "scheme"), ("http://h", "scheme"), ("redis:/h", "scheme"),
            ("redis://", "host"), ("redis:///0", "host"), ("redis://h1,,h2", "host"), ("redis://:6379", "host"),
            ("redis://::1", "host"), ("redis://[::1", "host"), ("redis://[zz::1]", "host"), ("redis://a_b$c", "host"),
            ("redis://[]", "host"), ("redis://[::1%25]", "host"), ("redis://[::1]x", "port"),
            ("redis://h:", "port"), ("redis://h:0", "port"), ("redis://h:65536", "port"), ("redis://h:x", "port"),
            ("redis://h:-1", "port"), ("redis://h:99999999999999999999", "port"),
            ("redis://h/x", "database"), ("redis://h/-1", "database"), ("redis://h/1/2", "database"),
            ("redis://h/2147483648", "database"),
            ("redis://user@h", "user and password"), ("redis://:a@b@h", "user and password"),
            ("redis://:a%zz@h", "user and password"), ("redis://:%ff@h", "user and password"),
            ("redis://:a%4@h", "user and password"),
            ("redis://:a/b@h", "user and password"), ("redis://:a?b@h", "user and password"),
            ("redis://:a#b@h", "fragment"),
            ("redis://:@h", "password"), ("redis://h x", "text"), ("redis://h\n", "text"), ("redis://é", "text"),
            ("redis+unix://h/path", "host"), ("redis+unix://", "path"), ("redis+unix:///", "path"),
            ("redis+unix:///a%00b", "path"), ("redis+socket:///a:/x", "database"),
            ("redis+sentinel://h", "path"), ("redis+sentinel://h/", "path"), ("redis+sentinel://h/m/0/1", "path"),
            ("redis+sentinel://h/%zz", "master's name"), ("redis+sentinel:///m", "host"),
            ("redis+sentinel://h/m?sentinel_user=u", "option `sentinel_user`"),
            ("redis+cluster://h/1", "path"), ("redis+cluster://h?db=1", "option “db”"),
            ("redis://h?x=1", "option “x”"), ("redis://h?ca=/a", "option `ca`"),
            ("rediss://h?verify=maybe", "option `verify`"),
            ("rediss://h?cert=/c", "option `key`"), ("rediss://h?key=/c", "option `cert`"),
            ("redis://h?prefix=a&prefix=b", "option `prefix`"), ("redis://h?prefix=", "option `prefix`"),
            ("redis://h?prefix", "option `prefix`"), ("redis://h?prefix=%7Bx", "option `prefix`"),
            ("redis://h?prefix=%2", "option `prefix`"), ("redis://h?name=a%20b", "option `name`"),
            ("redis://h?connect_timeout=0", "option `connect_timeout`"),
            ("redis://h?connect_timeout=1h", "option `connect_timeout`"),
            ("redis://h?command_timeout=-1s", "option `command_timeout`"),
            ("redis://h?command_timeout=1e9", "option `command_timeout`"),
            ("redis://h?command_timeout=.", "option `command_timeout`"), ("redis://h/1?db=2", "option `db`"),
            ("redis://h?db=x", "option `db`"), ("redis://h?replicas=0", "option `replicas`"),
            ("redis://h?replicas=many", "option `replicas`"),
            ("redis://h?replicas_timeout=1s", "option `replicas_timeout`"),
            ("redis://h?replicas=1&replicas_timeout=10s", "option `replicas_timeout`"),
            ("redis+cluster://h?replicas=1", "option “replicas”"),
        ]
    )
    func refuses(_ url: String, _ part: String) {
        do throws(ConfigurationError) {
            let configuration = try RedisConfiguration(url: url)
            Issue.record("\(url) is read as \(configuration)")
        } catch {
            #expect(error.code == .invalidURL)
            #expect(error.message.contains(part), "\(error.message)")
        }
    }

    @Test(
        "No error, description or dump shows a password",
        arguments: [
            "redis://:hunter2@h", "redis://u:hunter2@h:x", "redis://u:hunter2@h/x", "redis://u:a/hunter2@h",
            "redis://u:hunter2",
            "redis://u:a?hunter2@h", "redis://u:a#hunter2@h", "redis://u:a@hunter2@h", "redis://u:hunter2%@h",
            "redis://u:hunter2 @h",
            "redis://u:6379/hunter2@h/0", "redis://u:1,hunter2@h", "redis://u:[hunter2@h",
            "redis+sentinel://u:a/hunter2@h/m",
            "redis+sentinel://h/m?sentinel_password=hunter2", "redis+sentinel://h/m?sentinel_password=hunter2%",
            "redis+unix://hunter2@/run/r.sock", "redis+socket://hunter2@/run/r.sock", "redis://hunter2@h",
            "xredis://:hunter2@h",
        ]
    )
    func hidesPasswords(_ url: String) {
        var shown = ""
        do throws(ConfigurationError) {
            let configuration = try RedisConfiguration(url: url)
            shown =
                "\(configuration) \(String(reflecting: configuration)) \(String(describing: configuration.credentials))"
            dump(configuration, to: &shown)
            dump(configuration.credentials, to: &shown)
            dump(configuration.sentinelCredentials, to: &shown)
        } catch {
            shown = "\(error)"
        }
        #expect(!shown.contains("hunter2"), "\(shown)")
    }

    @Test(
        "A description is a URL that means the same",
        arguments: [
            "redis://localhost:6379/0", "redis://a:1,[::1]:2/3", "redis+unix:///run/my%20redis.sock?db=2",
            "redis+sentinel://a:26379/m%2Fx/4?prefix=app", "redis+cluster://a:6379,b:1?name=w&connect_timeout=500ms",
            "redis+sentinel://a:26379/m/0?replicas=2&replicas_timeout=250ms", "redis://h:6379/0?replicas=1",
            "rediss://h:6379/0?ca=/a&cert=/b&key=/c&verify=none&server_name=x&command_timeout=90s",
        ]
    )
    func describesItself(_ url: String) throws {
        let configuration = try read(url)
        #expect(try read("\(configuration)") == configuration)
    }

    @Test("A description has stars for passwords")
    func masksPasswords() throws {
        #expect("\(try read("redis://me:pw@h/1"))" == "redis://me:***@h:6379/1")
        #expect("\(try read("redis://:pw@h"))" == "redis://:***@h:6379/0")
    }
}
