/* SPDX-License-Identifier: MIT */
/* net/unix/connect.c: connects to a Unix listener. That is done at once, or its queue is full: then
 * the kernel leaves nothing behind that could report room, so the future naps and tries again. */
#include "net/unix/unix.h"

#include "records/handles.h"

#include <edo/task.h>

#include <errno.h>
#include <unistd.h>

#define NAP_MS_MAX 100u

/* Steps. While NAPPING, `nap` is alive. inv. 1: `own` is the length of the last nap in ms. */
enum { FRESH, NAPPING };

static edo_polled nap_now(edo_unix_connect_future *f) {
    uint32_t ms = f->base.own * 2; // inv. 1
    ms = ms == 0 ? 1 : ms < NAP_MS_MAX ? ms : NAP_MS_MAX;
    f->base.own = ms;
    (void)edo_sleep_init(&f->nap, edo_ms(ms));
    edo_future_next_step(&f->base, NAPPING);
    return EDO_PENDING;
}

static void close_kept(edo_unix_connect_future *f) {
    if (f->fd >= 0) (void)close(f->fd);
    f->fd = -1;
}

static edo_polled unix_connect_poll(edo_unix_connect_future *f, edo_cx *cx,
                                    const edo_stream_ops *kind) {
    edo_future *base = &f->base;
    for (;;) {
        if (edo_future_step(base) == NAPPING) {
            if (edo_poll(&f->nap.base, cx) == EDO_PENDING) return EDO_PENDING;
            int err = edo_result(&f->nap);
            edo_future_next_step(base, FRESH);
            if (err < 0) {
                close_kept(f);
                return edo_future_finish(base, err);
            }
            edo_budget_refund(cx);
        }
        if (!edo_budget_take(cx)) return EDO_PENDING;
        edo_stream *s = NULL;
        int err = edoi_unix_connect_once(&s, kind, f->path, f->opts, &f->fd);
        if (err == 0) *f->out = s;
        if (err != -EAGAIN) return edo_future_finish(base, err);
        edo_budget_refund(cx); // the nap takes its own
        (void)nap_now(f);
    }
}

static edo_polled stream_poll(edo_future *base, edo_cx *cx) {
    return unix_connect_poll((edo_unix_connect_future *)(void *)base, cx, &edoi_unix_ops);
}

static edo_polled seqpacket_poll(edo_future *base, edo_cx *cx) {
    return unix_connect_poll((edo_unix_connect_future *)(void *)base, cx, &edoi_unix_seqpacket_ops);
}

static void unix_connect_drop(edo_future *base) {
    edo_unix_connect_future *f = (edo_unix_connect_future *)(void *)base;
    if (edo_future_is_over(base)) return;
    if (edo_future_step(base) == NAPPING) edo_drop(&f->nap.base);
    close_kept(f);
    edo_future_retire(base);
}

static const edo_future_ops stream_ops = { .poll = stream_poll,
                                           .drop = unix_connect_drop,
                                           .name = "edo_unix_connect",
                                           .size = sizeof(edo_unix_connect_future) };
static const edo_future_ops seqpacket_ops = { .poll = seqpacket_poll,
                                              .drop = unix_connect_drop,
                                              .name = "edo_unix_seqpacket_connect",
                                              .size = sizeof(edo_unix_connect_future) };

static edo_future *unix_connect_init(edo_unix_connect_future *f, edo_stream **out, const char *path,
                                     const edo_unix_opts *opts, const edo_future_ops *ops) {
    f->out = out;
    f->path = path;
    f->opts = opts;
    f->fd = -1;
    return edo_future_init(&f->base, ops);
}

edo_future *edo_unix_connect_init(edo_unix_connect_future *f, edo_stream **out, const char *path,
                                  const edo_unix_opts *opts) {
    return unix_connect_init(f, out, path, opts, &stream_ops);
}

edo_future *edo_unix_seqpacket_connect_init(edo_unix_connect_future *f, edo_stream **out,
                                            const char *path, const edo_unix_opts *opts) {
    return unix_connect_init(f, out, path, opts, &seqpacket_ops);
}

int edo_unix_connect(edo_stream **out, const char *path, const edo_unix_opts *opts) {
    edo_unix_connect_future f;
    int err = edo_await(edo_unix_connect_init(&f, out, path, opts));
    if (err == 0) edoi_handle_made_by(EDOI_STREAM, *out, EDOI_CALLER());
    return err;
}

int edo_unix_seqpacket_connect(edo_stream **out, const char *path, const edo_unix_opts *opts) {
    edo_unix_connect_future f;
    int err = edo_await(edo_unix_seqpacket_connect_init(&f, out, path, opts));
    if (err == 0) edoi_handle_made_by(EDOI_STREAM, *out, EDOI_CALLER());
    return err;
}
