//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension StorageScript {
    /// The scripts with their digests, computed once.
    private static let scripts = Dictionary(
        uniqueKeysWithValues: allCases.map { ($0, RedisScript(source: $0.source())) }
    )

    /// The script as it is called.
    var redisScript: RedisScript { Self.scripts[self] ?? RedisScript(source: source()) }
}

extension StorageCall {
    /// The call as a command; what the answer means is told on the loop's thread.
    func command(_ completion: @escaping (Result<Answer, BrokerError>) -> Void) -> RedisCommand {
        let script = script.redisScript
        var size = 128
        for key in keys { size += key.count + 16 }
        for argument in arguments { size += argument.count + 16 }
        var encoder = RESPEncoder(capacity: size)
        encoder.beginScript(script.digest, keys: keys.count, arguments: arguments.count)
        for key in keys { encoder.append(key) }
        for argument in arguments { encoder.append(argument) }
        return RedisCommand(bytes: encoder.take(), script: script, isPromise: isPromise) { answer in
            completion(
                answer.flatMap { reply in
                    do throws(StorageError) {
                        return .success(try decode(StorageReply(reply)))
                    } catch {
                        return .failure(BrokerError(error))
                    }
                }
            )
        }
    }

    /// Where the call's keys are in a Cluster.
    var slot: ClusterSlot { ClusterSlot(key: keys[0]) }
}

extension StorageReply {
    /// A reply as the decoders of calls see it.
    init(_ reply: RESPValue) {
        self =
            switch reply {
            case .string(let bytes): .string(bytes)
            case .status(let text): .status(text)
            case .error(let error): .error(error.line)
            case .integer(let number): .integer(number)
            case .boolean(let flag): .integer(flag ? 1 : 0)
            case .double(let number): .string(Array(String(number).utf8))
            case .null: .null
            case .array(let elements), .map(let elements), .set(let elements), .push(let elements):
                .array(elements.map(StorageReply.init))
            }
    }
}

extension BrokerError {
    /// What the server holds or answers cannot be used.
    init(_ error: StorageError) {
        let code: Code =
            switch error.code {
            case .malformed, .newer, .unexpectedReply: .corrupt
            case .tooLarge, .refused: .rejected
            }
        self.init(code: code, message: error.message, cause: error)
    }
}
