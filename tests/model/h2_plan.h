/* SPDX-License-Identifier: MIT */
/* h2_plan.h: what happens in a model of a connection of HTTP/2, the connection's task, by hand, and
 * its socket. */
#ifndef EDOI_MODEL_H2_PLAN_H
#define EDOI_MODEL_H2_PLAN_H

#include "model.h"

#include "http2/h2.h"

#define STREAMS_MAX 2u

/* ---- What a model is ------------------------------------------------------------------------- */

/* What the client sends. */
typedef enum event { NOTHING, REQUEST, RESET, ACK, LEAVES } event;

typedef enum handling { RETURNS, WAITS, UPGRADES } handling;

static struct {
    event script[6];
    uint32_t at_once; /* events that are there before the connection is polled */
    handling does;    /* what handlers do */
    bool is_shut;     /* the client's windows: no response leaves */
} plan;

static edo_atomic_u32 arrived; /* events that the connection may read */
static uint32_t taken;         /* events that it has read */
static edo_atomic_u32 rung;    /* the connection's task is to be polled */
static edo_atomic_u32 is_over; /* no further handler is started */
static edo_atomic_ptr given;   /* a tunnel that a handler has given away */
static edo_atomic_u32 records; /* that are there */
static bool is_idle;           /* the connection's task has told the server so */

/* ---- The connection's task ------------------------------------------------------------------- */

static edo_waker *task; // it ends with the task, so that a later wake is found

static void ring(void) {
    (void)edoi_swap_acqrel_u32(&rung, 1);
}

static edo_waker *waker_mark(edo_waker *w) {
    MODEL_CHECK(w->ops);
    ring();
    return NULL;
}

static void waker_nothing(edo_waker *w) {
    (void)w;
}

static const edo_waker_ops waker_ops = { waker_mark, waker_nothing, waker_nothing, waker_nothing };

static bool poll_conn(edoi_http_conn *c, uint32_t why) {
    edo_cx cx = { .waker = task, .budget = 100 };
    (void)edoi_swap_acqrel_u32(&rung, 0); // what rings from here on leads to one more poll
    return edoi_http2_server.poll(c, &cx, why) == EDO_READY;
}

static void await_ring(void) {
    while (!edoi_load_acq_u32(&rung)) MODEL_AROUND();
}

/* Polls until it has ended, each time when it was woken. */
static void poll_to_the_end(edoi_http_conn *c, uint32_t why) {
    while (!poll_conn(c, why)) {
        why = 0;
        await_ring();
    }
}

/* ---- The socket ------------------------------------------------------------------------------ */

static edo_polled socket_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                              size_t n, uint32_t flags, int *result) {
    (void)s, (void)cx, (void)wait, (void)to, (void)n, (void)flags;
    if (taken == edoi_load_acq_u32(&arrived)) return EDO_PENDING;
    *result = plan.script[taken] == LEAVES ? 0 : 1;
    return EDO_READY;
}

static edo_polled socket_shutdown(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    (void)s, (void)cx, (void)wait;
    *result = 0;
    return EDO_READY;
}

static void socket_unwait(edo_stream *s, edo_io_wait *wait) {
    (void)s, (void)wait;
}

static void socket_close(edo_stream *s) {
    (void)s;
}

static void socket_free(edo_stream *s) {
    free(s);
}

static const edo_stream_ops socket_ops = { .name = "socket",
                                           .poll_read = socket_read,
                                           .poll_shutdown = socket_shutdown,
                                           .unwait = socket_unwait,
                                           .close = socket_close,
                                           .free = socket_free };

#endif
