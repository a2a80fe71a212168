/* SPDX-License-Identifier: MIT */
/* coding/brotli.c: br (RFC 7932), by libbrotlienc and libbrotlidec. With a window of 256 KiB an
 * encoder takes 3.6 MB. A decoder takes as much as the sender has chosen: the memory for its window
 * grows with the body, and windows above 8 MiB are refused, as with zstd. */
#include "coding/coding.h"

#ifdef EDOI_HAVE_BROTLI

#    include <brotli/decode.h>
#    include <brotli/encode.h>
#    include <errno.h>
#    include <stddef.h>
#    include <stdlib.h>

#    define WINDOW_BITS   18
#    define QUALITY_USUAL 4 /* as small as gzip's 6, in less than half of the time */
#    define MEMORY_MAX                                                                             \
        ((size_t)13 << 20) /* of a decoder: a window of 8 MiB, one of 4 MiB before it, which is
                              copied, and tables */

/* ---- Encoding -------------------------------------------------------------------------------- */

static void *brotli_make_encoder(int level) {
    BrotliEncoderState *e = BrotliEncoderCreateInstance(NULL, NULL, NULL);
    if (!e) return NULL;
    uint32_t quality = level > 0 ? (uint32_t)level : QUALITY_USUAL;
    if (BrotliEncoderSetParameter(e, BROTLI_PARAM_QUALITY, quality) &&
        BrotliEncoderSetParameter(e, BROTLI_PARAM_LGWIN, WINDOW_BITS))
        return e;
    BrotliEncoderDestroyInstance(e);
    return NULL;
}

static int brotli_encode(void *state, edoi_spans *s, edoi_code_op op) {
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

static void brotli_free_encoder(void *state) {
    BrotliEncoderDestroyInstance(state);
}

/* ---- Decoding -------------------------------------------------------------------------------- */

typedef struct br_decoding {
    BrotliDecoderState *brotli;
    size_t bytes; /* that brotli has allocated */
    int why;      /* the reason why it got no more; 0: it did */
} br_decoding;

/* In front of each piece of a decoder's memory. */
typedef union br_piece {
    size_t bytes;
    max_align_t aligned;
} br_piece;

static void *brotli_take(void *arg, size_t bytes) {
    br_decoding *d = arg;
    bool fits = bytes <= MEMORY_MAX - d->bytes;
    br_piece *p = fits ? malloc(sizeof *p + bytes) : NULL;
    if (!p) {
        d->why = fits ? -ENOMEM : -EMSGSIZE;
        return NULL;
    }
    p->bytes = bytes;
    d->bytes += bytes;
    return p + 1;
}

static void brotli_give_back(void *arg, void *memory) {
    if (!memory) return;
    br_decoding *d = arg;
    br_piece *p = (br_piece *)memory - 1;
    d->bytes -= p->bytes;
    free(p);
}

static void *brotli_make_decoder(int level) {
    (void)level;
    br_decoding *d = calloc(1, sizeof *d);
    if (d && (d->brotli = BrotliDecoderCreateInstance(brotli_take, brotli_give_back, d))) return d;
    free(d);
    return NULL;
}

static int brotli_decode(void *state, edoi_spans *s, edoi_code_op op) {
    br_decoding *d = state;
    const uint8_t *in = (const uint8_t *)s->in;
    uint8_t *out = (uint8_t *)s->out;
    (void)op;
    BrotliDecoderResult got =
        BrotliDecoderDecompressStream(d->brotli, &s->in_n, &in, &s->out_n, &out, NULL);
    s->in = (const char *)in;
    s->out = (char *)out;
    if (got == BROTLI_DECODER_RESULT_SUCCESS) return EDOI_CODE_DONE;
    if (got != BROTLI_DECODER_RESULT_ERROR) return 0;
    return d->why < 0 ? d->why : -EBADMSG;
}

static void brotli_free_decoder(void *state) {
    br_decoding *d = state;
    BrotliDecoderDestroyInstance(d->brotli);
    free(d);
}

static const edoi_coder_ops br_encoder = { .make = brotli_make_encoder,
                                           .code = brotli_encode,
                                           .free = brotli_free_encoder };
static const edoi_coder_ops br_decoder = { .make = brotli_make_decoder,
                                           .code = brotli_decode,
                                           .free = brotli_free_decoder };
const edoi_coder_ops *const edoi_br_encoder = &br_encoder;
const edoi_coder_ops *const edoi_br_decoder = &br_decoder;

#else

const edoi_coder_ops *const edoi_br_encoder = NULL;
const edoi_coder_ops *const edoi_br_decoder = NULL;

#endif
