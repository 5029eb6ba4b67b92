//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import COpenSSL  // lint:allow(c-import) TLS is OpenSSL's

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// What OpenSSL says went wrong on a thread.
struct TLSError: Sendable, CustomStringConvertible {
    /// What a peer says in an alert about a certificate.
    enum CertificateAlert: Sendable {
        /// It wants one and got none.
        case required
        /// It got one and does not take it.
        case refused
    }

    private let library: Int
    private let reason: Int
    /// Whether a file is encrypted, so that it could not be read without a passphrase.
    let wantsPassphrase: Bool
    let description: String

    /// Takes what OpenSSL has noted, of which the first thing says most, and has it forget all.
    static func takeFirst() -> TLSError? {
        var first: TLSError?
        while true {
            let code = ERR_get_error()
            if code == 0 { return first }
            if first == nil { first = TLSError(code) }
        }
    }

    private init(_ code: UInt) {
        library = Int(lineshaft_error_library(code))
        reason = Int(lineshaft_error_reason(code))
        wantsPassphrase = lineshaft_error_is_of_passphrase(code) == 1
        if library == Int(ERR_LIB_SYS) {
            description = String(cString: strerror(Int32(clamping: reason)))
        } else {
            description = ERR_reason_error_string(code).map { String(cString: $0) } ?? "error \(code)"
        }
    }

    /// The peer's complaint about this side's certificate, if that is what it is.
    var certificateAlert: CertificateAlert? {
        // The reasons of alerts are their numbers in the protocol, and this much.
        guard library == Int(ERR_LIB_SSL) else { return nil }
        return switch reason - Int(SSL_AD_REASON_OFFSET) {
        case Int(SSL_AD_CERTIFICATE_REQUIRED): .required
        // A server that speaks TLS 1.2 says so when there is none; with one it is never to blame for a handshake.
        case Int(SSL_AD_BAD_CERTIFICATE)...Int(SSL_AD_CERTIFICATE_UNKNOWN), Int(SSL_AD_UNKNOWN_CA): .refused
        default: nil
        }
    }

    /// Whether a key was read that does not fit its certificate.
    var isMismatch: Bool {
        library == Int(ERR_LIB_X509)
            && (reason == Int(X509_R_KEY_VALUES_MISMATCH) || reason == Int(X509_R_KEY_TYPE_MISMATCH))
    }
}
