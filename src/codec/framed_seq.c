/* SPDX-License-Identifier: MIT */
/* codec/framed_seq.c: the frames of a stream as a sequence. */
#include "base/memory/cache.h"
#include "codec/made.h"

#include <edo/codec.h>

typedef struct from_framed {
    edo_seq base;
    edo_framed *framed;
    edo_framed_recv_future recv; /* pending while the sequence waits */
} from_framed;

static edo_polled framed_poll(edo_seq *s, edo_cx *cx, void *item, int *result) {
    from_framed *self = (from_framed *)(void *)s;
    if (s->waits) {
        self->recv.frame = item; // the reader may give another place each time
    } else {
        (void)edo_framed_recv_init(&self->recv, self->framed, item);
    }
    if (edo_poll(&self->recv.base, cx) == EDO_PENDING) return EDO_PENDING;
    *result = edo_result(&self->recv);
    return EDO_READY;
}

static void framed_leave(edo_seq *s) {
    edo_drop(&((from_framed *)(void *)s)->recv.base);
}

static void framed_drop(edo_seq *s) {
    edoi_cache_put(s, sizeof(from_framed));
}

edo_seq *edo_seq_from_framed(edo_framed *self) {
    edoi_framed_enters(self, self ? self->stream : NULL, self ? self->codec : NULL);
    static const edo_seq_ops ops = { .poll_next = framed_poll,
                                     .leave = framed_leave,
                                     .drop = framed_drop,
                                     .name = "edo_seq_from_framed" };
    from_framed *s = (from_framed *)edoi_cache_get(sizeof *s);
    if (!s) return NULL;
    s->framed = self;
    return edo_seq_init(&s->base, &ops, self->codec->ops->frame_size);
}
