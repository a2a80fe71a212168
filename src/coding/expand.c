/* SPDX-License-Identifier: MIT */
/* coding/expand.c: see expand.h. */
#include "coding/expand.h"

#include "base/assert.h"

#include <errno.h>
#include <string.h>

#define FREE_BYTES 65536u /* below it the ratio does not apply: as for a text of one letter */
#define TURN_BYTES 32768u /* after these other tasks run */
#define PIECE_MAX  16384u /* of output, after which the ratio is looked at */

static edoi_expand *expand_of(edo_stream *s) {
    return (edoi_expand *)(void *)s;
}

static edo_polled expand_ready(int *result, int value) {
    *result = value;
    return EDO_READY;
}

/* Takes a place and a coder. Returns 0, -EDO_EOVERLOADED, or -ENOMEM. */
static int expand_take_place(edoi_expand *e) {
    if (e->share && !edoi_coders_enter(e->coders)) return -EDO_EOVERLOADED;
    int err = edoi_coders_get(e->coders, &e->coder, e->coding);
    if (err < 0 && e->share) edoi_coders_leave(e->coders);
    return err;
}

/* As expand_take_place(), of the client's share. */
static int take_coder(edoi_expand *e) {
    edoi_share *s = e->share;
    if (!s || !s->of) return expand_take_place(e);
    const edo_str key = { s->key, sizeof s->key };
    int err = edo_keyed_sem_try_acquire(s->of, &s->permit, key);
    if (err < 0) return err == -EAGAIN ? -EDO_EOVERLOADED : err;
    err = expand_take_place(e);
    if (err == 0) return 0;
    edo_keyed_sem_release(s->of, s->permit);
    s->permit = NULL;
    return err;
}

void edoi_expand_deinit(edoi_expand *e) {
    e->is_over = true;
    if (!e->coder) return;
    edoi_coders_put(e->coders, e->coder);
    e->coder = NULL;
    if (!e->share) return;
    edoi_coders_leave(e->coders);
    edo_keyed_sem_release(e->share->of, e->share->permit);
    e->share->permit = NULL;
}

/* Ends the body, or its decoding after a failure. The coder is given back, since the handler may go
 * on for long. */
static edo_polled expand_end(edoi_expand *e, int *result, int code) {
    e->failed = code;
    edoi_expand_deinit(e);
    return expand_ready(result, code);
}

/* Is the limit or the ratio exceeded? The ratio counts only input bytes that were decoded: with all
 * bytes that have arrived a decompression bomb would pass. */
static bool expand_is_too_much(const edoi_expand *e) {
    if (e->given > e->limits.bytes_max) return true;
    return e->given > FREE_BYTES && e->given / e->limits.ratio_max > *e->sent;
}

/* Decodes bytes of the buffer into `to`. Returns how many bytes that makes, or a negative code. */
static int expand_decode(edoi_expand *e, const struct iovec *to) {
    edoi_coder *c = e->coder;
    EDO_ASSERT(e->begin <= e->end && e->end <= EDOI_CODER_BYTES);
    size_t room = to->iov_len < PIECE_MAX ? to->iov_len : PIECE_MAX;
    edoi_spans s = { c->buffer + e->begin, e->end - e->begin, to->iov_base, room };
    // zstd fails after several calls with nothing to do, such as those of reads that time out
    if (s.in_n == 0 && (e->is_between || !e->has_more)) return 0;
    bool is_behind = e->is_between && e->has_begun;
    if (is_behind && (!c->ops->again || !c->ops->again(c->state))) return -EBADMSG; // it is garbage
    e->is_between = false;
    e->has_begun = true;
    int got = c->ops->code(c->state, &s, EDOI_CODE_RUN);
    EDO_ASSERT(s.in_n <= e->end - e->begin && s.out_n <= room);
    e->used += e->end - e->begin - s.in_n;
    e->begin = e->end - (uint32_t)s.in_n;
    e->has_more = s.out_n == 0;
    if (got == EDOI_CODE_DONE) e->is_between = true;
    return got < 0 ? got : (int)(room - s.out_n);
}

/* Reads more into the empty buffer. Ready with the number of bytes, or 0 at the end. */
static edo_polled expand_fill(edoi_expand *e, edo_cx *cx, edo_io_wait *wait, int *result) {
    struct iovec in = { e->coder->buffer, EDOI_CODER_BYTES };
    if (e->from->ops->poll_read(e->from, cx, wait, &in, 1, 0, result) == EDO_PENDING)
        return EDO_PENDING;
    if (*result <= 0) return EDO_READY;
    e->begin = 0;
    e->end = (uint32_t)*result;
    e->in_turn += e->end;
    return EDO_READY;
}

/* Reads the first bytes into the reader's room, since there is no buffer yet, and then takes a
 * coder. Ready with 0 at the end, or with a failure that is not the body's. */
static edo_polled expand_begin(edoi_expand *e, edo_cx *cx, edo_io_wait *wait,
                               const struct iovec *to, int *result) {
    struct iovec in = { to->iov_base, to->iov_len };
    if (in.iov_len > EDOI_CODER_BYTES) in.iov_len = EDOI_CODER_BYTES;
    if (e->from->ops->poll_read(e->from, cx, wait, &in, 1, 0, result) == EDO_PENDING)
        return EDO_PENDING;
    if (*result < 0) return EDO_READY;
    int err = *result > 0 ? take_coder(e) : 0;
    if (err < 0 || *result == 0) return expand_end(e, result, err);
    memcpy(e->coder->buffer, in.iov_base, (size_t)*result);
    e->end = (uint32_t)*result;
    e->in_turn = e->end;
    return EDO_READY;
}

static bool expand_gives_way(edoi_expand *e, edo_cx *cx) {
    if (!cx || e->in_turn < TURN_BYTES) return false;
    e->in_turn = 0;
    edo_cx_wake(cx);
    return true;
}

static edo_polled expand_read(edo_stream *stream, edo_cx *cx, edo_io_wait *wait,
                              const struct iovec *to, size_t n, uint32_t flags, int *result) {
    edoi_expand *e = expand_of(stream);
    while (n > 1 && to->iov_len == 0) to++, n--;
    if (flags & EDO_IO_PEEK) return expand_ready(result, -ENOTSUP);
    if (to->iov_len == 0) return expand_ready(result, 0);
    if (!e->coder && !e->is_over && e->failed == 0) {
        if (expand_begin(e, cx, wait, to, result) == EDO_PENDING) return EDO_PENDING;
        if (!e->coder) return EDO_READY;
    }
    while (!e->is_over && e->failed == 0) {
        if (expand_gives_way(e, cx)) return EDO_PENDING;
        int got = expand_decode(e, to);
        if (got < 0) return expand_end(e, result, got);
        e->given += (uint64_t)got;
        e->in_turn += (uint32_t)got;
        if (expand_is_too_much(e)) return expand_end(e, result, -EMSGSIZE);
        if (got > 0) return expand_ready(result, got);
        if (e->begin < e->end) {
            if (e->is_between) continue;
            return expand_end(e, result, -EBADMSG); // the coder does not end
        }
        if (expand_fill(e, cx, wait, result) == EDO_PENDING) return EDO_PENDING;
        if (*result == 0) return expand_end(e, result, e->is_between ? 0 : -EBADMSG); // ends within
        if (*result < 0) return EDO_READY;
    }
    EDO_ASSERT(!e->is_over || !e->coder);
    return expand_ready(result, e->failed);
}

static void expand_unwait(edo_stream *stream, edo_io_wait *wait) {
    edo_stream *from = expand_of(stream)->from;
    from->ops->unwait(from, wait);
}

static edo_polled expand_write(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                               const struct iovec *from, size_t n, int *result) {
    (void)s, (void)cx, (void)wait, (void)from, (void)n;
    return expand_ready(result, -ENOTSUP);
}

static edo_polled expand_shutdown(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    (void)s, (void)cx, (void)wait;
    return expand_ready(result, -ENOTSUP);
}

static void expand_close(edo_stream *stream) {
    expand_of(stream)->failed = -EDO_ECLOSED; // another task may read, so the coder stays
}

static void expand_free(edo_stream *stream) {
    (void)stream; // the request's arena frees it
}

static int expand_fd(edo_stream *stream) {
    (void)stream;
    return -1;
}

static const edo_stream_ops expand_ops = { .name = "edo_decompress",
                                           .poll_read = expand_read,
                                           .poll_write = expand_write,
                                           .poll_shutdown = expand_shutdown,
                                           .unwait = expand_unwait,
                                           .close = expand_close,
                                           .free = expand_free,
                                           .fd = expand_fd };

void edoi_expand_init(edoi_expand *e, edo_stream *from, edoi_coders *coders, edoi_coding coding,
                      const edoi_expand_limits *limits, edoi_share *share) {
    *e = (edoi_expand){ .stream = { .ops = &expand_ops, .refs = EDOI_ATOMIC_INIT(1) },
                        .from = from,
                        .coders = coders,
                        .coding = coding,
                        .share = share,
                        .limits = *limits,
                        .is_between = true };
    e->sent = &e->used;
}

edo_stream *edoi_expand_all_init(edoi_expand_all *all, edo_stream *from, edoi_coders *coders,
                                 const edoi_coding *codings, uint32_t n,
                                 const edoi_expand_limits *limits, edoi_share *share) {
    edoi_expand *first = all->stages;
    edoi_expand_init(first, from, coders, codings[n - 1], limits, share);
    for (all->n = 1; all->n < n; all->n++) { // the last coding was taken off first
        edoi_expand *last = &all->stages[all->n];
        edoi_expand_init(last, &last[-1].stream, coders, codings[n - 1 - all->n], limits, NULL);
        last->sent = &first->used;
    }
    return &all->stages[n - 1].stream;
}

void edoi_expand_all_deinit(edoi_expand_all *all) {
    for (uint32_t i = 0; i < all->n; i++) edoi_expand_deinit(&all->stages[i]);
}
