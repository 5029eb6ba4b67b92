//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import UVEventLoop

/// Bytes to and from a server as they are.
final class PlainStream: ByteStream {
    private let stream: UVStream
    private let address: RedisAddress
    private let timeout: Duration
    private var isConnected = false
    private var isClosed = false

    /// Creates a stream that is not open.
    init(to address: RedisAddress, timeout: Duration, on loop: UVEventLoop) {
        stream = UVStream(on: loop)
        self.address = address
        self.timeout = timeout
    }

    func open(_ handle: @escaping (ByteStreamEvent) -> Void) {
        stream.startReading { handle(.received($0)) }
        stream.onClose = { [address] error in
            let message =
                error.code == .ended
                ? "\(address) closed the connection. It may be restarting, or a person may have ended it."
                : error.message
            handle(.ended(HandshakeFailure(reason: .closed, message: message)))
        }
        stream.connect(to: UVAddress(address), timeout: timeout) { [weak self] result in
            guard let self, !isClosed else { return }
            switch result {
            case .success:
                isConnected = true
                handle(.opened)
            case .failure(let error): handle(.ended(HandshakeFailure(reason: .closed, message: error.message)))
            }
        }
    }

    func write(_ bytes: [UInt8]) {
        stream.write(bytes)
    }

    var suspicion: String? { isConnected ? "A server that expects TLS wants rediss:// in the URL." : nil }

    func close() {
        isClosed = true
        stream.onClose = nil
        stream.close()
    }
}

extension UVAddress {
    /// The same address, as the event loop takes it.
    init(_ address: RedisAddress) {
        switch address {
        case .tcp(let host, let port): self = .tcp(host: host, port: UInt16(clamping: port))
        case .unix(let path): self = .unix(path: path)
        }
    }
}
