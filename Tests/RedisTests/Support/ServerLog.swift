//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Foundation

/// Reads what a server writes until it ends, on a thread of its own, so that the server never waits for a reader.
final class ServerLog: Sendable {
    let transcript = Transcript()
    private let ready = DispatchSemaphore(value: 0)

    init(_ output: FileHandle) {
        Thread.detachNewThread { [transcript, ready] in
            var wasReady = false
            while true {
                let data = output.availableData
                if data.isEmpty { transcript.end() } else { transcript.append(String(decoding: data, as: UTF8.self)) }
                if !wasReady, data.isEmpty || Self.isReady(transcript.text) {
                    wasReady = true
                    ready.signal()
                }
                if data.isEmpty { return }
            }
        }
    }

    /// Whether the server has got ready; otherwise it has ended.
    func waitUntilReady() -> Bool {
        ready.wait()
        return !transcript.hasEnded
    }

    /// Whether a server that has said this takes connections on its socket in the file system; Sentinels have words of
    /// their own for it.
    private static func isReady(_ text: String) -> Bool {
        text.contains("eady to accept connections unix") || text.contains("server is now ready")
            || text.contains("Sentinel ID is")
    }
}
