/* SPDX-License-Identifier: MIT */
/* seq/from_mpsc.c: the values of a channel as a sequence. */
#include "base/memory/cache.h"
#include "seq/seq.h"
#include "sync/channel/mpsc.h"

typedef struct from_mpsc {
    edo_seq base;
    edo_mpsc_rx *rx;           /* owned */
    edo_mpsc_recv_future recv; /* pending while the sequence waits */
} from_mpsc;

static edo_polled mpsc_poll(edo_seq *s, edo_cx *cx, void *item, int *result) {
    from_mpsc *self = (from_mpsc *)(void *)s;
    if (s->waits) {
        self->recv.value = item; // the reader may give another place each time
    } else {
        (void)edo_mpsc_recv_init(&self->recv, self->rx, item);
    }
    if (edo_poll(&self->recv.base, cx) == EDO_PENDING) return EDO_PENDING;
    int err = edo_result(&self->recv);
    *result = err == -EDO_ECLOSED ? 0 : err < 0 ? err : 1;
    return EDO_READY;
}

static void mpsc_leave(edo_seq *s) {
    edo_drop(&((from_mpsc *)(void *)s)->recv.base);
}

static void mpsc_drop(edo_seq *s) {
    edo_mpsc_rx_free(((from_mpsc *)(void *)s)->rx);
    edoi_cache_put(s, sizeof(from_mpsc));
}

edo_seq *edo_seq_from_mpsc(edo_mpsc_rx *rx) {
    static const edo_seq_ops ops = {
        .poll_next = mpsc_poll, .leave = mpsc_leave, .drop = mpsc_drop, .name = "edo_seq_from_mpsc"
    };
    from_mpsc *self = rx ? edoi_cache_get(sizeof *self) : NULL;
    if (!self) {
        edo_mpsc_rx_free(rx);
        return NULL;
    }
    self->rx = rx;
    return edo_seq_init(&self->base, &ops, edoi_mpsc_elem_size(rx));
}
