/* SPDX-License-Identifier: MIT */
/* web/compress/squeeze.h: a stream that compresses what is written to it, over that of a response's
 * hook. */
#ifndef EDOI_WEB_COMPRESS_SQUEEZE_H
#define EDOI_WEB_COMPRESS_SQUEEZE_H

#include "web/coding/coders.h"

#include <edo/http_server.h>

typedef struct edoi_squeeze {
    edo_stream stream;
    edo_response_hook hook; /* its owner is the layer */
    edoi_coder *coder;      /* NULL: none is in use */
    uint32_t begin, end;    /* of the coder's buffer: compressed, and not written below yet */
    bool each_flushed;      /* after each write */
    bool is_dirty;          /* input is still in the coder */
    bool is_flushing;       /* and has begun to come out: brotli takes no other before it has */
    uint32_t in_turn;       /* bytes compressed since other tasks had their turn */
    uint64_t left; /* bytes that the handler has still to write; UINT64_MAX: nobody knows */
} edoi_squeeze;

/* Prepares the stream for a body of `length` bytes, -1: nobody knows. */
void edoi_squeeze_begin(edoi_squeeze *s, int64_t length, bool each_flushed);

/* Compresses a whole body, in a fiber: appends to `out`. Returns 0, or a negative code; -E2BIG: it
 * would not be shorter. */
int edoi_squeeze_whole(edoi_squeeze *s, edo_str whole, edo_buf *out);

/* Writes the end. In a fiber. */
int edoi_squeeze_finish(edoi_squeeze *s);

#endif
