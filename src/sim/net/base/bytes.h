/* SPDX-License-Identifier: MIT */
/* sim/net/base/bytes.h: the bytes of sockets: pieces that a sender's queue, packets and a
 * receiver's queue share, and the vectors of programs. */
#ifndef EDOI_SIM_NET_BASE_BYTES_H
#define EDOI_SIM_NET_BASE_BYTES_H

#include "base/memory/alloc.h"

#include <string.h>
#include <sys/uio.h>

#define EDOI_SIMCHUNK_MAX 65536u /* the bytes of one segment */

/* A piece is const once another one refers to it. */
typedef struct edoi_simchunk {
    struct edoi_simchunk *next; /* in the queue of the sender */
    uint64_t seq;               /* TCP: the number of its first byte */
    uint32_t refs, n, room;
    unsigned char bytes[];
} edoi_simchunk;

EDO_MUST_USE EDOI_INLINE edoi_simchunk *edoi_simchunk_new(uint32_t room) {
    edoi_simchunk *c = (edoi_simchunk *)edoi_alloc(sizeof *c + room);
    if (c) *c = (edoi_simchunk){ .refs = 1, .room = room };
    return c;
}

EDOI_INLINE void edoi_simchunk_unref(edoi_simchunk *c) {
    if (c && --c->refs == 0) edoi_free(c);
}

/* A place in a program's vectors. */
typedef struct edoi_simvecs {
    const struct iovec *vec;
    size_t n;  /* vectors from `vec` on */
    size_t at; /* in the first */
} edoi_simvecs;

/* The next bytes of the vectors, at most `n`; returns where they are, and how many in `*got`: 0 at
 * the end. */
EDOI_INLINE unsigned char *edoi_simvecs_next(edoi_simvecs *v, size_t n, size_t *got) {
    while (v->n > 0 && v->at == v->vec->iov_len) {
        v->vec++;
        v->n--;
        v->at = 0;
    }
    if (v->n == 0 || n == 0) {
        *got = 0;
        return NULL;
    }
    *got = v->vec->iov_len - v->at < n ? v->vec->iov_len - v->at : n;
    unsigned char *at = (unsigned char *)v->vec->iov_base + v->at;
    v->at += *got;
    return at;
}

EDOI_INLINE size_t edoi_simvecs_get(edoi_simvecs *v, unsigned char *to, size_t n) {
    size_t done = 0, got;
    const unsigned char *at;
    while ((at = edoi_simvecs_next(v, n - done, &got)) != NULL) {
        memcpy(to + done, at, got);
        done += got;
    }
    return done;
}

EDOI_INLINE size_t edoi_simvecs_put(edoi_simvecs *v, const unsigned char *from, size_t n) {
    size_t done = 0, got;
    unsigned char *at;
    while ((at = edoi_simvecs_next(v, n - done, &got)) != NULL) {
        memcpy(at, from + done, got);
        done += got;
    }
    return done;
}

EDOI_INLINE size_t edoi_simvecs_bytes(const struct iovec *vecs, size_t n) {
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++) bytes += vecs[i].iov_len;
    return bytes;
}

#endif
