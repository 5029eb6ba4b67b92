//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import CHiredis  // lint:allow(c-import) the reader of replies is hiredis'

extension RESPParser {
    /// What hiredis calls with each value that it finds.
    ///
    /// It wants an object for each, and takes none for a lack of memory. There are none: what a function returns is the
    /// address of the task that it was given, which nobody follows.
    static func replyFunctions() -> redisReplyObjectFunctions {
        var functions = redisReplyObjectFunctions()
        functions.createString = { task, text, count in
            guard let text else { return nil }
            let bytes = UnsafeRawBufferPointer(start: text, count: count)
            return answer(task) { builder, type in builder.append(bytes, ofType: type) }
        }
        functions.createArray = { task, count in
            answer(task) { builder, type in
                switch type {
                case LINESHAFT_REPLY_MAP: builder.begin(.map, count: Int(count))
                case LINESHAFT_REPLY_SET: builder.begin(.set, count: Int(count))
                case LINESHAFT_REPLY_PUSH: builder.begin(.push, count: Int(count))
                case LINESHAFT_REPLY_ATTRIBUTE: builder.refuseAttribute()
                default: builder.begin(.array, count: Int(count))
                }
            }
        }
        functions.createInteger = { task, value in answer(task) { builder, _ in builder.append(.integer(value)) } }
        functions.createNil = { task in answer(task) { builder, _ in builder.append(.null) } }
        functions.freeObject = { _ in }
        lineshaft_set_resp3_functions(
            &functions,
            { task, value, _, _ in answer(task) { builder, _ in builder.append(.double(value)) } },
            { task, value in answer(task) { builder, _ in builder.append(.boolean(value != 0)) } }
        )
        return functions
    }
}

/// Hands a value to the builder of the reader that a task belongs to.
@inline(__always)
private func answer(
    _ task: UnsafePointer<redisReadTask>?,
    _ body: (inout ReplyBuilder, CInt) -> Bool
) -> UnsafeMutableRawPointer? {
    // The parser set `privdata` to its builder, which outlives the reader, and is inside a call of hiredis now.
    guard let task, let context = task.pointee.privdata else { return nil }
    let builder = context.assumingMemoryBound(to: ReplyBuilder.self)
    return body(&builder.pointee, task.pointee.type) ? UnsafeMutableRawPointer(mutating: task) : nil
}

extension ReplyBuilder {
    /// Adds what came as text, and has at least two bytes after it.
    fileprivate mutating func append(_ bytes: UnsafeRawBufferPointer, ofType type: CInt) -> Bool {
        guard reserve(bytes.count) else { return false }
        switch type {
        case REDIS_REPLY_STRING:
            guard endsLine(bytes) else { return false }
            return append(.string(Array(bytes)))
        case LINESHAFT_REPLY_VERBATIM:
            guard endsLine(bytes) else { return false }
            // Three letters of format and a colon.
            return append(.string(Array(bytes.dropFirst(4))))
        case LINESHAFT_REPLY_BIG_NUMBER:
            return append(.string(Array(bytes)))
        default:
            if bytes.contains(where: { $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") }) {
                return fail(.malformed, "The server sends a line that has a line's end in it.")
            }
            if bytes.count > limits.lineLength {
                return fail(
                    .tooLarge,
                    "The server sends a line of \(bytes.count) bytes; at most \(limits.lineLength) are allowed."
                )
            }
            let line = String(decoding: bytes, as: UTF8.self)
            return append(type == REDIS_REPLY_ERROR ? .error(RedisServerError(line: line)) : .status(line))
        }
    }

    /// Refuses what would stand before a reply and be none: the one after it would be taken for the next command's.
    fileprivate mutating func refuseAttribute() -> Bool {
        fail(.malformed, "The server sends an attribute, which nobody has asked for.")
    }

    /// Checks what follows a string; hiredis skips it without looking.
    private mutating func endsLine(_ bytes: UnsafeRawBufferPointer) -> Bool {
        // hiredis has these two bytes in its buffer, or it would still be waiting for them.
        if let end = bytes.baseAddress?.advanced(by: bytes.count),
            end.load(as: UInt8.self) == UInt8(ascii: "\r"),
            end.load(fromByteOffset: 1, as: UInt8.self) == UInt8(ascii: "\n")
        {
            return true
        }
        return fail(.malformed, "The server sends a string that is not as long as it says.")
    }
}
