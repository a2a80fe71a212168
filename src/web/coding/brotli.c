/* SPDX-License-Identifier: MIT */
/* web/coding/brotli.c: br (RFC 7932), by libbrotlienc and libbrotlidec. With a window of
 * 256 KiB an encoder takes 3.6 MB. A decoder takes as much as the sender has chosen: the memory for
 * its window grows with the body, and is refused above 8 MiB, as zstd's is. */
#include "web/coding/coding.h"

#ifdef EDOI_HAVE_BROTLI

#    include <brotli/decode.h>
#    include <brotli/encode.h>
#    include <errno.h>
#    include <stddef.h>
#    include <stdlib.h>

#    define WINDOW_BITS   18
#    define QUALITY_USUAL 4 /* as small as gzip's 6, in less than half of its time */
#    define MEMORY_MAX                                                                             \
        ((size_t)13 << 20) /* of a decoder: a window of 8 MiB, before it that of
                                                4 MiB, which is copied, and tables */

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

typedef struct br_decoding {
    BrotliDecoderState *brotli;
    size_t bytes; /* that brotli has taken */
    int why;      /* it did not get more; 0: it did */
} br_decoding;

/* Before each piece of memory of a decoder. */
typedef union br_piece {
    size_t bytes;
    max_align_t aligned;
} br_piece;

static void *take(void *arg, size_t bytes) {
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

static void give_back(void *arg, void *memory) {
    if (!memory) return;
    br_decoding *d = arg;
    br_piece *p = (br_piece *)memory - 1;
    d->bytes -= p->bytes;
    free(p);
}

static void *make_decoder(int level) {
    (void)level;
    br_decoding *d = calloc(1, sizeof *d);
    if (d && (d->brotli = BrotliDecoderCreateInstance(take, give_back, d))) return d;
    free(d);
    return NULL;
}

static int decode(void *state, edoi_spans *s, edoi_code_op op) {
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

static void free_decoder(void *state) {
    br_decoding *d = state;
    BrotliDecoderDestroyInstance(d->brotli);
    free(d);
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
