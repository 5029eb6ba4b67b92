//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import COpenSSL  // lint:allow(c-import) TLS is OpenSSL's

/// Bytes to and from a server, encrypted on the way over another stream.
///
/// OpenSSL reads and writes memory only; what it has to send is passed on to the other stream, and what comes from there
/// is given to it.
final class TLSStream: ByteStream {
    private static let pieceSize = 16 << 10

    private let stream: any ByteStream
    private let address: RedisAddress
    private let context: TLSContext
    // All three belong to this object: they are made in `init` and released, together, in `deinit`. It is confined to one
    // thread, as every stream is.
    private let ssl: OpaquePointer?
    private let incoming: OpaquePointer?
    private let outgoing: OpaquePointer?
    private var handle: ((ByteStreamEvent) -> Void)?
    private var isReady = false
    private var isClosed = false

    /// Creates a stream that is not open.
    ///
    /// - Parameters:
    ///   - stream: What carries the encrypted bytes.
    ///   - address: The server's, which its certificate has to be for.
    ///   - context: Whom to trust.
    init(over stream: any ByteStream, to address: RedisAddress, context: TLSContext) {
        self.stream = stream
        self.address = address
        self.context = context
        ssl = SSL_new(context.pointer)
        incoming = BIO_new(BIO_s_mem())
        outgoing = BIO_new(BIO_s_mem())
        // Both become the connection's, which releases them.
        if let ssl, let incoming, let outgoing {
            lineshaft_bio_set_eof_is_retry(incoming)
            lineshaft_bio_set_eof_is_retry(outgoing)
            SSL_set_bio(ssl, incoming, outgoing)
        }
    }

    deinit {
        SSL_free(ssl)
    }

    func open(_ handle: @escaping (ByteStreamEvent) -> Void) {
        self.handle = handle
        guard let ssl, incoming != nil, outgoing != nil else {
            return end("There is no memory for an encrypted connection.")
        }
        SSL_set_connect_state(ssl)
        guard expectServer(ssl) else { return end("\(address) is no name or number that a certificate can be for.") }
        stream.open { [weak self] event in
            guard let self, !isClosed else { return }
            switch event {
            case .opened: advance()
            case .received(let bytes): receive(bytes)
            case .ended(let failure): end(failure)
            }
        }
    }

    func write(_ bytes: [UInt8]) {
        guard isReady, !isClosed, !bytes.isEmpty else { return }
        ERR_clear_error()
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { buffer -> Int32 in
                let rest = UnsafeRawBufferPointer(rebasing: buffer[written...].prefix(Int(Int32.max)))
                return SSL_write(ssl, rest.baseAddress, Int32(rest.count))
            }
            guard count > 0 else {
                return end("\(address): what is sent cannot be encrypted\(Self.inBrackets(.takeFirst())).")
            }
            written += Int(count)
        }
        passOn()
    }

    var suspicion: String? {
        isReady || stream.suspicion == nil ? nil : "A server without TLS wants redis:// in the URL."
    }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        if isReady {
            SSL_shutdown(ssl)
            passOn()
        }
        stream.close()
        handle = nil
    }

    // MARK: What comes

    private func receive(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes[...]
        while !rest.isEmpty, !isClosed {
            let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 20))
            rest = rest.dropFirst(piece.count)
            guard BIO_write(incoming, piece.baseAddress, Int32(piece.count)) == Int32(piece.count) else {
                return end("There is no memory for what \(address) sends.")
            }
            if !isReady { advance() }
            if isReady { readAll() }
        }
    }

    private func advance() {
        ERR_clear_error()
        let result = SSL_do_handshake(ssl)
        let error = SSL_get_error(ssl, result)
        passOn()
        if result == 1 {
            isReady = true
            handle?(.opened)
        } else if error != SSL_ERROR_WANT_READ {
            end(handshakeFailure())
        }
    }

    private func readAll() {
        let pieces = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.pieceSize, alignment: 16)
        defer { pieces.deallocate() }
        while !isClosed {
            ERR_clear_error()
            let count = SSL_read(ssl, pieces.baseAddress, Int32(pieces.count))
            if count > 0 {
                handle?(.received(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(pieces).prefix(Int(count)))))
                continue
            }
            switch SSL_get_error(ssl, count) {
            case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return passOn()
            case SSL_ERROR_ZERO_RETURN: return end("\(address) closed the connection. It may be restarting.")
            default: return end(readingFailure())
            }
        }
    }

    /// Sends what OpenSSL has written.
    private func passOn() {
        while true {
            let pending = lineshaft_bio_pending(outgoing)
            guard pending > 0 else { return }
            let bytes = [UInt8](unsafeUninitializedCapacity: pending) { buffer, count in
                count = max(Int(BIO_read(outgoing, buffer.baseAddress, Int32(clamping: pending))), 0)
            }
            if bytes.isEmpty { return }
            stream.write(bytes)
        }
    }

    // MARK: Whom to believe

    /// Says which server's certificate is expected.
    private func expectServer(_ ssl: OpaquePointer) -> Bool {
        guard case .tcp(let host, _) = address else { return context.configuration.verification != .full }
        let name = context.configuration.serverName ?? host
        let isNumber = name.contains(":") || name.allSatisfy { $0.isNumber || $0 == "." }
        if !isNumber, lineshaft_ssl_set_server_name(ssl, name) != 1 { return false }
        guard context.configuration.verification == .full else { return true }
        if isNumber { return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1 }
        return SSL_set1_host(ssl, name) == 1
    }

    private func handshakeFailure() -> HandshakeFailure {
        let error = TLSError.takeFirst()
        let verdict = SSL_get_verify_result(ssl)
        if verdict != Int(X509_V_OK) { return distrust(verdict) }
        if let failure = rejection(error) { return failure }
        let message =
            "\(address) and this client cannot agree on TLS\(Self.inBrackets(error)). A server without TLS wants redis:// in "
            + "the URL; one that wants to know its clients needs cert= and key=."
        return HandshakeFailure(reason: .notTrusted, message: message)
    }

    /// Why the server's certificate is not believed.
    private func distrust(_ verdict: Int) -> HandshakeFailure {
        let text = X509_verify_cert_error_string(verdict).map { String(cString: $0) } ?? "error \(verdict)"
        let remedy =
            switch Int32(clamping: verdict) {
            case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
                "Name the host that it is for with server_name= in the URL, or have names not compared with verify=ca."
            case X509_V_ERR_CERT_HAS_EXPIRED, X509_V_ERR_CERT_NOT_YET_VALID:
                "Renew it, or check this machine's clock."
            default: "Name the file with the certificate of the authority that signed it with ca= in the URL."
            }
        let message = "The certificate of \(address) is not to be trusted: \(text). \(remedy)"
        return HandshakeFailure(reason: .notTrusted, message: message)
    }

    /// Why the server does not believe this client, if that is what it says.
    ///
    /// Since TLS 1.3 a server says so after the client has taken the connection for ready.
    private func rejection(_ error: TLSError?) -> HandshakeFailure? {
        guard let error, let alert = error.certificateAlert else { return nil }
        let message =
            switch (alert, context.configuration.certificate) {
            case (.required, _), (.refused, nil):
                "\(address) wants to know its clients. Name a certificate and its key with cert= and key= in the URL."
            case (.refused, .some(let path)):
                "\(address) does not take this client's certificate (cert=), “\(path)”: it says \(error). Name one that an "
                    + "authority has signed which the server trusts."
            }
        return HandshakeFailure(reason: .notTrusted, message: message)
    }

    private func readingFailure() -> HandshakeFailure {
        let error = TLSError.takeFirst()
        if let failure = rejection(error) { return failure }
        let message = "\(address): what it sends cannot be decrypted\(Self.inBrackets(error))."
        return HandshakeFailure(reason: .closed, message: message)
    }

    private static func inBrackets(_ error: TLSError?) -> String {
        error.map { " (\($0))" } ?? ""
    }

    private func end(_ reason: String) {
        end(HandshakeFailure(reason: .closed, message: reason))
    }

    private func end(_ failure: HandshakeFailure) {
        guard !isClosed else { return }
        isClosed = true
        stream.close()
        let handle = self.handle
        self.handle = nil
        handle?(.ended(failure))
    }
}
