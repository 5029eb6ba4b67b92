//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
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

// What OpenSSL would otherwise do is to ask on the terminal.
static inline int lineshaft_no_passphrase(char *buffer, int size, int writing, void *context) {
    (void)buffer;
    (void)size;
    (void)writing;
    (void)context;
    return -1;
}

static inline void lineshaft_ssl_refuse_passphrases(SSL_CTX *context) {
    SSL_CTX_set_default_passwd_cb(context, lineshaft_no_passphrase);
}

static inline int lineshaft_error_reason(unsigned long code) {
    return ERR_GET_REASON(code);
}

static inline int lineshaft_error_library(unsigned long code) {
    return ERR_GET_LIB(code);
}

static inline int lineshaft_error_is_of_passphrase(unsigned long code) {
#ifdef ERR_R_INTERRUPTED_OR_CANCELLED
    if (ERR_GET_REASON(code) == ERR_R_INTERRUPTED_OR_CANCELLED) return 1;
#endif
    return ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_BAD_PASSWORD_READ;
}

static inline size_t lineshaft_bio_pending(BIO *bio) {
    return BIO_ctrl_pending(bio);
}
