/* SPDX-License-Identifier: MIT */
/* codec/codec_support.h: a codec of any kind, made from a line of a table, and what its frames must
 * be. */
#ifndef EDO_TESTS_CODEC_SUPPORT_H
#define EDO_TESTS_CODEC_SUPPORT_H

#include "inside.h"

#include <edo/codec.h>
#include <edo/edo.h>

#include <errno.h>
#include <string.h>

typedef union any_codec {
    edo_codec base;
    edo_codec_lines lines;
    edo_codec_delim delim;
    edo_codec_length length;
    edo_codec_bytes bytes;
    edo_codec_limited limited;
} any_codec;

/* Makes the codec; `opts` are of its kind, or a pointer to its limit. */
typedef void make_codec_fn(any_codec *c, const void *opts);

static inline void make_lines(any_codec *c, const void *opts) {
    CHECK_EQ(edo_codec_lines_init(&c->lines, opts), 0);
}
static inline void make_delim(any_codec *c, const void *opts) {
    CHECK_EQ(edo_codec_delim_init(&c->delim, opts), 0);
}
static inline void make_length(any_codec *c, const void *opts) {
    CHECK_EQ(edo_codec_length_init(&c->length, opts), 0);
}
static inline void make_bytes(any_codec *c, const void *opts) {
    (void)opts;
    edo_codec_bytes_init(&c->bytes);
}
static inline void make_varint(any_codec *c, const void *opts) {
    edo_codec_varint_init(&c->limited, opts ? *(const size_t *)opts : 0);
}
static inline void make_netstring(any_codec *c, const void *opts) {
    edo_codec_netstring_init(&c->limited, opts ? *(const size_t *)opts : 0);
}
static inline void make_cobs(any_codec *c, const void *opts) {
    edo_codec_cobs_init(&c->limited, opts ? *(const size_t *)opts : 0);
}
static inline void make_slip(any_codec *c, const void *opts) {
    edo_codec_slip_init(&c->limited, opts ? *(const size_t *)opts : 0);
}

#endif
