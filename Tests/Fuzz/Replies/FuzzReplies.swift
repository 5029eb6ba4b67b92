//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import LineshaftRedis

/// What libFuzzer calls with each input.
///
/// The first byte chooses limits and the sizes of pieces; the others are what a server sends. Read whole and read in pieces,
/// it must come to the same replies, and to an end or none alike. Every reply that can be encoded is written and read again.
@c(LLVMFuzzerTestOneInput)
public func fuzzReplies(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = UnsafeRawBufferPointer(start: data, count: data == nil ? 0 : count)
    guard let choice = input.first else { return 0 }
    let bytes = UnsafeRawBufferPointer(rebasing: input.dropFirst())
    var limits = RESPLimits()
    if choice & 1 == 1 {
        limits.bulkSize = 64
        limits.replySize = 256
        limits.elements = 16
        limits.depth = 3
        limits.lineLength = 32
    }
    let whole = Reading(bytes, limits: limits, pieceSizes: [max(bytes.count, 1)])
    let pieces = Reading(bytes, limits: limits, pieceSizes: [Int(choice >> 1 & 7) + 1, Int(choice >> 4) + 1, 1])
    precondition(whole.replies == pieces.replies, "Pieces change the replies.")
    precondition((whole.failure == nil) == (pieces.failure == nil), "Pieces change whether reading fails.")
    for reply in whole.replies { checkAgain(reply) }
    return 0
}

/// What a parser made of some bytes.
private struct Reading {
    var replies: [RESPValue] = []
    var failure: RESPError?

    init(_ bytes: UnsafeRawBufferPointer, limits: RESPLimits, pieceSizes: [Int]) {
        var parser = RESPParser(limits: limits)
        var rest = bytes[...]
        var turn = 0
        do throws(RESPError) {
            while !rest.isEmpty {
                let piece = rest.prefix(pieceSizes[turn % pieceSizes.count])
                rest = rest.dropFirst(piece.count)
                turn += 1
                // A copy of its own, so that the address sanitizer sees reading beyond its end.
                Array(piece).withUnsafeBytes { parser.feed($0) }
                while let reply = try parser.next() { replies.append(reply) }
            }
        } catch {
            failure = error
        }
    }
}

/// Reads what a client may look at in any reply, and sends its strings back and forth.
private func checkAgain(_ reply: RESPValue) {
    _ = (reply.kind, reply.text, reply.integer)
    if let error = reply.error {
        _ = (error.code, error.message, error.isTransient)
        _ = Redirection(error, asked: .tcp(host: "127.0.0.1", port: 6379))
    }
    _ = PubSubMessage(reply)
    _ = SentinelReply.masterAddress(reply)
    _ = SentinelReply.sentinelAddresses(reply)
    do throws(SlotMap.Malformed) {
        _ = try SlotMap(clusterSlots: reply, asked: .tcp(host: "127.0.0.1", port: 6379))
    } catch {
        precondition(!error.description.isEmpty)
    }
    var info = ServerInfo()
    if let text = reply.text {
        _ = info.read(info: text)
        _ = info.isRecentEnough
    }
    var handshake = Handshake(
        address: .tcp(host: "127.0.0.1", port: 6379),
        credentials: nil,
        database: 0,
        clientName: "fuzz",
        expectation: .primary
    )
    _ = handshake.receive(reply)
    let words = (reply.elements ?? [reply]).compactMap(\.bytes)
    guard !words.isEmpty else { return }
    let encoded = RESPCommand(words.map { .bytes($0) }).encoded
    var parser = RESPParser()
    encoded.withUnsafeBytes { parser.feed($0) }
    do throws(RESPError) {
        let read = try parser.next()
        precondition(read == .array(words.map { .string($0) }), "A command is read otherwise than it was written.")
    } catch {
        preconditionFailure("A command that was written cannot be read: \(error)")
    }
}
