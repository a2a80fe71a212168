/* SPDX-License-Identifier: MIT */
/* web/coding/brotli.c: br (RFC 7932), by libbrotlienc and libbrotlidec. With a window of
 * 256 KiB an encoder takes 3.6 MB. A decoder takes as much as the window that the sender has
 * chosen, 16 MB at most. */
#include "web/coding/coding.h"

#ifdef EDOI_HAVE_BROTLI

#    include <brotli/decode.h>
#    include <brotli/encode.h>
#    include <errno.h>

#    define WINDOW_BITS   18
#    define QUALITY_USUAL 4 /* as small as gzip's 6, in less than half of its time */

/* ---- Encoding -------------------------------------------------------------------------------- */

static void *make_encoder(int level) {
    BrotliEncoderState *e = BrotliEncoderCreateInstance(NULL, NULL, NULL);
    if (!e) return NULL;
    uint32_t quality = level > 0 ? (uint32_t)level : QUALITY_USUAL;
    if (BrotliEncoderSetParameter(e, BROTLI_PARAM_QUALITY, quality) &&
        BrotliEncoderSetParameter(e, BROTLI_PARAM_LGWIN, WINDOW_BITS))
        return e;
    BrotliEncoderDestroyInstance(e);
    return NULL;
}

static int encode(void *state, edoi_spans *s, edoi_code_op op) {
    static const BrotliEncoderOperation ops[] = { BROTLI_OPERATION_PROCESS, BROTLI_OPERATION_FLUSH,
                                                  BROTLI_OPERATION_FINISH };
    const uint8_t *in = (const uint8_t *)s->in;
    uint8_t *out = (uint8_t *)s->out;
    if (!BrotliEncoderCompressStream(state, ops[op], &s->in_n, &in, &s->out_n, &out, NULL))
        return -ENOMEM;
    s->in = (const char *)in;
    s->out = (char *)out;
    if (s->in_n > 0 || BrotliEncoderHasMoreOutput(state)) return 0;
    return op != EDOI_CODE_END || BrotliEncoderIsFinished(state) ? EDOI_CODE_DONE : 0;
}

static void free_encoder(void *state) {
    BrotliEncoderDestroyInstance(state);
}

/* ---- Decoding -------------------------------------------------------------------------------- */

static void *make_decoder(int level) {
    (void)level;
    return BrotliDecoderCreateInstance(NULL, NULL, NULL);
}

static int decode(void *state, edoi_spans *s, edoi_code_op op) {
    const uint8_t *in = (const uint8_t *)s->in;
    uint8_t *out = (uint8_t *)s->out;
    (void)op;
    BrotliDecoderResult got =
        BrotliDecoderDecompressStream(state, &s->in_n, &in, &s->out_n, &out, NULL);
    s->in = (const char *)in;
    s->out = (char *)out;
    if (got == BROTLI_DECODER_RESULT_SUCCESS) return EDOI_CODE_DONE;
    return got == BROTLI_DECODER_RESULT_ERROR ? -EBADMSG : 0;
}

static void free_decoder(void *state) {
    BrotliDecoderDestroyInstance(state);
}

static const edoi_coder_ops br_encoder = { .make = make_encoder,
                                           .code = encode,
                                           .free = free_encoder };
static const edoi_coder_ops br_decoder = { .make = make_decoder,
                                           .code = decode,
                                           .free = free_decoder };
const edoi_coder_ops *const edoi_br_encoder = &br_encoder;
const edoi_coder_ops *const edoi_br_decoder = &br_decoder;

#else

const edoi_coder_ops *const edoi_br_encoder = NULL;
const edoi_coder_ops *const edoi_br_decoder = NULL;

#endif
