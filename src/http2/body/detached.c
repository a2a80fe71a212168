/* SPDX-License-Identifier: MIT */
/* http2/body/detached.c: what becomes of a stream whose handler has returned and left it to
 * functions (edo_upgrade_detach()): a state machine, which runs them in a fiber when there is
 * input, at the time that they have asked for, and when the server drains, as
 * http/server/machine.c does with a connection of HTTP/1.1. Between runs it has no stack. */
#include "http2/h2.h"

#include <errno.h>

#define RETRY_MS 10 /* after an attempt to start a run without memory */

/* What the state machine and the fiber of a run share; its order is that of the spawn and the
 * join. Counted by edo_rc. */
typedef struct h2_detached {
    edoi_h2_stream *s;
    const edo_detached_ops *ops;
    void *arg;
    uint32_t why;
    bool is_over;
    edo_instant at; /* when it wants to run */
} h2_detached;

typedef struct h2_detached_machine {
    edo_future base;
    h2_detached *d;
    edo_task *run; /* NULL: none runs */
    edo_io_wait input;
    edo_task_join_future join;    /* of `run` */
    edoi_h2_timer timer;          /* of `d->at` */
    edo_cancel_wait_future order; /* waits_for_order: of the server: a drain, then the end */
    uint32_t pending;             /* orders that came while a run went on */
    bool waits_for_order, is_told, was_ended;
} h2_detached_machine;

static h2_detached_machine *h2_detached_machine_of(edo_future *f) {
    return (h2_detached_machine *)(void *)f;
}

static void h2_detached_deinit(void *self) {
    h2_detached *d = self;
    d->ops->drop(d->arg);
    edo_close(&d->s->tunnel.stream);
}

static int h2_detached_run(void *arg) {
    h2_detached *d = arg;
    edo_instant now = edo_now(), at = { EDO_FOREVER_NS };
    int err = d->ops->run(d->arg, d->why, now, &at);
    d->at = at;
    d->is_over = err < 0 || d->why & EDO_DETACHED_END;
    edo_rc_unref(d);
    return 0;
}

/* Returns the orders of the server that are new: the drain comes first, then the end. */
static uint32_t h2_detached_orders(h2_detached_machine *m, edo_cx *cx) {
    const edoi_http_server *server = m->d->s->x.server;
    uint32_t why = 0;
    while (!m->was_ended) {
        if (!m->waits_for_order)
            (void)edo_cancel_wait_init(&m->order, m->is_told ? server->kill : server->hurry);
        m->waits_for_order = true;
        if (edo_poll(&m->order.base, cx) == EDO_PENDING) break;
        m->waits_for_order = false;
        why |= m->is_told ? EDO_DETACHED_END : EDO_DETACHED_DRAIN;
        m->was_ended = m->is_told;
        m->is_told = true;
    }
    return why;
}

/* Collects why there is something to do. */
static uint32_t h2_detached_why(h2_detached_machine *m, edo_cx *cx) {
    edo_stream *t = &m->d->s->tunnel.stream;
    uint32_t why = m->d->why | h2_detached_orders(m, cx);
    int result;
    if (t->ops->poll_ready(t, cx, &m->input, EDO_IO_READ, &result) == EDO_READY)
        why |= result < 0 ? EDO_DETACHED_END : EDO_DETACHED_INPUT;
    if (edoi_h2_timer_is_time(&m->timer, cx, m->d->at)) why |= EDO_DETACHED_TIME;
    return why;
}

/* Starts a run. Without memory it is tried again a little later. */
static void h2_detached_start(h2_detached_machine *m, uint32_t why, edo_cx *cx) {
    m->d->s->tunnel.stream.ops->unwait(&m->d->s->tunnel.stream, &m->input);
    m->d->why = why;
    m->run = edo_spawn_at(h2_detached_run, edo_rc_ref(m->d), "edo_http2_detached");
    if (m->run) {
        (void)edo_task_wait_init(&m->join, m->run);
        return;
    }
    edo_rc_unref(m->d);
    m->d->at = edo_instant_add(edo_now(), edo_ms(RETRY_MS));
    (void)edoi_h2_timer_is_time(&m->timer, cx, m->d->at);
}

/* Polls a run. Returns whether it has ended. */
static bool h2_detached_poll_run(h2_detached_machine *m, edo_cx *cx) {
    uint32_t ordered = h2_detached_orders(m, cx);
    if (ordered & EDO_DETACHED_END) edo_task_cancel(m->run);
    if (edo_poll(&m->join.base, cx) == EDO_PENDING) {
        m->pending |= ordered;
        return false;
    }
    edo_task_unref(m->run);
    m->run = NULL;
    m->d->why = ordered | m->pending;
    m->pending = 0;
    return true;
}

static void h2_detached_release(h2_detached_machine *m) {
    edoi_h2_timer_drop(&m->timer);
    if (m->waits_for_order) edo_drop(&m->order.base);
    m->d->s->tunnel.stream.ops->unwait(&m->d->s->tunnel.stream, &m->input);
    edo_rc_unref(m->d);
}

static edo_polled h2_detached_poll(edo_future *f, edo_cx *cx) {
    h2_detached_machine *m = h2_detached_machine_of(f);
    for (;;) {
        if (m->run && !h2_detached_poll_run(m, cx)) return EDO_PENDING;
        if (m->d->is_over) break;
        uint32_t why = h2_detached_why(m, cx);
        if (why == 0) return EDO_PENDING;
        h2_detached_start(m, why, cx);
        if (!m->run) return EDO_PENDING;
    }
    h2_detached_release(m);
    return edo_future_finish(f, 0);
}

/* Called when the runtime shuts down. */
static void h2_detached_drop(edo_future *f) {
    if (edo_future_is_over(f)) return;
    h2_detached_machine *m = h2_detached_machine_of(f);
    if (m->run) {
        edo_drop(&m->join.base);
        edo_task_cancel(m->run);
        edo_task_unref(m->run);
    }
    h2_detached_release(m);
    edo_future_retire(f);
}

static const edo_future_ops h2_detached_ops = { .poll = h2_detached_poll,
                                                .drop = h2_detached_drop,
                                                .name = "edo_http2_detached",
                                                .size = sizeof(h2_detached_machine) };

int edoi_h2_detach(edoi_http_exchange *x, const edo_detached_ops *ops, void *arg) {
    if (!x->upgraded || x->detached.ops) return -EINVAL;
    x->detached = (edoi_http_detached){ ops, arg };
    return 0;
}

void edoi_h2_start_detached(edoi_h2_stream *s) {
    const edoi_http_detached *from = &s->x.detached;
    if (!from->ops) return;
    h2_detached *d = edo_rc_new(sizeof *d, h2_detached_deinit);
    if (!d) {
        from->ops->drop(from->arg);
        edo_close(&s->tunnel.stream);
        return;
    }
    *d = (h2_detached){ .s = s, .ops = from->ops, .arg = from->arg, .why = EDO_DETACHED_BEGIN };
    d->at = (edo_instant){ EDO_FOREVER_NS };
    h2_detached_machine m = { .d = d };
    edo_future *f = edo_future_init(&m.base, &h2_detached_ops);
    if (edo_spawn_future_detached_with(f, &(edo_spawn_opts){ .name = "edo_http2_detached" }) < 0)
        edo_drop(f);
}
