/* SPDX-License-Identifier: MIT */
/* coding/coding.h: content codings: gzip, deflate, br, zstd, each by a library that the build
 * may lack.
 *
 * A coder is the state of one body, in one direction. It has no thread of its own and does not
 * wait: it reads a span of input and writes a span of output. */
#ifndef EDOI_CODING_CODING_H
#define EDOI_CODING_CODING_H

#include <edo/base.h>
#include <edo/bytes.h>

/* In the order in which the server prefers them. */
typedef enum edoi_coding {
    EDOI_CODING_ZSTD,
    EDOI_CODING_BR,
    EDOI_CODING_GZIP,
    EDOI_CODING_DEFLATE,
    EDOI_CODINGS_N,
    EDOI_CODING_NONE = EDOI_CODINGS_N /* "identity" */
} edoi_coding;

/* Bytes to read and room to write; a coder advances both. */
typedef struct edoi_spans {
    const char *in;
    size_t in_n;
    char *out;
    size_t out_n;
} edoi_spans;

typedef enum edoi_code_op {
    EDOI_CODE_RUN,   /* take input; its output may follow later */
    EDOI_CODE_FLUSH, /* also put out all input that was taken */
    EDOI_CODE_END    /* also put out the end */
} edoi_code_op;

#define EDOI_CODE_DONE 1

/* One direction of one coding. */
typedef struct edoi_coder_ops {
    /* Makes the state of a coder; NULL without memory. `level` is for encoders: 1 to 9; 0: the
     * default. */
    void *(*make)(int level);
    /* Prepares the state for another body. Returns false if it has to be made anew. NULL:
     * always. */
    bool (*reset)(void *state);
    /* Codes as much as it can. An encoder returns 0 while `op` is not complete, and DONE when all
     * input was taken and put out. A decoder returns 0 within a body, and DONE at its end; the next
     * bytes are then another member of the same body, or garbage. `op` is for encoders. Returns
     * -EBADMSG, -ENOMEM, or -EMSGSIZE if the sender's window is too large. */
    int (*code)(void *state, edoi_spans *spans, edoi_code_op op);
    /* Called after a decoder has returned DONE: may another member follow? If so, prepares for it.
     * NULL: no. */
    bool (*again)(void *state);
    void (*free)(void *state);
} edoi_coder_ops;

/* Return NULL in a build without the library, and for EDOI_CODING_NONE. */
EDO_API const edoi_coder_ops *edoi_encoder_of(edoi_coding c);
EDO_API const edoi_coder_ops *edoi_decoder_of(edoi_coding c);

extern const edoi_coder_ops *const edoi_gzip_encoder, *const edoi_gzip_decoder;
extern const edoi_coder_ops *const edoi_deflate_encoder, *const edoi_deflate_decoder;
extern const edoi_coder_ops *const edoi_br_encoder, *const edoi_br_decoder;
extern const edoi_coder_ops *const edoi_zstd_encoder, *const edoi_zstd_decoder;

/* Returns the codings that the build decodes, a bit each. */
uint32_t edoi_codings_decoded(void);

EDO_API edo_str edoi_coding_name(edoi_coding c);

/* Returns the coding of that name, EDOI_CODING_NONE for "identity", or -1 for an unknown name. */
EDO_API int edoi_coding_of(edo_str name);

#define EDOI_CODINGS_MAX 3u /* of one body */

struct edo_headers;

/* Reads the codings of a body by all fields Content-Encoding, in the order in which they were
 * applied; "identity" is none. `known` has a bit for each that may be there. Returns their number,
 * or -ENOTSUP. Spec: RFC 9110 section 8.4. */
EDO_API int edoi_codings_of_body(edoi_coding out[EDOI_CODINGS_MAX], const struct edo_headers *h,
                                 uint32_t known);

/* The choice among a set of codings, which has a bit for each. */
typedef struct edoi_coding_choice {
    edoi_coding best; /* NONE: the body is sent as it is */
    bool is_refused;  /* the client takes no coding of the set, nor the body as it is */
} edoi_coding_choice;

/* Chooses by all fields Accept-Encoding: the highest weight, and of equal ones the coding that the
 * server prefers. Spec: RFC 9110 section 12.5.3. */
EDO_API edoi_coding_choice edoi_coding_choose(const struct edo_headers *h, uint32_t offered);

#endif
