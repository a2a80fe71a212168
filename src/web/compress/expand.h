/* SPDX-License-Identifier: MIT */
/* web/compress/expand.h: a stream whose input is that of another one, decoded. */
#ifndef EDOI_WEB_COMPRESS_EXPAND_H
#define EDOI_WEB_COMPRESS_EXPAND_H

#include "web/coding/coders.h"

#include <edo/io.h>

typedef struct edoi_expand_limits {
    uint64_t bytes_max;
    uint32_t ratio_max; /* for each byte of `used`, behind the first 64 KiB */
} edoi_expand_limits;

typedef struct edoi_expand {
    edo_stream stream;
    edo_stream *from;          /* borrowed */
    edoi_coders *coders;       /* borrowed: of `coder` */
    edoi_coder *coder;         /* its buffer has input that is not decoded; NULL: given back */
    edoi_expand_limits limits; /* const */
    const uint64_t *sent;      /* what the client has sent for it: the `used` of the first stream */
    uint64_t used, given;      /* bytes decoded, and what became of them */
    uint32_t begin, end;       /* of the buffer */
    uint32_t in_turn;          /* bytes since other tasks had their turn */
    bool is_between;           /* members: before the first, or behind a whole one */
    bool has_begun;            /* the first member */
    bool has_more;             /* the coder has filled all of the room that it got */
    int failed;                /* what each read returns from now on; 0 without a coder: the end */
} edoi_expand;

/* Takes `coder`, which is one of `coders`: it goes back when the body is over or has failed. `sent`
 * NULL: what this stream decodes is what the client has sent. */
void edoi_expand_init(edoi_expand *e, edo_stream *from, edoi_coders *coders, edoi_coder *coder,
                      const edoi_expand_limits *limits, const uint64_t *sent);

/* Gives the coder back, if that has not happened. Reads then return what the last one did. */
void edoi_expand_deinit(edoi_expand *e);

#endif
