//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <hiredis/hiredis.h>

// What differs between hiredis 0.14, which knows RESP2 alone, and 1.x. Only the reply reader is used of either.

#if HIREDIS_MAJOR >= 1
#define LINESHAFT_REPLY_DOUBLE REDIS_REPLY_DOUBLE
#define LINESHAFT_REPLY_BOOLEAN REDIS_REPLY_BOOL
#define LINESHAFT_REPLY_MAP REDIS_REPLY_MAP
#define LINESHAFT_REPLY_ATTRIBUTE REDIS_REPLY_ATTR
#define LINESHAFT_REPLY_SET REDIS_REPLY_SET
#define LINESHAFT_REPLY_PUSH REDIS_REPLY_PUSH
#define LINESHAFT_REPLY_BIG_NUMBER REDIS_REPLY_BIGNUM
#define LINESHAFT_REPLY_VERBATIM REDIS_REPLY_VERB
#else
// Numbers that 0.14 gives no reply.
#define LINESHAFT_REPLY_DOUBLE 7
#define LINESHAFT_REPLY_BOOLEAN 8
#define LINESHAFT_REPLY_MAP 9
#define LINESHAFT_REPLY_SET 10
#define LINESHAFT_REPLY_ATTRIBUTE 11
#define LINESHAFT_REPLY_PUSH 12
#define LINESHAFT_REPLY_BIG_NUMBER 13
#define LINESHAFT_REPLY_VERBATIM 14
#endif

// Whether this hiredis reads the types that RESP3 added.
static inline bool lineshaft_reads_resp3(void) {
#if HIREDIS_MAJOR >= 1
    return true;
#else
    return false;
#endif
}

// Has the reply functions of RESP3 called, where there are any.
static inline void lineshaft_set_resp3_functions(redisReplyObjectFunctions *functions,
                                                 void *(*create_double)(const redisReadTask *, double, char *, size_t),
                                                 void *(*create_boolean)(const redisReadTask *, int)) {
#if HIREDIS_MAJOR >= 1
    functions->createDouble = create_double;
    functions->createBool = create_boolean;
#else
    (void)functions;
    (void)create_double;
    (void)create_boolean;
#endif
}

// The type of the item that has been begun and not ended, or -1. Its type byte has been consumed.
static inline int lineshaft_pending_type(const redisReader *reader) {
    if (reader->ridx < 0) return -1;
#if HIREDIS_MAJOR >= 1
    return reader->task[reader->ridx]->type;
#else
    return reader->rstack[reader->ridx].type;
#endif
}

// What the reader says of the bytes that it could not read.
static inline const char *lineshaft_reader_message(const redisReader *reader) {
    return reader->errstr;
}
