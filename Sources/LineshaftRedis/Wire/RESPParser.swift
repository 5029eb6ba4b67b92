//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import CHiredis  // lint:allow(c-import) the reader of replies is hiredis'
internal import DequeModule

/// Reads replies from bytes in pieces of any size.
///
/// hiredis finds the values; they are built as ours while it finds them, each string copied once out of its buffer.
///
/// It belongs to one connection: after an error nothing more can be read, and a new connection needs a new parser.
package struct RESPParser: ~Copyable {
    /// What one piece that is handed to hiredis may have.
    ///
    /// It moves what is left of its buffer after every kilobyte that it has read, which costs most when that is much.
    private static let pieceSize = 8192

    /// What replies begin with, in RESP2 and RESP3.
    private static let typeBytes = Set("+-:$*_,#(%~>=|!".utf8)

    private let limits: RESPLimits
    private var ready: Deque<RESPValue> = []
    private var failure: RESPError?

    /// The first bytes of all, to guess by when they are no reply.
    private var head: [UInt8] = []

    // These are C's to call and to keep: all three are allocated in `init` and live, unmoved, until `deinit`. Nobody else
    // gets them, and this value cannot be copied, so they are released once.
    private let reader: UnsafeMutablePointer<redisReader>?
    private let functions: UnsafeMutablePointer<redisReplyObjectFunctions>
    private let builder: UnsafeMutablePointer<ReplyBuilder>

    /// Creates a parser.
    ///
    /// - Parameter limits: What is refused.
    package init(limits: RESPLimits = RESPLimits()) {
        self.limits = limits
        builder = .allocate(capacity: 1)
        builder.initialize(to: ReplyBuilder(limits: limits))
        functions = .allocate(capacity: 1)
        functions.initialize(to: Self.replyFunctions())
        reader = redisReaderCreateWithFunctions(functions)
        guard let reader else {
            failure = RESPError(code: .outOfMemory, message: "There is no memory for the reader of replies.")
            return
        }
        reader.pointee.privdata = UnsafeMutableRawPointer(builder)
        // A buffer of this length is kept when it is empty.
        reader.pointee.maxbuf = 1 << 16
    }

    deinit {
        redisReaderFree(reader)
        functions.deinitialize(count: 1)
        functions.deallocate()
        builder.deinitialize(count: 1)
        builder.deallocate()
    }

    /// Whether the types that RESP3 added are read: by hiredis 1.0 and later.
    package static var readsRESP3: Bool { lineshaft_reads_resp3() }

    /// How many whole replies wait to be taken.
    package var readyCount: Int { ready.count }

    /// Takes bytes in.
    ///
    /// They may end anywhere within a reply; the rest comes with the next call.
    ///
    /// - Parameter bytes: What the connection read. It is not kept.
    package mutating func feed(_ bytes: UnsafeRawBufferPointer) {
        guard let reader else { return }
        var rest = bytes[...]
        while failure == nil, !rest.isEmpty {
            let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(Self.pieceSize))
            rest = rest.dropFirst(piece.count)
            if head.count < 64 { head += piece.prefix(64 - head.count) }
            let status = redisReaderFeed(reader, piece.baseAddress?.assumingMemoryBound(to: CChar.self), piece.count)
            if status != REDIS_OK {
                failure = RESPError(code: .outOfMemory, message: "There is no memory for the server's reply.")
                return
            }
            parse(reader)
        }
    }

    /// The next whole reply.
    ///
    /// - Returns: The reply, or `nil` when bytes are missing.
    /// - Throws: ``RESPError`` when no more replies can be read, after all that were whole have been given.
    package mutating func next() throws(RESPError) -> RESPValue? {
        if let value = ready.popFirst() { return value }
        if let failure { throw failure }
        return nil
    }

    private mutating func parse(_ reader: UnsafeMutablePointer<redisReader>) {
        while true {
            // Not `nil` when a reply is whole; it is the task's address, which nothing is read from.
            var reply: UnsafeMutableRawPointer?
            if redisReaderGetReply(reader, &reply) != REDIS_OK {
                failure = builder.pointee.failure ?? protocolError(of: reader)
                return
            }
            guard reply != nil, let value = Self.take(from: builder) else { break }
            ready.append(value)
        }
        failure = pendingFailure(of: reader)
    }

    /// Takes what has been built.
    ///
    /// Written in place, the call makes Swift 6.3 fail under the thread sanitizer.
    private static func take(from builder: UnsafeMutablePointer<ReplyBuilder>) -> RESPValue? {
        builder.pointee.take()
    }

    /// What is already known to be wrong with a reply of which a part has come.
    ///
    /// hiredis waits for the whole of whatever is announced; a limit has to act before that is in memory.
    private func pendingFailure(of reader: UnsafeMutablePointer<redisReader>) -> RESPError? {
        let type = lineshaft_pending_type(reader)
        let pending = Self.unread(of: reader, from: reader.pointee.pos)
        guard type >= 0, !pending.isEmpty else { return nil }
        guard type == REDIS_REPLY_STRING || type == LINESHAFT_REPLY_VERBATIM else {
            // The carriage return may be there already.
            guard pending.count > limits.lineLength + 1 else { return nil }
            let message =
                "The server sends a line of more than \(limits.lineLength) bytes, beginning "
                + "\(PeerGuess.quote(pending)). The connection cannot go on."
            return RESPError(code: .tooLarge, message: message)
        }
        // No length has more digits than these; hiredis would look for the line's end for ever.
        let line = pending.prefix(24)
        let end = line.firstIndex(of: UInt8(ascii: "\n"))
        if end == nil && pending.count < 24 { return nil }
        guard let end, end > line.startIndex, line[end - 1] == UInt8(ascii: "\r") else {
            let message = "The server sends \(PeerGuess.quote(line)) as a string's length. The connection cannot go on."
            return RESPError(code: .malformed, message: message)
        }
        guard let length = Int64(ascii: Array(line[..<(end - 1)])[...]) else { return nil }
        var builder = builder.pointee
        return builder.reserve(Int(length)) ? nil : builder.failure
    }

    /// Why hiredis stopped.
    private func protocolError(of reader: UnsafeMutablePointer<redisReader>) -> RESPError {
        let reason = String(cString: lineshaft_reader_message(reader))
        if reader.pointee.err == REDIS_ERR_OOM {
            return RESPError(code: .outOfMemory, message: "There is no memory for the server's reply.")
        }
        // What no reply begins with is not Redis'; what comes after good replies is a mistake of Redis or on the way.
        // hiredis has thrown the bytes away.
        if let first = head.first, !Self.typeBytes.contains(first) {
            return RESPError(code: .notRedis, message: PeerGuess.sentence(for: head))
        }
        let message = "A reply of the server breaks the protocol (\(reason)). The connection cannot go on."
        return RESPError(code: .malformed, message: message)
    }

    /// The bytes in the reader's buffer from a position on; they are its own until its next call.
    private static func unread(of reader: UnsafeMutablePointer<redisReader>, from position: Int)
        -> UnsafeRawBufferPointer
    {
        guard let start = reader.pointee.buf, position < reader.pointee.len else {
            return UnsafeRawBufferPointer(start: nil, count: 0)
        }
        return UnsafeRawBufferPointer(start: start + position, count: reader.pointee.len - position)
    }
}
