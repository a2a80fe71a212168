/* SPDX-License-Identifier: MIT */
/* coding/zlib.c: gzip (RFC 1952) and deflate (RFC 1950), by zlib. An encoder takes 268 KB, a
 * decoder 40 KB. Some call the bare data "deflate", too (RFC 9110 section 8.4.1.2): what does not
 * begin as RFC 1950 has it is decoded as that (RFC 1951). */
#include "coding/coding.h"

#ifdef EDOI_HAVE_ZLIB

#    include <errno.h>
#    include <limits.h>
#    include <stdlib.h>
#    include <zlib.h>

#    define WINDOW_BITS 15
#    define GZIP_BITS   (WINDOW_BITS + 16)
#    define MEMORY      8

static uInt zlib_clip(size_t n) {
    return n < UINT_MAX ? (uInt)n : UINT_MAX;
}

/* Calls one of zlib's functions on the spans. */
static int zlib_call(z_stream *z, int (*fn)(z_streamp, int), edoi_spans *s, int how) {
    uInt in_n = zlib_clip(s->in_n), out_n = zlib_clip(s->out_n);
    z->next_in = (Bytef *)(uintptr_t)s->in; // zlib only reads it
    z->avail_in = in_n;
    z->next_out = (Bytef *)s->out;
    z->avail_out = out_n;
    int got = fn(z, how);
    s->in += in_n - z->avail_in;
    s->in_n -= in_n - z->avail_in;
    s->out += out_n - z->avail_out;
    s->out_n -= out_n - z->avail_out;
    return got;
}

/* ---- Encoding -------------------------------------------------------------------------------- */

static void *zlib_make_encoder(int level, int bits) {
    z_stream *z = calloc(1, sizeof *z);
    if (!z) return NULL;
    int how = level > 0 ? level : Z_DEFAULT_COMPRESSION;
    if (deflateInit2(z, how, Z_DEFLATED, bits, MEMORY, Z_DEFAULT_STRATEGY) == Z_OK) return z;
    free(z);
    return NULL;
}

static void *make_gzip_encoder(int level) {
    return zlib_make_encoder(level, GZIP_BITS);
}

static void *make_deflate_encoder(int level) {
    return zlib_make_encoder(level, WINDOW_BITS);
}

static bool zlib_reset_encoder(void *state) {
    return deflateReset(state) == Z_OK;
}

static int zlib_encode(void *state, edoi_spans *s, edoi_code_op op) {
    static const int hows[] = { Z_NO_FLUSH, Z_SYNC_FLUSH, Z_FINISH };
    int got = zlib_call(state, deflate, s, hows[op]);
    if (got == Z_STREAM_END) return EDOI_CODE_DONE;
    if (got != Z_OK && got != Z_BUF_ERROR) return -EIO;
    return op != EDOI_CODE_END && s->in_n == 0 && s->out_n > 0 ? EDOI_CODE_DONE : 0;
}

static void zlib_free_encoder(void *state) {
    (void)deflateEnd(state);
    free(state);
}

/* ---- Decoding -------------------------------------------------------------------------------- */

static void *zlib_make_decoder(int bits) {
    z_stream *z = calloc(1, sizeof *z);
    if (!z) return NULL;
    if (inflateInit2(z, bits) == Z_OK) return z;
    free(z);
    return NULL;
}

static void *make_gzip_decoder(int level) {
    (void)level;
    return zlib_make_decoder(GZIP_BITS);
}

static void *make_deflate_decoder(int level) {
    (void)level;
    return zlib_make_decoder(WINDOW_BITS);
}

static bool zlib_reset_decoder(void *state) {
    return inflateReset(state) == Z_OK;
}

static int zlib_decode(void *state, edoi_spans *s, edoi_code_op op) {
    (void)op;
    switch (zlib_call(state, inflate, s, Z_NO_FLUSH)) {
    case Z_STREAM_END: return EDOI_CODE_DONE;
    case Z_OK:
    case Z_BUF_ERROR: return 0;
    case Z_MEM_ERROR: return -ENOMEM;
    default: return -EBADMSG; // Z_NEED_DICT, too: no dictionary was agreed on
    }
}

static bool deflate_reset_decoder(void *state) {
    return inflateReset2(state, WINDOW_BITS) == Z_OK;
}

/* The first byte of RFC 1950: the method is 8, and the window has at most 2^15 bytes. Bare data
 * does not begin so: bits behind those of a stored block's type would not be 0. */
static bool deflate_is_wrapped(char first) {
    return ((unsigned char)first & 0x8f) == 8;
}

static int deflate_decode(void *state, edoi_spans *s, edoi_code_op op) {
    const z_stream *z = state;
    bool is_bare = z->total_in == 0 && s->in_n > 0 && !deflate_is_wrapped(*s->in);
    if (is_bare && inflateReset2(state, -WINDOW_BITS) != Z_OK) return -ENOMEM;
    return zlib_decode(state, s, op);
}

static void zlib_free_decoder(void *state) {
    (void)inflateEnd(state);
    free(state);
}

static const edoi_coder_ops gzip_encoder = { .make = make_gzip_encoder,
                                             .reset = zlib_reset_encoder,
                                             .code = zlib_encode,
                                             .free = zlib_free_encoder };
static const edoi_coder_ops deflate_encoder = { .make = make_deflate_encoder,
                                                .reset = zlib_reset_encoder,
                                                .code = zlib_encode,
                                                .free = zlib_free_encoder };
static const edoi_coder_ops gzip_decoder = { .make = make_gzip_decoder,
                                             .reset = zlib_reset_decoder,
                                             .code = zlib_decode,
                                             .again = zlib_reset_decoder,
                                             .free = zlib_free_decoder };
static const edoi_coder_ops deflate_decoder = { .make = make_deflate_decoder,
                                                .reset = deflate_reset_decoder,
                                                .code = deflate_decode,
                                                .free = zlib_free_decoder };
const edoi_coder_ops *const edoi_gzip_encoder = &gzip_encoder;
const edoi_coder_ops *const edoi_gzip_decoder = &gzip_decoder;
const edoi_coder_ops *const edoi_deflate_encoder = &deflate_encoder;
const edoi_coder_ops *const edoi_deflate_decoder = &deflate_decoder;

#else

const edoi_coder_ops *const edoi_gzip_encoder = NULL;
const edoi_coder_ops *const edoi_gzip_decoder = NULL;
const edoi_coder_ops *const edoi_deflate_encoder = NULL;
const edoi_coder_ops *const edoi_deflate_decoder = NULL;

#endif
