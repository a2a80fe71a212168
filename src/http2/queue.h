/* SPDX-License-Identifier: MIT */
/* http2/queue.h: bytes of a body on their way, in chunks. A chunk's bytes stay where they are
 * until it is freed: so those in front may be written while others are appended behind. An empty
 * queue has no chunk. */
#ifndef EDOI_HTTP2_QUEUE_H
#define EDOI_HTTP2_QUEUE_H

#include <edo/bytes.h>

#include <sys/uio.h>

#define EDOI_H2_CHUNK_MIN 512u
#define EDOI_H2_CHUNK_MAX 16384u

typedef struct edoi_h2_chunk {
    struct edoi_h2_chunk *next;
    uint32_t begin, end, cap;
    char bytes[];
} edoi_h2_chunk;

/* All zero is empty. */
typedef struct edoi_h2_queue {
    edoi_h2_chunk *first, *last;
    size_t bytes;
} edoi_h2_queue;

/* Appends bytes. Returns 0, or -ENOMEM with none of them appended. */
EDO_MUST_USE int edoi_h2_queue_put(edoi_h2_queue *q, const void *bytes, size_t n);

/* Returns an empty chunk with room for `n` bytes, at most EDOI_H2_CHUNK_MAX; NULL: no memory. */
edoi_h2_chunk *edoi_h2_chunk_new(size_t n);

/* Appends a chunk that has bytes. Takes it. */
void edoi_h2_queue_give(edoi_h2_queue *q, edoi_h2_chunk *c);

/* Copies up to what `to` has room for, and takes it unless `peeks`. Returns how many. */
size_t edoi_h2_queue_take(edoi_h2_queue *q, const struct iovec *to, size_t n, bool peeks);

/* Returns the bytes in front that lie together. */
EDOI_INLINE edo_str edoi_h2_queue_front(const edoi_h2_queue *q) {
    const edoi_h2_chunk *c = q->first;
    return c ? (edo_str){ c->bytes + c->begin, c->end - c->begin } : (edo_str){ 0 };
}

/* Takes `n` of those. A chunk that is empty then is put in front of `*spent`. */
void edoi_h2_queue_drop(edoi_h2_queue *q, size_t n, edoi_h2_chunk **spent);

void edoi_h2_chunks_free(edoi_h2_chunk *first);
void edoi_h2_queue_deinit(edoi_h2_queue *q);

#endif
