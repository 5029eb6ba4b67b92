//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import CHiredis  // lint:allow(c-import) a client for tests that depends on nothing that they test
internal import Lineshaft

@testable internal import LineshaftRedis

/// A connection that blocks its thread, for tests of what is sent and of nothing else.
final class BlockingRedis {
    /// What went wrong with the connection.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    // The pointer is used by this object alone, which is not `Sendable`, and freed with it.
    private let context: UnsafeMutablePointer<redisContext>
    private var digests: [String: [UInt8]] = [:]

    /// Connects to a server's socket.
    init(_ server: RedisServer) throws {
        guard let context = redisConnectUnix(server.socket) else { throw Failure(description: "There is no memory.") }
        self.context = context
        if context.pointee.err != 0 { throw Failure(description: "\(server.socket): \(message)") }
    }

    deinit {
        redisFree(context)
    }

    private var message: String {
        withUnsafePointer(to: &context.pointee.errstr) { pointer in
            pointer.withMemoryRebound(to: CChar.self, capacity: 128) { String(cString: $0) }
        }
    }

    /// Sends a command of text and waits for the answer.
    @discardableResult
    func send(_ command: String...) throws -> RESPValue {
        try send(command.map { Array($0.utf8) })
    }

    /// Sends a command and waits for the answer.
    @discardableResult
    func send(_ command: [[UInt8]]) throws -> RESPValue {
        var bytes = command.flatMap { $0 }
        if bytes.isEmpty { bytes = [0] }
        let reply = bytes.withUnsafeBufferPointer { buffer -> UnsafeMutableRawPointer? in
            buffer.withMemoryRebound(to: CChar.self) { characters in
                var pointers: [UnsafePointer<CChar>?] = []
                var position = 0
                for part in command {
                    pointers.append(characters.baseAddress.map { $0 + position })
                    position += part.count
                }
                let lengths = command.map(\.count)
                return redisCommandArgv(context, Int32(command.count), &pointers, lengths)
            }
        }
        guard let reply else { throw Failure(description: message) }
        defer { freeReplyObject(reply) }
        return Self.value(reply.assumingMemoryBound(to: redisReply.self))
    }

    /// Waits until the server's replica has all that was written before.
    ///
    /// - Parameter key: A key to write, as the server waits for what was written by the same connection only.
    /// - Throws: ``Failure`` when there is no replica, or it does not follow.
    func waitForReplica(writing key: String) throws {
        try send("SET", key, "1")
        guard try send("WAIT", "1", "60000") == .integer(1) else { throw Failure(description: "No replica follows.") }
    }

    /// Waits for what comes without having been asked for, such as a published message.
    func receive() throws -> RESPValue {
        var reply: UnsafeMutableRawPointer?
        guard redisGetReply(context, &reply) == REDIS_OK, let reply else { throw Failure(description: message) }
        defer { freeReplyObject(reply) }
        return Self.value(reply.assumingMemoryBound(to: redisReply.self))
    }

    private static func value(_ reply: UnsafeMutablePointer<redisReply>) -> RESPValue {
        func bytes() -> [UInt8] {
            guard let start = reply.pointee.str else { return [] }
            return UnsafeBufferPointer(start: start, count: Int(reply.pointee.len)).map { UInt8(bitPattern: $0) }
        }
        switch reply.pointee.type {
        case REDIS_REPLY_STRING: return .string(bytes())
        case REDIS_REPLY_STATUS: return .status(String(decoding: bytes(), as: UTF8.self))
        case REDIS_REPLY_ERROR: return .error(RedisServerError(line: String(decoding: bytes(), as: UTF8.self)))
        case REDIS_REPLY_INTEGER: return .integer(reply.pointee.integer)
        case REDIS_REPLY_ARRAY:
            return .array(
                (0..<Int(reply.pointee.elements)).map { index in
                    reply.pointee.element?[index].map { value($0) } ?? .null
                }
            )
        default: return .null
        }
    }

    /// Loads a script.
    ///
    /// - Returns: Its digest.
    func load(_ source: String) throws -> [UInt8] {
        if let known = digests[source] { return known }
        guard case .string(let digest) = try send("SCRIPT", "LOAD", source) else {
            throw Failure(description: "The server does not take a script: \(try send("SCRIPT", "LOAD", source))")
        }
        digests[source] = digest
        return digest
    }

    /// Makes a call and reads its answer.
    func call<Call: StorageCall>(_ call: Call, clock: StorageScript.Clock = .server) throws -> Call.Answer {
        let digest = try load(call.script.source(clock: clock))
        let head: [[UInt8]] = [Array("EVALSHA".utf8), digest, Array("\(call.keys.all.count)".utf8)]
        let command: [[UInt8]] = head + call.keys.all + call.arguments.words
        return try call.decode(try send(command))
    }
}

extension RESPWords {
    /// The words, each by itself.
    var words: [[UInt8]] {
        var words: [[UInt8]] = []
        var rest = bytes[...]
        while rest.popFirst() != nil {
            var length = 0
            while let digit = rest.popFirst(), digit != UInt8(ascii: "\r") { length = length * 10 + Int(digit) - 48 }
            rest = rest.dropFirst()
            words.append(Array(rest.prefix(length)))
            rest = rest.dropFirst(length + 2)
        }
        return words
    }
}
