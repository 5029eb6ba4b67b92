//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension UVStream {
    /// Reads from now on, or as soon as the stream is connected, for an actor that is not kept by that.
    ///
    /// Otherwise as ``startReading(_:)``. A closure that captures an actor weakly is outside of it; this way there is no
    /// cycle, and the actor's release closes the stream.
    ///
    /// - Parameters:
    ///   - owner: The actor, whose executor must be the stream's loop.
    ///   - onBytes: Called inside the actor with bytes that are valid during the call.
    package func startReading<Owner: Actor>(
        for owner: Owner,
        _ onBytes: @escaping (isolated Owner, UnsafeRawBufferPointer) -> Void
    ) {
        startReading { [weak owner] bytes in
            guard let owner else { return }
            // Sound, for neither leaves the loop's thread, on which the actor runs; `assumeIsolated` checks that it does.
            nonisolated(unsafe) let (action, bytes) = (onBytes, bytes)
            owner.assumeIsolated { action($0, bytes) }
        }
    }

    /// Sets what is called once inside an actor, which is not kept by that, when the stream is gone.
    ///
    /// Otherwise as ``onClose``.
    ///
    /// - Parameters:
    ///   - owner: The actor, whose executor must be the stream's loop.
    ///   - action: Called with the reason.
    package func onClose<Owner: Actor>(for owner: Owner, _ action: @escaping (isolated Owner, UVError) -> Void) {
        onClose = { [weak owner] reason in
            guard let owner else { return }
            // Sound, for it does not leave the loop's thread, on which the actor runs; `assumeIsolated` checks that.
            nonisolated(unsafe) let action = action
            owner.assumeIsolated { action($0, reason) }
        }
    }
}
