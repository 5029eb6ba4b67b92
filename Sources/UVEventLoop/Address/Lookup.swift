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

/// One look-up of a host's addresses, which runs on a thread of libuv's.
///
/// It keeps itself until the system has answered, for the system cannot be hurried.
final class Lookup {
    typealias Answer = Result<[SocketAddress], FailedStatus>

    private let request = UnsafeMutablePointer<uv_getaddrinfo_t>.allocate(capacity: 1)
    private var onAnswer: ((Answer) -> Void)?

    private init(onAnswer: @escaping (Answer) -> Void) {
        self.onAnswer = onAnswer
    }

    deinit {
        request.deallocate()
    }

    /// Starts a look-up on the loop's thread.
    ///
    /// - Parameters:
    ///   - host: The name.
    ///   - port: The port that the addresses get.
    ///   - loop: The loop that is told.
    ///   - onAnswer: Called once on that thread, after this method has returned, unless the look-up is cancelled.
    /// - Returns: The look-up, which may be cancelled.
    /// - Throws: What the system refuses before it looks.
    static func start(
        host: String,
        port: UInt16,
        on loop: LoopCore,
        onAnswer: @escaping (Answer) -> Void
    ) throws(FailedStatus) -> Lookup {
        let lookup = Lookup(onAnswer: onAnswer)
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        #if canImport(Glibc)
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
        hints.ai_socktype = SOCK_STREAM
        #endif
        let reference = Unmanaged.passRetained(lookup)
        lookup.request.pointee.data = reference.toOpaque()
        let status = uv_getaddrinfo(
            loop.loop,
            lookup.request,
            { request, status, found in
                defer { uv_freeaddrinfo(found) }
                guard let data = request?.pointee.data else { return }
                // Taken back here from `passRetained` above.
                let lookup = Unmanaged<Lookup>.fromOpaque(data).takeRetainedValue()
                lookup.answer(status < 0 ? .failure(FailedStatus(status)) : .success(Lookup.addresses(found)))
            },
            host,
            String(port),
            &hints
        )
        if status < 0 { reference.release() }
        try FailedStatus.check(status)
        return lookup
    }

    private static func addresses(_ first: UnsafeMutablePointer<addrinfo>?) -> [SocketAddress] {
        var addresses: [SocketAddress] = []
        var next = first
        while let found = next {
            addresses.append(SocketAddress(found.pointee))
            next = found.pointee.ai_next
        }
        return addresses
    }

    private func answer(_ answer: Answer) {
        let action = onAnswer
        onAnswer = nil
        action?(answer)
    }

    /// Gives up: nothing is called any more.
    func cancel() {
        guard onAnswer != nil else { return }
        onAnswer = nil
        // Succeeds only while it waits for a thread. Otherwise the answer comes when it comes, and is ignored.
        uv_cancel(UnsafeMutableRawPointer(request).assumingMemoryBound(to: uv_req_t.self))
    }
}
