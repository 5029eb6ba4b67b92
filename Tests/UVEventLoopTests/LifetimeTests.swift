//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Foundation
import Testing
import UVEventLoop

/// The threads of this process whose name begins with `prefix`.
private func threads(_ prefix: String) -> Int {
    let folders = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
    return folders.count { folder in
        let name = try? String(contentsOfFile: "/proc/self/task/\(folder)/comm", encoding: .utf8)
        return name?.hasPrefix(prefix) == true
    }
}

@Suite(.timeLimit(.minutes(20)))
struct LifetimeTests {
    @Test
    func `Closing tells every stream, and the loop's actors go on`() async throws {
        let server = try Server { $0.echo() }
        let loop = try UVEventLoop(name: "closing")
        let owners = (0..<10).map { _ in StreamOwner(on: loop) }
        for owner in owners { try await owner.connect(to: server.address) }
        async let first: Void = loop.close()
        async let second: Void = loop.close()
        _ = await (first, second)
        for owner in owners {
            #expect(await owner.run { $0.stream.closeReason }?.code == .loopClosed)
            #expect(try await owner.run { try await $0.stream.waitUntilClosed() }.code == .loopClosed)
        }
        let late = StreamOwner(on: loop)
        await #expect(throws: UVError.self) { try await late.connect(to: server.address) }
        #expect(await late.run { $0.stream.closeReason }?.code == .loopClosed)
        await loop.close()
    }

    @Test
    func `An actor may close its own loop`() async throws {
        let server = try Server { $0.echo() }
        let owner = StreamOwner(on: try UVEventLoop(name: "own"))
        try await owner.connect(to: server.address)
        await owner.run { owner in
            await owner.loop.close()
            #expect(owner.loop.isCurrent)
            #expect(owner.stream.closeReason?.code == .loopClosed)
        }
    }

    @Test
    func `The last reference to a loop may go on the loop's own thread`() async throws {
        let ended = Mailbox<Void>()
        do {
            let counter = Counter(on: try UVEventLoop(name: "own-thread-end"))
            Task {
                await counter.increment()
                ended.put(())
            }
        }
        _ = await ended.next()
        while threads("own-thread-end") > 0 { await Task.yield() }
    }

    @Test
    func `A loop cannot be had without file descriptors, and says so`() async {
        await #expect(processExitsWith: .success) {
            var limit = rlimit(rlim_cur: 3, rlim_max: 3)
            #if canImport(Glibc)
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            #else
            setrlimit(RLIMIT_NOFILE, &limit)
            #endif
            let error = #expect(throws: UVError.self) { try UVEventLoop(name: "too many") }
            #expect(error?.name == "EMFILE")
            #expect(error?.message.contains("“too many”") == true)
        }
    }

    #if os(Linux)
    @Test
    func `Loops that come and go leave no thread and no file descriptor behind`() async {
        await #expect(processExitsWith: .success) {
            func descriptors() throws -> Int {
                try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
            }
            let server = try Server { $0.echo() }
            func use(_ round: Int) async throws {
                let loop = try UVEventLoop(name: "leak \(round)")
                let owner = StreamOwner(on: loop)
                // Some leave without closing anything, and some while they still connect or look up a name.
                if round % 5 == 4 {
                    async let lost: Void = owner.connect(to: .tcp(host: "localhost", port: 1))
                    if round % 2 == 0 { await loop.close() }
                    _ = try? await lost
                    return
                }
                try await owner.connect(to: server.address)
                await owner.run { $0.stream.write([1, 2, 3]) }
                #expect(await owner.bytes(count: 3) == [1, 2, 3])
                let timer = UVTimer(on: loop)
                nonisolated(unsafe) let running = timer  // not used again
                try await owner.run { _ in try running.start(after: .seconds(3600)) {} }
                if round % 2 == 0 { await loop.close() }
            }
            // The threads that look up names stay, and are named after the loop that has asked first.
            let resolving = StreamOwner(on: try UVEventLoop(name: "resolving"))
            _ = try? await resolving.connect(to: .tcp(host: "localhost", port: 1))
            for round in 0..<5 { try await use(round) }
            while threads("leak") > 0 { await Task.yield() }
            let before = try descriptors()
            for round in 0..<200 { try await use(round) }
            while threads("leak") > 0 { await Task.yield() }
            // The server's ends of the connections close when its threads come to it.
            while try descriptors() > before { await Task.yield() }
        }
    }
    #endif
}
