/* SPDX-License-Identifier: MIT */
/* http2/queue.c: see queue.h. */
#include "http2/queue.h"

#include <errno.h>
#include <string.h>

edoi_h2_chunk *edoi_h2_chunk_new(size_t n) {
    size_t cap = n < EDOI_H2_CHUNK_MIN ? EDOI_H2_CHUNK_MIN : n;
    edoi_h2_chunk *c = edo_rc_new(sizeof *c + cap, NULL);
    if (!c) return NULL;
    c->next = NULL;
    c->begin = c->end = 0;
    c->cap = (uint32_t)cap;
    return c;
}

/* Appends what the last chunk has room for; returns how many. */
static size_t queue_fill(edoi_h2_queue *q, const char *bytes, size_t n) {
    edoi_h2_chunk *c = q->last;
    size_t room = c ? c->cap - c->end : 0, some = n < room ? n : room;
    if (some > 0) memcpy(c->bytes + c->end, bytes, some);
    if (c) c->end += (uint32_t)some;
    q->bytes += some;
    return some;
}

static void queue_append(edoi_h2_queue *q, edoi_h2_chunk *c) {
    if (q->last)
        q->last->next = c;
    else
        q->first = c;
    q->last = c;
}

/* Makes a list of chunks that have room for `n` bytes; NULL: no memory. */
static edoi_h2_chunk *chunks_for(const edoi_h2_queue *q, size_t n) {
    edoi_h2_chunk *made = NULL;
    for (size_t room = 0; room < n;) {
        bool is_large = q->first || n - room > EDOI_H2_CHUNK_MAX;
        edoi_h2_chunk *c = edoi_h2_chunk_new(is_large ? EDOI_H2_CHUNK_MAX : n - room);
        if (!c) {
            edoi_h2_chunks_free(made);
            return NULL;
        }
        c->next = made;
        made = c;
        room += c->cap;
    }
    return made;
}

int edoi_h2_queue_put(edoi_h2_queue *q, const void *bytes, size_t n) {
    size_t room = q->last ? q->last->cap - q->last->end : 0;
    edoi_h2_chunk *more = n > room ? chunks_for(q, n - room) : NULL, *next;
    if (n > room && !more) return -ENOMEM;
    size_t done = queue_fill(q, bytes, n);
    for (; more; more = next) {
        next = more->next;
        more->next = NULL;
        queue_append(q, more);
        done += queue_fill(q, (const char *)bytes + done, n - done);
    }
    return 0;
}

void edoi_h2_queue_give(edoi_h2_queue *q, edoi_h2_chunk *c) {
    queue_append(q, c);
    q->bytes += c->end - c->begin;
}

size_t edoi_h2_queue_take(edoi_h2_queue *q, const struct iovec *to, size_t n, bool peeks) {
    size_t total = 0, at = 0;
    edoi_h2_chunk *spent = NULL;
    for (size_t i = 0; i < n && q->first;) {
        edo_str front = edoi_h2_queue_front(q);
        size_t room = to[i].iov_len - at, some = front.len < room ? front.len : room;
        if (some > 0) memcpy((char *)to[i].iov_base + at, front.ptr, some);
        total += some;
        at += some;
        if (at == to[i].iov_len) at = 0, i++;
        if (peeks) break;
        edoi_h2_queue_drop(q, some, &spent);
    }
    edoi_h2_chunks_free(spent);
    return total;
}

void edoi_h2_queue_drop(edoi_h2_queue *q, size_t n, edoi_h2_chunk **spent) {
    edoi_h2_chunk *c = q->first;
    c->begin += (uint32_t)n;
    q->bytes -= n;
    if (c->begin < c->end) return;
    q->first = c->next;
    if (!q->first) q->last = NULL;
    c->next = *spent;
    *spent = c;
}

void edoi_h2_chunks_free(edoi_h2_chunk *first) {
    for (edoi_h2_chunk *next; first; first = next) {
        next = first->next;
        edo_rc_unref(first);
    }
}

void edoi_h2_queue_deinit(edoi_h2_queue *q) {
    edoi_h2_chunks_free(q->first);
    *q = (edoi_h2_queue){ 0 };
}
