//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

/// Bytes to and from one server, encrypted or not.
///
/// It belongs to one event loop: everything happens on that loop's thread.
protocol ByteStream: AnyObject {
    /// Connects, and from then on tells what happens, until it has ended or is closed.
    ///
    /// Called once.
    func open(_ handle: @escaping (ByteStreamEvent) -> Void)

    /// Sends bytes, together with whatever else is written in this turn of the loop.
    func write(_ bytes: [UInt8])

    /// Ends the connection. Nothing is told after that.
    func close()

    /// What may be in the way when the peer, now connected, hangs up or is silent before it has answered anything.
    ///
    /// `nil` while there is no connection.
    var suspicion: String? { get }
}

/// What happens to a stream of bytes.
enum ByteStreamEvent {
    /// Bytes can be written.
    case opened
    /// Bytes have come; they are valid during the call.
    case received(UnsafeRawBufferPointer)
    /// The stream has ended, or could not be opened.
    case ended(HandshakeFailure)
}
