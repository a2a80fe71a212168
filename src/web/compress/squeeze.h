/* SPDX-License-Identifier: MIT */
/* web/compress/squeeze.h: a stream that compresses what is written to it, over the stream of a
 * response's hook. */
#ifndef EDOI_WEB_COMPRESS_SQUEEZE_H
#define EDOI_WEB_COMPRESS_SQUEEZE_H

#include "coding/coders.h"

#include <edo/http_server.h>

typedef struct edoi_squeeze {
    edo_stream stream;
    edo_response_hook hook; /* its owner is the layer */
    edoi_coder *coder;      /* NULL: none is in use */
    uint32_t begin, end;    /* bytes of the coder's buffer that are compressed, and not written
                               below yet */
    bool each_flushed;      /* the coder is flushed after each write */
    bool is_dirty;          /* the coder holds input */
    bool is_flushing;       /* a flush has begun: brotli takes no other operation before its end */
    uint32_t in_turn;       /* bytes compressed since other tasks could run */
    uint64_t left;          /* bytes that the handler has not written yet; UINT64_MAX: unknown */
} edoi_squeeze;

/* Prepares the stream for a body of `length` bytes; -1: unknown. */
void edoi_squeeze_begin(edoi_squeeze *s, int64_t length, bool each_flushed);

/* Compresses a whole body, and appends it to `out`. Called in a fiber. Returns 0, -E2BIG if it
 * would not become shorter, or another negative code. */
int edoi_squeeze_whole(edoi_squeeze *s, edo_str whole, edo_buf *out);

/* Writes the end. Called in a fiber. */
int edoi_squeeze_finish(edoi_squeeze *s);

#endif
