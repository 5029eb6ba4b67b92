//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import CUV

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// What the loop needs to know of threads and do to its own.
enum LoopThread {
    /// A number that tells the calling thread from all others that are alive; never zero.
    static var current: UInt {
        #if canImport(Glibc)
        UInt(pthread_self())
        #else
        UInt(bitPattern: pthread_self())
        #endif
    }

    /// Starts a thread that keeps `core` and runs it.
    static func start(_ core: LoopCore) throws(FailedStatus) {
        var thread = pthread_self()
        let reference = Unmanaged.passRetained(core)
        let status = uv_thread_create(
            &thread,
            { argument in
                guard let argument else { return }
                // Taken back here from `passRetained` above.
                Unmanaged<LoopCore>.fromOpaque(argument).takeRetainedValue().run()
            },
            reference.toOpaque()
        )
        if status < 0 { reference.release() }
        try FailedStatus.check(status)
    }

    /// Prepares the calling thread, which is a loop's.
    ///
    /// Nobody joins it: the last reference to a loop may go on this very thread. It is not to be killed by the signal
    /// for a write to a broken connection, which libuv leaves to its users; the write fails with an error all the same.
    static func adopt(name: String) {
        pthread_detach(pthread_self())
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        // The system takes 15 bytes and a zero.
        var bytes: [UInt8] = []
        for character in name {
            if bytes.count + character.utf8.count > 15 { break }
            bytes.append(contentsOf: character.utf8)
        }
        let short = String(decoding: bytes, as: UTF8.self)
        #if canImport(Darwin)
        pthread_setname_np(short)
        #else
        pthread_setname_np(pthread_self(), short)
        #endif
    }
}
