/* SPDX-License-Identifier: MIT */
/* coding/zstd.c: zstd (RFC 8878), by libzstd. With a window of 256 KiB an encoder takes 1.8 MB.
 * A decoder takes windows of up to 8 MiB, the bound of RFC 9659. */
#include "coding/coding.h"

#ifdef EDOI_HAVE_ZSTD

#    include <errno.h>
#    include <zstd.h>
#    include <zstd_errors.h>

#    define WINDOW_LOG     18
#    define WINDOW_LOG_MAX 23
#    define LEVEL_USUAL    3
#    define KEPT_BYTES_MAX ((size_t)1 << 20) /* of a decoder that is kept for the next body */

/* ---- Encoding -------------------------------------------------------------------------------- */

static void *zstd_make_encoder(int level) {
    ZSTD_CCtx *c = ZSTD_createCCtx();
    if (!c) return NULL;
    size_t bad =
        ZSTD_CCtx_setParameter(c, ZSTD_c_compressionLevel, level > 0 ? level : LEVEL_USUAL);
    if (!ZSTD_isError(bad)) bad = ZSTD_CCtx_setParameter(c, ZSTD_c_windowLog, WINDOW_LOG);
    if (!ZSTD_isError(bad)) return c;
    (void)ZSTD_freeCCtx(c);
    return NULL;
}

static bool zstd_reset_encoder(void *state) {
    return !ZSTD_isError(ZSTD_CCtx_reset(state, ZSTD_reset_session_only));
}

static int zstd_encode(void *state, edoi_spans *s, edoi_code_op op) {
    static const ZSTD_EndDirective ops[] = { ZSTD_e_continue, ZSTD_e_flush, ZSTD_e_end };
    ZSTD_inBuffer in = { s->in, s->in_n, 0 };
    ZSTD_outBuffer out = { s->out, s->out_n, 0 };
    size_t left = ZSTD_compressStream2(state, &out, &in, ops[op]);
    if (ZSTD_isError(left)) return -ENOMEM;
    s->in += in.pos;
    s->in_n -= in.pos;
    s->out += out.pos;
    s->out_n -= out.pos;
    if (op == EDOI_CODE_RUN) return s->in_n == 0 && s->out_n > 0 ? EDOI_CODE_DONE : 0;
    return left == 0 ? EDOI_CODE_DONE : 0;
}

static void zstd_free_encoder(void *state) {
    (void)ZSTD_freeCCtx(state);
}

/* ---- Decoding -------------------------------------------------------------------------------- */

static void *zstd_make_decoder(int level) {
    (void)level;
    ZSTD_DCtx *d = ZSTD_createDCtx();
    if (d && !ZSTD_isError(ZSTD_DCtx_setParameter(d, ZSTD_d_windowLogMax, WINDOW_LOG_MAX)))
        return d;
    (void)ZSTD_freeDCtx(d);
    return NULL;
}

/* Prepares for a member that follows another one. */
static bool begin_again(void *state) {
    return !ZSTD_isError(ZSTD_DCtx_reset(state, ZSTD_reset_session_only));
}

/* Prepares for another body, unless the decoder has a large window, which the sender has chosen. */
static bool zstd_reset_decoder(void *state) {
    return ZSTD_sizeof_DCtx(state) <= KEPT_BYTES_MAX && begin_again(state);
}

static int zstd_code_of(size_t error) {
    ZSTD_ErrorCode code = ZSTD_getErrorCode(error);
    if (code == ZSTD_error_frameParameter_windowTooLarge) return -EMSGSIZE;
    return code == ZSTD_error_memory_allocation ? -ENOMEM : -EBADMSG;
}

static int zstd_decode(void *state, edoi_spans *s, edoi_code_op op) {
    ZSTD_inBuffer in = { s->in, s->in_n, 0 };
    ZSTD_outBuffer out = { s->out, s->out_n, 0 };
    (void)op;
    size_t left = ZSTD_decompressStream(state, &out, &in);
    if (ZSTD_isError(left)) return zstd_code_of(left);
    s->in += in.pos;
    s->in_n -= in.pos;
    s->out += out.pos;
    s->out_n -= out.pos;
    return left == 0 ? EDOI_CODE_DONE : 0;
}

static void zstd_free_decoder(void *state) {
    (void)ZSTD_freeDCtx(state);
}

static const edoi_coder_ops zstd_encoder = { .make = zstd_make_encoder,
                                             .reset = zstd_reset_encoder,
                                             .code = zstd_encode,
                                             .free = zstd_free_encoder };
static const edoi_coder_ops zstd_decoder = { .make = zstd_make_decoder,
                                             .reset = zstd_reset_decoder,
                                             .code = zstd_decode,
                                             .again = begin_again,
                                             .free = zstd_free_decoder };
const edoi_coder_ops *const edoi_zstd_encoder = &zstd_encoder;
const edoi_coder_ops *const edoi_zstd_decoder = &zstd_decoder;

#else

const edoi_coder_ops *const edoi_zstd_encoder = NULL;
const edoi_coder_ops *const edoi_zstd_decoder = NULL;

#endif
