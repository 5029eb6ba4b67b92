//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

/// A command on its way to a server, and what is done with the answer.
struct RedisCommand {
    typealias Answer = Result<RESPValue, BrokerError>

    /// The command as it is sent.
    let bytes: [UInt8]
    /// The script that it calls, to be loaded where the server does not know it.
    let script: RedisScript?
    /// Whether the answer promises something that replicas may have to know first.
    let isPromise: Bool
    /// What the answer waits for, where replicas have to.
    var confirmation: Confirmation?
    /// How often it has been sent, counting this time.
    var attempt = 1
    /// When to give up, by the connections' clock; set when it is posted for the first time.
    var deadline: Duration?
    /// Called on the loop's thread, once.
    var completion: (Answer) -> Void

    /// A command that is none of a script.
    init(_ command: RESPCommand, completion: @escaping (Answer) -> Void) {
        bytes = command.encoded
        script = nil
        isPromise = false
        self.completion = completion
    }

    /// A call of a script.
    init(bytes: [UInt8], script: RedisScript, isPromise: Bool, completion: @escaping (Answer) -> Void) {
        self.bytes = bytes
        self.script = script
        self.isPromise = isPromise
        self.completion = completion
    }
}
