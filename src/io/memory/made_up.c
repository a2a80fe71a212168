/* SPDX-License-Identifier: MIT */
/* io/memory/made_up.c: streams whose input is made up: bytes of the program's memory, one byte
 * without end, nothing. None of them ever waits. */
#include "base/memory/cache.h"
#include "records/handles.h"

#include <edo/streams.h>

#include <errno.h>
#include <limits.h>
#include <string.h>

typedef struct made_up {
    edo_stream base;
    const char *bytes;     /* const */
    size_t n;              /* const */
    edo_atomic_u64 at;     /* atomic, relaxed: only a counter; the bytes are const */
    edo_atomic_u32 closed; /* atomic, relaxed: a flag, no data */
    edo_atomic_u32 shut;   /* atomic, relaxed: a flag, no data; of edo_stream_sink() */
    char byte;             /* const; of edo_stream_repeat() */
} made_up;

static made_up *made_up_self_of(edo_stream *s) {
    return (made_up *)(void *)s;
}

/* Is it closed? Then `*result` says so. */
static bool made_up_is_closed(edo_stream *s, int *result) {
    *result = -EDO_ECLOSED;
    return edoi_load_rlx_u32(&made_up_self_of(s)->closed) != 0; // relaxed: see its declaration
}

static size_t room_in(const struct iovec *to, size_t n) {
    size_t room = 0;
    for (size_t i = 0; i < n; i++)
        room += to[i].iov_len < INT_MAX - room ? to[i].iov_len : INT_MAX - room;
    return room;
}

/* How many bytes there are from `at` on; a seek may have gone behind the end. */
static size_t bytes_from(const made_up *m, uint64_t at) {
    return at < m->n ? m->n - (size_t)at : 0;
}

/* Takes up to `room` bytes for one reader; returns how many, from `*at` on. */
static size_t made_up_take_bytes(made_up *m, size_t room, bool peek, uint64_t *at) {
    *at = edoi_load_rlx_u64(&m->at); // relaxed: see its declaration
    for (;;) {
        size_t left = bytes_from(m, *at), n = left < room ? left : room;
        // relaxed: see its declaration
        if (peek || n == 0 || edoi_cas_rlx_u64(&m->at, at, *at + n)) return n;
    }
}

static edo_polled mem_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                           size_t n, uint32_t flags, int *result) {
    made_up *m = made_up_self_of(s);
    (void)cx;
    (void)wait;
    if (made_up_is_closed(s, result)) return EDO_READY;
    uint64_t at;
    size_t left = made_up_take_bytes(m, room_in(to, n), flags & EDO_IO_PEEK, &at);
    *result = (int)left;
    const char *from = m->bytes + (left > 0 ? at : 0);
    for (size_t i = 0; i < n && left > 0; i++) {
        size_t bytes = to[i].iov_len < left ? to[i].iov_len : left;
        memcpy(to[i].iov_base, from, bytes);
        from += bytes;
        left -= bytes;
    }
    return EDO_READY;
}

static edo_polled mem_seek(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int64_t offset, int whence,
                           uint64_t *at, int *result) {
    made_up *m = made_up_self_of(s);
    (void)cx;
    (void)wait;
    if (made_up_is_closed(s, result)) return EDO_READY;
    uint64_t from = whence == SEEK_CUR   ? edoi_load_rlx_u64(&m->at) // relaxed: see its declaration
                    : whence == SEEK_END ? m->n
                                         : 0;
    *result = -EINVAL;
    if (whence != SEEK_SET && whence != SEEK_CUR && whence != SEEK_END) return EDO_READY;
    if (__builtin_add_overflow(from, offset, at) || *at > INT64_MAX) return EDO_READY;
    edoi_store_rlx_u64(&m->at, *at); // relaxed: see its declaration
    *result = 0;
    return EDO_READY;
}

static edo_polled repeat_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                              size_t n, uint32_t flags, int *result) {
    (void)cx;
    (void)wait;
    (void)flags;
    if (made_up_is_closed(s, result)) return EDO_READY;
    size_t left = room_in(to, n);
    *result = (int)left;
    for (size_t i = 0; i < n; i++) {
        size_t bytes = to[i].iov_len < left ? to[i].iov_len : left;
        if (bytes > 0) memset(to[i].iov_base, made_up_self_of(s)->byte, bytes);
        left -= bytes;
    }
    return EDO_READY;
}

static edo_polled made_up_refuse_write(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                                       const struct iovec *from, size_t n, int *result) {
    (void)cx;
    (void)wait;
    (void)from;
    (void)n;
    if (!made_up_is_closed(s, result)) *result = -ENOTSUP;
    return EDO_READY;
}

static edo_polled forget_write(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                               const struct iovec *from, size_t n, int *result) {
    (void)cx;
    (void)wait;
    if (!made_up_is_closed(s, result)) *result = (int)room_in(from, n);
    return EDO_READY;
}

static edo_polled made_up_shutdown(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    (void)cx;
    (void)wait;
    if (!made_up_is_closed(s, result)) *result = 0;
    return EDO_READY;
}

static edo_polled sink_write(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *from,
                             size_t n, int *result) {
    edo_polled polled = forget_write(s, cx, wait, from, n, result);
    if (*result > 0 && edoi_load_rlx_u32(&made_up_self_of(s)->shut)) // relaxed: see its declaration
        *result = -EPIPE;
    return polled;
}

static edo_polled sink_shutdown(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    edoi_store_rlx_u32(&made_up_self_of(s)->shut, 1); // relaxed: see its declaration
    return made_up_shutdown(s, cx, wait, result);
}

static edo_polled made_up_ready(edo_stream *s, edo_cx *cx, edo_io_wait *wait, uint32_t what,
                                int *result) {
    (void)cx;
    (void)wait;
    if (!made_up_is_closed(s, result)) *result = (int)what;
    return EDO_READY;
}

static void made_up_unwait(edo_stream *s, edo_io_wait *wait) {
    (void)s;
    (void)wait; // nothing ever waits
}

static void made_up_close(edo_stream *s) {
    edoi_store_rlx_u32(&made_up_self_of(s)->closed, 1); // relaxed: see its declaration
}

static void made_up_free(edo_stream *s) {
    edoi_handle_cache_put(EDOI_STREAM, s, sizeof(made_up));
}

static int made_up_fd(edo_stream *s) {
    (void)s;
    return -1;
}

static edo_polled made_up_refuse_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                                      const struct iovec *to, size_t n, uint32_t flags,
                                      int *result) {
    (void)flags;
    return made_up_refuse_write(s, cx, wait, to, n, result);
}

#define REST                                                                                       \
    .poll_ready = made_up_ready, .unwait = made_up_unwait, .close = made_up_close,                 \
    .free = made_up_free, .fd = made_up_fd

static const edo_stream_ops mem_ops = { .name = "edo_stream_mem",
                                        .poll_read = mem_read,
                                        .poll_write = made_up_refuse_write,
                                        .poll_seek = mem_seek,
                                        .poll_shutdown = made_up_shutdown,
                                        REST };
static const edo_stream_ops repeat_ops = { .name = "edo_stream_repeat",
                                           .poll_read = repeat_read,
                                           .poll_write = made_up_refuse_write,
                                           .poll_shutdown = made_up_shutdown,
                                           REST };
static const edo_stream_ops empty_ops = { .name = "edo_stream_empty",
                                          .poll_read = mem_read,
                                          .poll_write = forget_write,
                                          .poll_shutdown = made_up_shutdown,
                                          REST };

static const edo_stream_ops sink_ops = { .name = "edo_stream_sink",
                                         .poll_read = made_up_refuse_read,
                                         .poll_write = sink_write,
                                         .poll_shutdown = sink_shutdown,
                                         REST };

static int made_up_make(edo_stream **out, const edo_stream_ops *ops, made_up like,
                        const void *caller) {
    made_up *m = (made_up *)edoi_cache_get(sizeof *m);
    if (!m) return -ENOMEM;
    *m = like;
    m->base = (edo_stream){ .ops = ops, .refs = EDOI_ATOMIC_INIT(1) };
    *out = (edo_stream *)edoi_handle_made_here(EDOI_STREAM, &m->base, caller);
    return 0;
}

int edo_stream_mem(edo_stream **out, const void *bytes, size_t n) {
    return made_up_make(out, &mem_ops, (made_up){ .bytes = (const char *)bytes, .n = n },
                        EDOI_CALLER());
}

int edo_stream_repeat(edo_stream **out, char byte) {
    return made_up_make(out, &repeat_ops, (made_up){ .byte = byte }, EDOI_CALLER());
}

int edo_stream_sink(edo_stream **out) {
    return made_up_make(out, &sink_ops, (made_up){ .bytes = "" }, EDOI_CALLER());
}

int edo_stream_empty(edo_stream **out) {
    return made_up_make(out, &empty_ops, (made_up){ .bytes = "" }, EDOI_CALLER());
}
