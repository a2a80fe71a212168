/* SPDX-License-Identifier: MIT */
/* seq/from_stream.c: the bytes of a stream as a sequence. */
#include "base/memory/cache.h"
#include "seq/seq.h"

#include <edo/io.h>

#define READ_BYTES 4096u /* by default */

typedef struct from_stream {
    edo_seq base;
    edo_stream *stream;         /* const, borrowed */
    size_t n;                   /* const: bytes of an item, at most */
    edo_buf buf;                /* empty, perhaps with room */
    edo_read_bytes_future next; /* pending while the sequence waits */
} from_stream;

static edo_polled bytes_poll(edo_seq *s, edo_cx *cx, void *item, int *result) {
    from_stream *self = (from_stream *)(void *)s;
    if (!s->waits) (void)edo_read_bytes_init(&self->next, &self->buf, self->stream, self->n);
    if (edo_poll(&self->next.base, cx) == EDO_PENDING) return EDO_PENDING;
    int n = edo_result(&self->next);
    *result = n > 0 ? 1 : n;
    if (n <= 0) return EDO_READY;
    edo_bytes bytes = edo_buf_take(&self->buf, (size_t)n);
    edoi_seq_copy(item, &bytes, sizeof bytes);
    return EDO_READY;
}

static void bytes_leave(edo_seq *s) {
    edo_drop(&((from_stream *)(void *)s)->next.base);
}

static void bytes_drop(edo_seq *s) {
    edo_buf_deinit(&((from_stream *)(void *)s)->buf);
    edoi_cache_put(s, sizeof(from_stream));
}

edo_seq *edo_seq_from_stream(edo_stream *s, size_t n) {
    static const edo_seq_ops ops = { .poll_next = bytes_poll,
                                     .leave = bytes_leave,
                                     .drop = bytes_drop,
                                     .name = "edo_seq_from_stream" };
    from_stream *self = (from_stream *)edoi_cache_get(sizeof *self);
    if (!self) return NULL;
    *self = (from_stream){ .stream = s, .n = n ? n : READ_BYTES };
    return edo_seq_init(&self->base, &ops, sizeof(edo_bytes));
}
