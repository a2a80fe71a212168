/* SPDX-License-Identifier: MIT */
/* seq/from_channel.c: the values of a channel as a sequence: one receive at a time. */
#include "base/memory/cache.h"
#include "seq/seq.h"
#include "sync/channel/broadcast/broadcast.h"
#include "sync/channel/elem_size.h"

typedef struct from_channel from_channel;

/* What differs between the kinds of channels. */
typedef struct kind {
    edo_future *(*begin)(from_channel *self, void *item); /* makes the receive */
    void (*move)(from_channel *self, void *item);         /* a pending one: writes to `item` */
    void (*free)(from_channel *self);                     /* gives the receiver back */
    void (*fetch)(from_channel *self,
                  void *item); /* NULL, or: the future wrote nothing to `item` */
} kind;

struct from_channel {
    edo_seq base;
    const kind *kind;
    void *rx; /* owned */
    union {   /* pending while the sequence waits */
        edo_future base;
        edo_mpsc_recv_future mpsc;
        edo_chan_recv_future chan;
        edo_broadcast_recv_future broadcast;
        edo_watch_changed_future watch;
    } recv;
};

static edo_polled channel_poll(edo_seq *s, edo_cx *cx, void *item, int *result) {
    from_channel *self = (from_channel *)(void *)s;
    if (s->waits) {
        self->kind->move(self, item); // the reader may give another place each time
    } else {
        (void)self->kind->begin(self, item);
    }
    if (edo_poll(&self->recv.base, cx) == EDO_PENDING) return EDO_PENDING;
    int err = self->recv.base.result;
    if (err >= 0 && self->kind->fetch) self->kind->fetch(self, item);
    *result = err == -EDO_ECLOSED ? 0 : err < 0 ? err : 1;
    return EDO_READY;
}

static void channel_leave(edo_seq *s) {
    edo_drop(&((from_channel *)(void *)s)->recv.base);
}

static void channel_drop(edo_seq *s) {
    from_channel *self = (from_channel *)(void *)s;
    self->kind->free(self);
    edoi_cache_put(self, sizeof *self);
}

/* Takes the receiver; NULL without memory: the caller gives it back. */
static edo_seq *channel_new(const kind *of, void *rx, size_t item_size, const edo_seq_ops *ops) {
    from_channel *self = edoi_cache_get(sizeof *self);
    if (!self) return NULL;
    self->kind = of;
    self->rx = rx;
    return edo_seq_init(&self->base, ops, item_size);
}

/* ---- mpsc ------------------------------------------------------------------------------------ */

static edo_future *mpsc_begin(from_channel *self, void *item) {
    return edo_mpsc_recv_init(&self->recv.mpsc, self->rx, item);
}

static void mpsc_move(from_channel *self, void *item) {
    self->recv.mpsc.value = item;
}

static void mpsc_free(from_channel *self) {
    edo_mpsc_rx_free(self->rx);
}

edo_seq *edo_seq_from_mpsc(edo_mpsc_rx *rx) {
    static const kind mpsc = { mpsc_begin, mpsc_move, mpsc_free, NULL };
    static const edo_seq_ops ops = { .poll_next = channel_poll,
                                     .leave = channel_leave,
                                     .drop = channel_drop,
                                     .name = "edo_seq_from_mpsc" };
    edo_seq *s = rx ? channel_new(&mpsc, rx, edoi_mpsc_elem_size(rx), &ops) : NULL;
    if (!s) edo_mpsc_rx_free(rx);
    return s;
}

/* ---- chan ------------------------------------------------------------------------------------ */

static edo_future *chan_begin(from_channel *self, void *item) {
    return edo_chan_recv_init(&self->recv.chan, self->rx, item);
}

static void chan_move(from_channel *self, void *item) {
    self->recv.chan.value = item;
}

static void chan_free(from_channel *self) {
    edo_chan_rx_unref(self->rx);
}

edo_seq *edo_seq_from_chan(edo_chan_rx *rx) {
    static const kind chan = { chan_begin, chan_move, chan_free, NULL };
    static const edo_seq_ops ops = { .poll_next = channel_poll,
                                     .leave = channel_leave,
                                     .drop = channel_drop,
                                     .name = "edo_seq_from_chan" };
    edo_seq *s = rx ? channel_new(&chan, rx, edoi_chan_elem_size(rx), &ops) : NULL;
    if (!s) edo_chan_rx_unref(rx);
    return s;
}

/* ---- broadcast ------------------------------------------------------------------------------- */

static edo_future *broadcast_begin(from_channel *self, void *item) {
    return edo_broadcast_recv_init(&self->recv.broadcast, self->rx, item, NULL);
}

static void broadcast_move(from_channel *self, void *item) {
    self->recv.broadcast.value = item;
}

static void broadcast_free(from_channel *self) {
    edo_broadcast_rx_free(self->rx);
}

edo_seq *edo_seq_from_broadcast(edo_broadcast_rx *rx) {
    static const kind broadcast = { broadcast_begin, broadcast_move, broadcast_free, NULL };
    static const edo_seq_ops ops = { .poll_next = channel_poll,
                                     .leave = channel_leave,
                                     .drop = channel_drop,
                                     .name = "edo_seq_from_broadcast" };
    edo_seq *s = rx ? channel_new(&broadcast, rx, rx->c->elem.bytes, &ops) : NULL;
    if (!s) edo_broadcast_rx_free(rx);
    return s;
}

/* ---- watch ----------------------------------------------------------------------------------- */

static edo_future *watch_begin(from_channel *self, void *item) {
    (void)item;
    return edo_watch_changed_init(&self->recv.watch, self->rx);
}

static void watch_move(from_channel *self, void *item) {
    (void)self, (void)item;
}

static void watch_free(from_channel *self) {
    edo_watch_rx_free(self->rx);
}

/* A value that has become the newest since the wait ended counts as seen, too. */
static void watch_fetch(from_channel *self, void *item) {
    edo_watch_read_update(self->rx, item);
}

edo_seq *edo_seq_from_watch_changes(edo_watch_rx *rx) {
    static const kind watch = { watch_begin, watch_move, watch_free, watch_fetch };
    static const edo_seq_ops ops = { .poll_next = channel_poll,
                                     .leave = channel_leave,
                                     .drop = channel_drop,
                                     .name = "edo_seq_from_watch" };
    edo_seq *s = rx ? channel_new(&watch, rx, edoi_watch_elem_size(rx), &ops) : NULL;
    if (!s) edo_watch_rx_free(rx);
    return s;
}

edo_seq *edo_seq_from_watch(edo_watch_rx *rx) {
    if (rx) edo_watch_mark_changed(rx);
    return edo_seq_from_watch_changes(rx);
}
