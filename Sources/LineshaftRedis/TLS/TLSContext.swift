//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import COpenSSL  // lint:allow(c-import) TLS is OpenSSL's
internal import Lineshaft

/// What all encrypted connections of one configuration share: whom to trust, and who this client is.
// Unchecked because of the pointer: after `init` the context is only read, which OpenSSL allows from any thread.
final class TLSContext: @unchecked Sendable {
    let pointer: OpaquePointer
    let configuration: RedisConfiguration.TLS

    /// Reads certificates and key.
    ///
    /// - Throws: `ConfigurationError` that names the file and what is wrong with it.
    init(_ configuration: RedisConfiguration.TLS) throws(ConfigurationError) {
        guard let context = SSL_CTX_new(TLS_client_method()) else {
            throw Self.failure("TLS cannot be used", "")
        }
        self.configuration = configuration
        pointer = context
        lineshaft_ssl_refuse_passphrases(context)
        guard lineshaft_ssl_set_minimum_version(context) == 1 else {
            throw Self.failure("TLS 1.2 cannot be asked for", "")
        }
        switch configuration.verification {
        case .none: SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nil)
        case .authority, .full: SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
        }
        if let path = configuration.authorities {
            guard SSL_CTX_load_verify_locations(context, path, nil) == 1 else {
                throw Self.failure("The authorities' certificates (ca=) cannot be read", path)
            }
        } else {
            SSL_CTX_set_default_verify_paths(context)
        }
        if let path = configuration.certificate {
            guard SSL_CTX_use_certificate_chain_file(context, path) == 1 else {
                throw Self.failure("The client's certificate (cert=) cannot be read", path)
            }
            let key = configuration.key ?? path
            guard SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1,
                SSL_CTX_check_private_key(context) == 1
            else { throw Self.failure("The client's key (key=) cannot be used", key) }
        }
    }

    deinit {
        SSL_CTX_free(pointer)
    }

    private static func failure(_ what: String, _ path: String) -> ConfigurationError {
        let file = path.isEmpty ? "" : ", “\(path)”"
        let error = TLSError.takeFirst()
        let (reason, remedy): (String, String) =
            if error?.isMismatch == true {
                ("it does not belong to the certificate", "Name the key that the certificate (cert=) was made for.")
            } else if error?.wantsPassphrase == true {
                ("it is encrypted", "Name a file without a passphrase that this program alone may read.")
            } else {
                (
                    error?.description ?? "no reason is given",
                    "It must be a file in PEM format that this program may read."
                )
            }
        return ConfigurationError(code: .invalidValue, message: "\(what)\(file): \(reason). \(remedy)")
    }
}
