/* SPDX-License-Identifier: MIT */
/* coding/expand.h: a stream that decodes what another one reads. */
#ifndef EDOI_CODING_EXPAND_H
#define EDOI_CODING_EXPAND_H

#include "coding/coders.h"

#include <edo/io.h>
#include <edo/net.h>
#include <edo/sem.h>

typedef struct edoi_expand_limits {
    uint64_t bytes_max;
    uint32_t ratio_max; /* bytes for each one of `used`, behind the first 64 KiB */
} edoi_expand_limits;

/* A client's share of the bodies that are decoded at once. */
typedef struct edoi_share {
    edo_keyed_sem *of; /* borrowed; NULL: the client has no address */
    edo_keyed_permit *permit;
    char key[EDO_ADDR_KEY_BYTES];
} edoi_share;

/* inv.: places and coders are taken when the first byte has come, so a body that is only announced
 *       has none; and they are given back when the body is over. */
typedef struct edoi_expand {
    edo_stream stream;
    edo_stream *from;    /* borrowed */
    edoi_coders *coders; /* borrowed: the coders that `coder` is one of */
    edoi_coder *coder;   /* its buffer has input that is not decoded yet; NULL: not taken yet, or
                            given back */
    edoi_coding coding;  /* const */
    edoi_share *share;   /* borrowed; NULL: another stream of this body has it, and the place */
    edoi_expand_limits limits; /* const */
    const uint64_t *sent;      /* bytes that the client has sent: the `used` of the first stream */
    uint64_t used, given;      /* bytes that were decoded, and the bytes that they have become */
    uint32_t begin, end;       /* of the coder's buffer */
    uint32_t in_turn;          /* bytes since other tasks could run */
    bool is_between;           /* before the first member, or behind a whole one */
    bool has_begun;            /* the first member has begun */
    bool has_more;             /* the coder has used all of its room, and may have more */
    bool is_over;              /* the coder was given back */
    int failed;                /* the code of all further reads; 0 without a coder: the end */
} edoi_expand;

/* Sets up a stream that decodes what the client sends; it takes a place, of the client's share. A
 * read fails with -EDO_EOVERLOADED if all are taken. */
void edoi_expand_init(edoi_expand *e, edo_stream *from, edoi_coders *coders, edoi_coding coding,
                      const edoi_expand_limits *limits, edoi_share *share);

/* Gives all back that was not given back before. Further reads return as the last one. */
void edoi_expand_deinit(edoi_expand *e);

/* The streams over a body that has several codings. */
typedef struct edoi_expand_all {
    uint32_t n;
    edoi_expand stages[EDOI_CODINGS_MAX]; /* the first one reads what was sent, and has the place */
} edoi_expand_all;

/* Sets up a stream for each of `n` codings, at least one, which were applied in this order; else as
 * edoi_expand_init(). Returns the stream that reads the body. */
EDO_API edo_stream *edoi_expand_all_init(edoi_expand_all *all, edo_stream *from,
                                         edoi_coders *coders, const edoi_coding *codings,
                                         uint32_t n, const edoi_expand_limits *limits,
                                         edoi_share *share);
EDO_API void edoi_expand_all_deinit(edoi_expand_all *all);

#endif
