/* SPDX-License-Identifier: MIT */
/* web/compress/expand.h: a stream whose input is that of another one, decoded. */
#ifndef EDOI_WEB_COMPRESS_EXPAND_H
#define EDOI_WEB_COMPRESS_EXPAND_H

#include "web/coding/coders.h"

#include <edo/io.h>
#include <edo/net.h>
#include <edo/sem.h>

typedef struct edoi_expand_limits {
    uint64_t bytes_max;
    uint32_t ratio_max; /* for each byte of `used`, behind the first 64 KiB */
} edoi_expand_limits;

/* A client's share of the bodies that are decoded at once. */
typedef struct edoi_share {
    edo_keyed_sem *of; /* borrowed; NULL: the client has no address */
    edo_keyed_permit *permit;
    char key[EDO_ADDR_KEY_BYTES];
} edoi_share;

/* inv.: what is scarce is taken when the first byte has come, so a body that is only announced has
 *       none of it; and is given back when the body is over. */
typedef struct edoi_expand {
    edo_stream stream;
    edo_stream *from;    /* borrowed */
    edoi_coders *coders; /* borrowed: of `coder` */
    edoi_coder *coder;   /* its buffer has input that is not decoded; NULL: it is not taken, or
                                  given back */
    edoi_coding coding;  /* const */
    edoi_share *share;   /* borrowed; NULL: another stream of this body has it, and the place */
    edoi_expand_limits limits; /* const */
    const uint64_t *sent;      /* what the client has sent for it: the `used` of the first stream */
    uint64_t used, given;      /* bytes decoded, and what became of them */
    uint32_t begin, end;       /* of the buffer */
    uint32_t in_turn;          /* bytes since other tasks had their turn */
    bool is_between;           /* members: before the first, or behind a whole one */
    bool has_begun;            /* the first member */
    bool has_more;             /* the coder has filled all of the room that it got */
    bool is_over;              /* the coder was given back */
    int failed;                /* what each read returns from now on; 0 without a coder: the end */
} edoi_expand;

/* A stream that decodes what the client sends, which takes a place and the client's share. A read
 * fails with -EDO_EOVERLOADED if all are taken. */
void edoi_expand_init(edoi_expand *e, edo_stream *from, edoi_coders *coders, edoi_coding coding,
                      const edoi_expand_limits *limits, edoi_share *share);

/* A stream over `from`, which decodes the same body before it; `first` is the client's. */
void edoi_expand_again(edoi_expand *e, edoi_expand *from, edoi_coding coding,
                       const edoi_expand *first);

/* Gives all back, if that has not happened. Reads then return what the last one did. */
void edoi_expand_deinit(edoi_expand *e);

#endif
