//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

// What OpenSSL has as macros, which Swift does not see.

static inline int lineshaft_ssl_set_minimum_version(SSL_CTX *context) {
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
}

static inline int lineshaft_ssl_set_server_name(SSL *ssl, const char *name) {
    return (int)SSL_set_tlsext_host_name(ssl, name);
}

static inline void lineshaft_bio_set_eof_is_retry(BIO *bio) {
    BIO_set_mem_eof_return(bio, -1);
}

static inline size_t lineshaft_bio_pending(BIO *bio) {
    return BIO_ctrl_pending(bio);
}
