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
        var encoder = RESPEncoder(capacity: 96 + keys.words.bytes.count + arguments.bytes.count)
        encoder.beginScript(script.digest, keys: keys.words.count, arguments: arguments.count)
        encoder.append(keys.words)
        encoder.append(arguments)
        return RedisCommand(bytes: encoder.take(), script: script, isPromise: isPromise) { answer in
            completion(
                answer.flatMap { reply in
                    do throws(StorageError) {
                        return .success(try decode(reply))
                    } catch {
                        return .failure(BrokerError(error))
                    }
                }
            )
        }
    }

    /// Where the call's keys are in a Cluster.
    var slot: ClusterSlot { keys.slot }
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
