/* SPDX-License-Identifier: MIT */
/* io/memory/duplex.c: pipes in memory: two connected streams, or one direction.
 *
 *      end 0 ── out ──> pipe 0 ── in ──> end 1
 *      end 0 <── in ─── pipe 1 <── out ─ end 1       (a simplex has pipe 0 only)
 *
 * Both ends and their pipes are one piece of memory, which the last end frees.
 *
 * Bytes that a codec has gathered are not copied to the ring, but given to the pipe as they are
 * (give.h), if they are many, and all fit.
 *
 * inv. 1: all members of a pipe are guarded by its lock; no thread holds two pipes' locks. They are
 *         leaves.
 * inv. 2: what was given is older than all bytes in the ring: nothing is given while that holds
 *         any. All together are at most `bytes_n`.
 * inv. 3: a future's link is in the ring of the pipe that its direction names: of `in` for a
 *         reader, of `out` for a writer. */
#include "base/assert.h"
#include "base/memory/alloc.h"
#include "driver/driver.h"
#include "driver/source_waiters.h"
#include "io/give.h"
#include "io/op.h"
#include "records/handles.h"

#include <edo/streams.h>

#include <errno.h>
#include <limits.h>
#include <string.h>
#ifdef EDOI_ASAN
#    include <sanitizer/asan_interface.h>
#else
#    define ASAN_POISON_MEMORY_REGION(at, bytes)   ((void)(at), (void)(bytes))
#    define ASAN_UNPOISON_MEMORY_REGION(at, bytes) ((void)(at), (void)(bytes))
#endif

#define GIVEN_MAX 4u  /* chains */
#define PIECES    16u /* of a chain; many short ones are copied at less cost */

/* A chain that was given, up to its end. */
typedef struct given {
    edo_bytes_chain chain;
    size_t taken; /* bytes that were read */
} given;

typedef struct pipe {
    edoi_lock lock;
    edoi_source_waiters waiters; /* readers and writers */
    char *bytes;                 /* const: a ring of `bytes_n` */
    uint32_t bytes_n;            /* const */
    uint32_t begin, used;        /* the bytes that were written and not yet read */
    given given[GIVEN_MAX];      /* a ring, too */
    uint32_t given_first, given_n;
    uint32_t given_bytes; /* that were not yet read */
    bool write_ended;     /* shut down, or the writing end is gone */
    bool writer_closed;   /* by its owner, whose writes then return -EDO_ECLOSED */
    bool reader_closed;   /* the reading end is gone */
    bool is_reset;        /* write_ended: not in order, which the reader is told */
} pipe;

struct duplex;

typedef struct end {
    edo_stream base;
    struct duplex *both; /* const */
    pipe *in, *out;      /* const; NULL: this end has none */
} end;

typedef struct duplex {
    uint32_t ends_n; /* that need the memory; lock: that of pipes[0], which both ends have */
    end ends[2];
    pipe pipes[2];
    char bytes[];
} duplex;

/* ---- One direction --------------------------------------------------------------------------- */

/* Wakes all waiters for `dir`. Called with the pipe's lock held, which the wakes release for a
 * while. */
static void pipe_wake(pipe *p, edoi_dir dir) {
    if (edoi_source_waiters_any(&p->waiters, dir))
        edoi_source_waiters_wake(&p->waiters, dir, &p->lock);
}

/* Called with the pipe's lock held. */
static edo_polled pipe_wait_for(pipe *p, edoi_dir dir, edo_cx *cx, edo_io_wait *wait, int *result) {
    EDO_INV("duplex inv. 1", edoi_lock_is_held(&p->lock));
    EDO_INV("duplex inv. 2", p->used + p->given_bytes <= p->bytes_n);
    *result = -EAGAIN;
    if (!cx) return EDO_READY;
    edo_waker *waker = edo_cx_waker(cx);
    if (edoi_source_waiters_has(wait)) {
        edoi_source_waiters_renew(wait, waker, dir);
    } else {
        edoi_source_waiters_push(&p->waiters, wait, waker, dir);
    }
    return EDO_PENDING;
}

/* The place in the ring of a place below twice its size, which is INT_MAX at most. */
static uint32_t wrapped(const pipe *p, uint32_t at) {
    return at < p->bytes_n ? at : at - p->bytes_n;
}

static void copy_piece(char *ring, char *vec, uint32_t n, bool out) {
    memcpy(out ? vec : ring, out ? ring : vec, n);
}

/* Copies between the ring, from its `at`-th byte on, and `vec`; returns `n`. */
static uint32_t pipe_copy(const pipe *p, uint32_t at, char *vec, uint32_t n, bool out) {
    uint32_t begin = wrapped(p, p->begin + at);
    uint32_t first = n < p->bytes_n - begin ? n : p->bytes_n - begin;
    copy_piece(p->bytes + begin, vec, first, out);
    if (first < n) copy_piece(p->bytes, vec + first, n - first, out);
    return n;
}

/* Copies as much as there is, or fits, from the ring's `at`-th byte to its `until`-th; returns how
 * much. */
EDOI_INLINE uint32_t copy_vecs(const pipe *p, uint32_t at, uint32_t until, const struct iovec *vecs,
                               size_t n, bool out) {
    uint32_t began = at;
    for (size_t i = 0; i < n && at < until; i++) {
        size_t bytes = vecs[i].iov_len < until - at ? vecs[i].iov_len : until - at;
        if (bytes > 0) at += pipe_copy(p, at, (char *)vecs[i].iov_base, (uint32_t)bytes, out);
    }
    return at - began;
}

/* ---- Given bytes ----------------------------------------------------------------------------- */

/* Copies from the oldest chain, which has bytes left; returns how many. */
static uint32_t copy_given(const pipe *p, const struct iovec *to, size_t n) {
    const given *g = &p->given[p->given_first];
    struct iovec from[PIECES];
    size_t from_n = edo_bytes_chain_vecs(&g->chain, from, PIECES);
    size_t skip = g->taken, i = 0, at = 0, copied = 0;
    for (size_t k = 0; k < from_n && i < n;) {
        if (skip >= from[k].iov_len) {
            skip -= from[k++].iov_len;
            continue;
        }
        size_t bytes = from[k].iov_len - skip, room = to[i].iov_len - at;
        if (bytes > room) bytes = room;
        if (bytes > 0) memcpy((char *)to[i].iov_base + at, (char *)from[k].iov_base + skip, bytes);
        copied += bytes;
        skip += bytes;
        at += bytes;
        if (at == to[i].iov_len) {
            at = 0;
            i++;
        }
    }
    return (uint32_t)copied;
}

/* `n` bytes of the oldest chain were read. Moves it to `*done`, to be freed without the lock, if
 * they were the last. */
static void advance_given(pipe *p, uint32_t n, edo_bytes_chain *done) {
    given *g = &p->given[p->given_first];
    g->taken += n;
    p->given_bytes -= n;
    if (g->taken < g->chain.len) return;
    *done = g->chain;
    p->given_first = (p->given_first + 1) % GIVEN_MAX;
    p->given_n--;
}

/* Reads from the oldest chain. Called with the lock held; releases it. Out of line, so that other
 * reads have no large frame. */
static EDOI_NOINLINE int read_given(pipe *p, const struct iovec *to, size_t n, uint32_t flags) {
    edo_bytes_chain done = { 0 };
    uint32_t copied = copy_given(p, to, n);
    if (copied > 0 && !(flags & EDO_IO_PEEK)) {
        advance_given(p, copied, &done);
        pipe_wake(p, EDOI_WRITE);
    }
    edoi_lock_release(&p->lock);
    if (done.len > 0) edo_bytes_chain_deinit(&done);
    return (int)copied;
}

static uint32_t held(const pipe *p) {
    return p->used + p->given_bytes;
}

/* May the chain be given? Those of many pieces, and those that never fit, are written. */
static bool is_gift(const pipe *p, const edo_bytes_chain *c) {
    return c->len <= p->bytes_n && p->used == 0 && 2 * (c->pieces_n - c->first) < PIECES;
}

/* ---- Operations ------------------------------------------------------------------------------ */

static end *duplex_end_of(edo_stream *s) {
    return (end *)(void *)s;
}

static edo_polled duplex_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                              size_t n, uint32_t flags, int *result) {
    pipe *p = duplex_end_of(s)->in;
    edo_polled polled = EDO_READY;
    *result = -ENOTSUP;
    if (!p) return EDO_READY;
    edoi_lock_acquire(&p->lock);
    if (p->reader_closed) {
        *result = -EDO_ECLOSED;
    } else if (p->given_n > 0) {
        *result = read_given(p, to, n, flags);
        return EDO_READY;
    } else if (p->used > 0) {
        uint32_t copied = copy_vecs(p, 0, p->used, to, n, true);
        *result = (int)copied;
        if (!(flags & EDO_IO_PEEK)) {
            p->used -= copied;
            // an empty ring begins anew: its front is in the processor's cache
            p->begin = p->used > 0 ? wrapped(p, p->begin + copied) : 0;
            if (copied > 0) pipe_wake(p, EDOI_WRITE);
        }
    } else if (p->write_ended) {
        *result = p->is_reset ? -ECONNRESET : 0;
    } else {
        polled = pipe_wait_for(p, EDOI_READ, cx, wait, result);
    }
    edoi_lock_release(&p->lock);
    return polled;
}

/* Why nothing can be written; 0: it can. Called with the pipe's lock held. */
static int write_error(const pipe *p) {
    if (p->writer_closed) return -EDO_ECLOSED;
    return p->reader_closed || p->write_ended ? -EPIPE : 0;
}

static edo_polled duplex_write(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                               const struct iovec *from, size_t n, int *result) {
    pipe *p = duplex_end_of(s)->out;
    edo_polled polled = EDO_READY;
    *result = -ENOTSUP;
    if (!p) return EDO_READY;
    edoi_lock_acquire(&p->lock);
    *result = write_error(p);
    if (*result == 0 && held(p) < p->bytes_n) {
        uint32_t copied = copy_vecs(p, p->used, p->bytes_n - p->given_bytes, from, n, false);
        p->used += copied;
        *result = (int)copied;
        if (copied > 0) pipe_wake(p, EDOI_READ);
    } else if (*result == 0) {
        polled = pipe_wait_for(p, EDOI_WRITE, cx, wait, result);
    }
    edoi_lock_release(&p->lock);
    return polled;
}

static edo_polled duplex_give(edo_stream *s, edo_cx *cx, edo_io_wait *wait, edo_bytes_chain *out,
                              int *result) {
    pipe *p = duplex_end_of(s)->out;
    edo_polled polled = EDO_READY;
    *result = 0;
    if (!p) return EDO_READY; // as a write
    edoi_lock_acquire(&p->lock);
    if (!is_gift(p, out) || write_error(p) < 0) {
        *result = 0;
    } else if (p->given_n < GIVEN_MAX && p->given_bytes + out->len <= p->bytes_n) {
        p->given[(p->given_first + p->given_n++) % GIVEN_MAX] = (given){ .chain = *out };
        p->given_bytes += (uint32_t)out->len;
        *out = (edo_bytes_chain){ 0 };
        *result = 1;
        pipe_wake(p, EDOI_READ);
    } else {
        polled = pipe_wait_for(p, EDOI_WRITE, cx, wait, result);
    }
    edoi_lock_release(&p->lock);
    return polled;
}

static edo_polled duplex_shutdown(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    pipe *p = duplex_end_of(s)->out;
    (void)cx;
    (void)wait;
    *result = -ENOTSUP;
    if (!p) return EDO_READY;
    edoi_lock_acquire(&p->lock);
    *result = p->writer_closed ? -EDO_ECLOSED : 0;
    p->write_ended = true;
    pipe_wake(p, EDOI_READ);
    pipe_wake(p, EDOI_WRITE);
    edoi_lock_release(&p->lock);
    return EDO_READY;
}

static edo_polled duplex_ready(edo_stream *s, edo_cx *cx, edo_io_wait *wait, uint32_t what,
                               int *result) {
    bool reads = what == EDO_IO_READ;
    pipe *p = reads ? duplex_end_of(s)->in : duplex_end_of(s)->out;
    edo_polled polled = EDO_READY;
    *result = -ENOTSUP;
    if (!p) return EDO_READY;
    edoi_lock_acquire(&p->lock);
    bool is_ended = p->reader_closed || p->write_ended;
    *result = (int)what;
    if (reads ? p->reader_closed : p->writer_closed) {
        *result = -EDO_ECLOSED;
    } else if (!is_ended && (reads ? held(p) == 0 : held(p) == p->bytes_n)) {
        polled = pipe_wait_for(p, reads ? EDOI_READ : EDOI_WRITE, cx, wait, result);
    }
    edoi_lock_release(&p->lock);
    return polled;
}

static void duplex_unwait(edo_stream *s, edo_io_wait *wait) {
    if (!edoi_source_waiters_has(wait)) return;
    end *e = duplex_end_of(s);
    pipe *p = edoi_source_waiters_dir(wait) == EDOI_READ ? e->in : e->out; // inv. 3
    EDO_INV("duplex inv. 3", p);
    edoi_lock_acquire(&p->lock);
    if (edoi_source_waiters_has(wait)) edoi_source_waiters_remove(&p->waiters, wait);
    edoi_lock_release(&p->lock);
}

/* Frees what was given and not read: nobody reads any more. */
static void drop_given(pipe *p) {
    for (edo_bytes_chain done = { 0 };; edo_bytes_chain_deinit(&done)) {
        edoi_lock_acquire(&p->lock);
        bool any = p->given_n > 0;
        if (any) {
            const given *g = &p->given[p->given_first];
            advance_given(p, (uint32_t)(g->chain.len - g->taken), &done);
        }
        edoi_lock_release(&p->lock);
        if (!any) return;
    }
}

/* The end is not read any more before its other half is over: who has read the end of that half
 * finds that writes fail. */
static void duplex_close(edo_stream *s) {
    end *e = duplex_end_of(s);
    for (int reads = 1; reads >= 0; reads--) {
        pipe *p = reads ? e->in : e->out;
        if (!p) continue;
        edoi_lock_acquire(&p->lock);
        if (reads) {
            p->reader_closed = true;
            p->used = 0;
        } else {
            p->writer_closed = p->write_ended = true;
        }
        pipe_wake(p, EDOI_READ);
        pipe_wake(p, EDOI_WRITE);
        edoi_lock_release(&p->lock);
    }
    if (e->in) drop_given(e->in); // none can come any more
}

/* An end does not need the memory of both any more. */
static void duplex_leave(void *memory, size_t bytes) {
    (void)bytes;
    duplex *both = (duplex *)memory;
    edoi_lock_acquire(&both->pipes[0].lock);
    bool is_last = --both->ends_n == 0;
    edoi_lock_release(&both->pipes[0].lock);
    if (!is_last) return;
    ASAN_UNPOISON_MEMORY_REGION(both->ends, sizeof both->ends);
    edoi_free(both);
}

/* Each end has its own quarantine, so that the memory outlives both records. */
static void duplex_free(edo_stream *s) {
    duplex *both = duplex_end_of(s)->both;
    duplex_close(s);
    ASAN_POISON_MEMORY_REGION(s, sizeof(end)); // the other end may live on
    size_t bytes = sizeof *both + both->pipes[0].bytes_n + both->pipes[1].bytes_n;
    edoi_handle_end(EDOI_STREAM, s, both, bytes, duplex_leave);
}

static int duplex_fd(edo_stream *s) {
    (void)s;
    return -1;
}

static const edoi_taking_ops duplex_ops = { .base = { .name = "edo_duplex",
                                                      .flags =
                                                          EDO_STREAM_VECTORED | EDOI_STREAM_TAKES,
                                                      .poll_read = duplex_read,
                                                      .poll_write = duplex_write,
                                                      .poll_shutdown = duplex_shutdown,
                                                      .poll_ready = duplex_ready,
                                                      .unwait = duplex_unwait,
                                                      .close = duplex_close,
                                                      .free = duplex_free,
                                                      .fd = duplex_fd },
                                            .poll_give = duplex_give };

/* ---- Making ---------------------------------------------------------------------------------- */

static duplex *make_both(size_t bytes, uint32_t pipes_n) {
    duplex *both = (duplex *)edoi_calloc(1, sizeof *both + bytes * pipes_n);
    if (!both) return NULL;
    both->ends_n = 2;
    for (uint32_t i = 0; i < pipes_n; i++) {
        both->pipes[i].bytes = both->bytes + i * bytes;
        both->pipes[i].bytes_n = (uint32_t)bytes;
    }
    for (int i = 0; i < 2; i++)
        both->ends[i] =
            (end){ .base = { .ops = &duplex_ops.base, .refs = EDOI_ATOMIC_INIT(1) }, .both = both };
    both->ends[0].out = both->ends[1].in = &both->pipes[0];
    if (pipes_n == 2) both->ends[1].out = both->ends[0].in = &both->pipes[1];
    return both;
}

static int duplex_make(edo_stream **a, edo_stream **b, size_t bytes, uint32_t pipes_n,
                       const void *caller) {
    if (bytes == 0 || bytes > INT_MAX) return -EINVAL;
    duplex *both = make_both(bytes, pipes_n);
    if (!both) return -ENOMEM;
    *a = (edo_stream *)edoi_handle_made_here(EDOI_STREAM, &both->ends[0].base, caller);
    *b = (edo_stream *)edoi_handle_made_here(EDOI_STREAM, &both->ends[1].base, caller);
    return 0;
}

int edo_duplex_reset(edo_stream *s) {
    if (edoi_stream_misused(s)) return -EDO_EMISUSE;
    if (s->ops != &duplex_ops.base) return -ENOTSUP;
    pipe *out = duplex_end_of(s)->out;
    if (out) {
        edoi_lock_acquire(&out->lock);
        out->is_reset = true;
        edoi_lock_release(&out->lock);
    }
    duplex_close(s); // wakes whoever waits
    return 0;
}

int edo_duplex(edo_stream **a, edo_stream **b, size_t bytes) {
    return duplex_make(a, b, bytes, 2, EDOI_CALLER());
}

int edo_simplex(edo_stream **reader, edo_stream **writer, size_t bytes) {
    return duplex_make(writer, reader, bytes, 1, EDOI_CALLER());
}
