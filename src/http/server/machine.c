/* SPDX-License-Identifier: MIT */
/* http/server/machine.c: see conn.h. */
#include "http/server/conn.h"

#include "base/assert.h"
#include "http/server/count.h"
#include "http/server/h1/half.h"
#include "http/server/h1/origin.h"
#include "http/server/http2.h"
#include "time/random.h"

#include <errno.h>

#define RETRY_MS 10 /* after an attempt to start a burst without memory */

/* The states. IDLE waits for input; HALF for the rest of a head; HTTP2 leaves all to libedo-http2;
 * YIELDED has let the burst run once; LONG waits for the end of a burst. */
enum { START, IDLE, HALF, HTTP2, SPAWNED, YIELDED, LONG };

typedef enum verdict { WAIT, GO_ON, END } verdict;

typedef struct conn_machine {
    edo_future base;
    edoi_http_conn *conn;
    edo_task *burst; /* NULL: no burst runs */
    union {
        edo_io_wait input;         /* IDLE, HALF */
        edo_task_join_future join; /* otherwise */
    };
    union {
        edo_sleep_future limit;   /* if limit_is_set: until the connection may have been idle for
                                     too long; `gone` needs its memory */
        edo_io_ready_future gone; /* LONG, if `watches`: the end of the input, behind bytes that are
                                     unread */
    };
    edo_instant limit_at;         /* limit_is_set: when `limit` fires */
    edo_cancel_wait_future order; /* LONG: the end of handlers; if waits_for_order: the next one of
                                     the server, a drain or the end */
    bool limit_is_set;
    bool watches;
    bool waits_for_order; /* HALF, and detached, through all bursts */

    /* What only a detached connection has. */
    bool is_detached;
    bool is_told; /* the connection knows that the server drains */
    uint8_t why;  /* the reason why it has to run */
} conn_machine;

_Static_assert(sizeof(conn_machine) <= 208 || sizeof(void *) != 8,
               "with the head of its task 256 bytes, of which each idle connection has as many");

static conn_machine *machine_of(edo_future *f) {
    return (conn_machine *)(void *)f;
}

/* ---- Idle ------------------------------------------------------------------------------------ */

static void begin_idle(conn_machine *m) {
    edoi_http_count_conn(m->conn, EDOI_HTTP_COUNTED_IDLE);
    m->input = (edo_io_wait){ 0 };
    edo_future_next_step(&m->base, IDLE);
}

static void conn_machine_end_input(conn_machine *m) {
    m->conn->stream->ops->unwait(m->conn->stream, &m->input);
}

/* Polls for input, or its end (a code in `*result`). Returns false if there is none: the task is
 * woken when there is. As edo_io_ready(), but without a reference to the stream: the connection has
 * one. */
static bool conn_machine_poll_input(conn_machine *m, edo_cx *cx, int *result) {
    edo_stream *s = m->conn->stream;
    *result = -ENOTSUP;
    if (!s->ops->poll_ready) return true;
    if (!edo_budget_take(cx)) return false;
    if (s->ops->poll_ready(s, cx, &m->input, EDO_IO_READ, result) == EDO_READY) return true;
    edo_budget_refund(cx);
    return false;
}

static void drop_limit(conn_machine *m) {
    if (m->limit_is_set) edo_drop(&m->limit.base);
    m->limit_is_set = false;
}

/* Sets the timer, unless it fires before `at` anyway. */
static void conn_machine_set_limit(conn_machine *m, edo_instant at) {
    if (m->limit_is_set && m->limit_at.ns > at.ns) drop_limit(m);
    if (m->limit_is_set) return;
    (void)edo_sleep_at_init(&m->limit, at);
    m->limit_at = at;
    m->limit_is_set = true;
}

/* Returns whether the connection has been idle for too long; if not, the task is woken when it may
 * have been. The timer stays set while requests are served at once, and is set again only when it
 * fires. */
static bool idle_is_over(conn_machine *m, edo_cx *cx) {
    edo_duration limit = m->conn->server->opts.idle_timeout;
    if (limit.ns == EDO_FOREVER_NS) return false;
    for (;;) {
        edo_instant idle_at = { (int64_t)edoi_load_rlx_u64(&m->conn->idle_ns) };
        edo_instant end = edo_instant_add(idle_at, limit);
        conn_machine_set_limit(m, end);
        if (edo_poll(&m->limit.base, cx) == EDO_PENDING) return false;
        m->limit_is_set = false;
        if (edo_instant_since(edo_now(), end).ns >= 0) return true;
    }
}

/* Makes the connection BUSY. Returns false if a drain has taken it to close it. */
static bool leave_idle(edoi_http_conn *c) {
    uint16_t phase = edoi_http_conn_is_detached(c) ? EDOI_HTTP_DETACHED : EDOI_HTTP_IDLE;
    return edoi_cas_seq_u16(&c->phase, &phase, EDOI_HTTP_BUSY); // HS1: pairs with HS2
}

/* Makes the connection IDLE. Returns false if a drain closes idle connections and may have missed
 * this one. A connection whose request has arrived stays, as it does when the drain looks. Empty
 * lines do not make its time longer. */
static bool enter_idle(edoi_http_conn *c) {
    if (EDOI_LIKELY(!c->served_none)) edoi_store_rlx_u64(&c->idle_ns, (uint64_t)edo_now().ns);
    edoi_store_seq_u16(&c->phase, EDOI_HTTP_IDLE); // HS3: pairs with HS4
    return !edoi_http_server_ends_idle(c->server) || edoi_http_has_input(c);
}

void edoi_http_conn_check(const edoi_http_conn *c) {
    uint32_t phase = edoi_load_rlx_u16(&c->phase), watch = edoi_load_rlx_u16(&c->watch);
    EDO_INV("conn inv. 2", c->server && c->stream && phase <= EDOI_HTTP_DRAINED);
    EDO_INV("conn inv. 3", edoi_load_rlx_u32(&c->refs) > 0);
    EDO_INV("conn inv. 4", c->has_half == (edoi_http_half_of(c) != NULL));
    EDO_INV("conn inv. 4", !c->has_half || c->version <= EDOI_HTTP_CONN_1);
    EDO_INV("conn inv. 4", !edoi_http_conn_is_detached(c) || c->detached.ops);
    EDO_INV("conn inv. 5", edoi_load_rlx_u32(&c->lease.state) == EDOI_OUTPUT_OURS);
    EDO_INV("conn inv. 5", watch != EDOI_HTTP_WATCHED);
}

/* ---- A burst --------------------------------------------------------------------------------- */

/* Adds a reference for the burst. A BUSY connection has one reference, that of the state machine,
 * and no other thread takes one: so no read-modify-write is needed. Relaxed: the spawn orders. */
static void ref_for_burst(edoi_http_conn *c) {
    if (EDOI_LIKELY(edoi_load_rlx_u16(&c->phase) == EDOI_HTTP_BUSY)) {
        edoi_store_rlx_u32(&c->refs, 2);
    } else {
        edoi_add_rlx_u32(&c->refs, 1);
    }
}

static bool start_burst(conn_machine *m) {
    EDO_INV("conn inv. 1", !m->burst);
    edoi_http_count_conn(m->conn, EDOI_HTTP_COUNTED_ACTIVE);
    ref_for_burst(m->conn);
    edoi_http_lease_begin(&m->conn->lease); // before the spawn, since a later poll sets it
    edo_task_fn *burst = edoi_http_burst;
    if (EDOI_UNLIKELY(edoi_http_conn_is_detached(m->conn))) burst = edoi_http_detached_burst;
    if (EDOI_UNLIKELY(m->conn->awaits_tls)) burst = edoi_http_handshake;
    if (EDOI_UNLIKELY(m->conn->closing)) burst = edoi_http_leaving;
    m->burst = edo_spawn_at(burst, m->conn, "edo_http_burst");
    if (!m->burst) {
        edoi_http_conn_unref(m->conn);
        return false;
    }
    (void)edo_task_wait_init(&m->join, m->burst);
    edo_future_next_step(&m->base, SPAWNED);
    return true;
}

static void begin_watch(conn_machine *m) {
    edoi_http_server *server = m->conn->server;
    (void)edo_cancel_wait_init(&m->order, server->kill);
    m->watches =
        !server->opts.half_close && !m->conn->awaits_tls; // a handshake replaces the stream
    if (m->watches) {
        drop_limit(m);
        (void)edo_io_ready_init(&m->gone, m->conn->stream, EDO_IO_READ_CLOSED);
    }
    edo_future_next_step(&m->base, LONG);
}

/* Does the end of the client's input, or of its connection, end a handler? */
static bool ends_handler(edoi_http_conn *c) {
    uint16_t seen = edoi_load_rlx_u16(&c->watch), next;
    do {
        if (seen == EDOI_HTTP_LEFT) return false; // the burst knows of it, by an earlier watch
        next = seen == EDOI_HTTP_WATCHED ? EDOI_HTTP_LEFT : EDOI_HTTP_ENDED;
    } while (!edoi_cas_rlx_u16(&c->watch, &seen, next));
    return next == EDOI_HTTP_LEFT;
}

/* Has the client left, or does the server end its handlers? */
static bool is_forsaken(conn_machine *m, edo_cx *cx) {
    if (edo_future_is_over(&m->order.base)) return false; // it was told before
    if (edo_poll(&m->order.base, cx) == EDO_READY) return true;
    if (!m->watches || edo_poll(&m->gone.base, cx) == EDO_PENDING) return false;
    m->watches = false;
    return edo_result(&m->gone) != -ENOTSUP && ends_handler(m->conn);
}

static void end_watch(conn_machine *m) {
    edo_drop(&m->order.base);
    if (m->watches) edo_drop(&m->gone.base);
    m->watches = false;
}

/* ---- Detached -------------------------------------------------------------------------------- */

/* Polls `order` for the next order, unless it waits for one that has not come. */
static EDOI_NOINLINE void poll_orders_slowly(conn_machine *m, edo_cx *cx) {
    const edoi_http_server *server = m->conn->server;
    while (!(m->why & EDO_DETACHED_END)) {
        edo_cancel_token *order = m->is_told ? server->kill : server->hurry;
        if (m->waits_for_order && !edo_cancel_is_set(order)) return;
        if (!m->waits_for_order) (void)edo_cancel_wait_init(&m->order, order);
        m->waits_for_order = true;
        if (edo_poll(&m->order.base, cx) == EDO_PENDING) return;
        m->waits_for_order = false;
        m->why |= m->is_told ? EDO_DETACHED_END : EDO_DETACHED_DRAIN;
        m->is_told = true;
    }
}

/* Looks for an order of the server: the drain comes first, then the end. */
EDOI_INLINE void poll_orders(conn_machine *m, edo_cx *cx) {
    if (!m->waits_for_order || edoi_http_server_drains(m->conn->server)) poll_orders_slowly(m, cx);
}

static bool conn_machine_is_time(conn_machine *m, edo_cx *cx) {
    edo_instant at = m->conn->runs_at;
    while (at.ns != EDO_FOREVER_NS) {
        conn_machine_set_limit(m, at);
        if (edo_poll(&m->limit.base, cx) == EDO_PENDING) return false;
        m->limit_is_set = false;
        if (edo_instant_since(edo_now(), at).ns >= 0) return true;
    }
    return false;
}

/* Had the time that the connection asked for come when it last ran? For a connection that runs in
 * any case: input without an end does not hide the time. */
static bool was_time(const edoi_http_conn *c) {
    return (int64_t)edoi_load_rlx_u64(&c->idle_ns) >= c->runs_at.ns;
}

/* Waits for RETRY_MS before it tries again to start a burst, since there was no memory for one. */
static verdict try_later(conn_machine *m, edo_cx *cx) {
    m->why |= m->conn->why;
    if (!(m->why & EDO_DETACHED_END))
        edoi_store_rel_u16(&m->conn->phase, EDOI_HTTP_DETACHED); // HS6: pairs with HS2 and HS7
    m->conn->runs_at = edo_instant_add(edo_now(), edo_ms(RETRY_MS));
    if (conn_machine_is_time(m, cx)) edo_cx_wake(cx);
    return WAIT;
}

static verdict poll_detached(conn_machine *m, edo_cx *cx) {
    int result;
    if (!(m->why & EDO_DETACHED_INPUT) && conn_machine_poll_input(m, cx, &result))
        m->why |= result < 0 ? EDO_DETACHED_END : EDO_DETACHED_INPUT;
    poll_orders(m, cx);
    if (m->why == 0 ? conn_machine_is_time(m, cx) : was_time(m->conn)) m->why |= EDO_DETACHED_TIME;
    if (m->why == 0) return WAIT;
    conn_machine_end_input(m);
    if (!leave_idle(m->conn)) m->why |= EDO_DETACHED_END;
    m->conn->why = m->why;
    m->why &= EDO_DETACHED_END;
    return start_burst(m) ? GO_ON : try_later(m, cx);
}

/* Has the server just ordered the end, while a burst runs? */
static bool is_burst_forsaken(conn_machine *m, edo_cx *cx) {
    bool was_ordered = m->why & EDO_DETACHED_END;
    poll_orders(m, cx);
    return !was_ordered && (m->why & EDO_DETACHED_END);
}

/* Goes on after a burst: the one that has detached the connection, or a later one. */
static verdict go_on_detached(conn_machine *m) {
    if (!m->is_detached) m->why = EDO_DETACHED_BEGIN;
    m->is_detached = true;
    edoi_store_rel_u16(&m->conn->phase, EDOI_HTTP_DETACHED); // HS6: pairs with HS2 and HS7
    begin_idle(m);
    return GO_ON;
}

/* ---- Half a head ----------------------------------------------------------------------------- */

static verdict begin_half(conn_machine *m) {
    m->input = (edo_io_wait){ 0 };
    edo_future_next_step(&m->base, HALF);
    return GO_ON;
}

/* Leaves the rest of a head a second if a drain begins. Returns whether the server ends what is
 * left. */
static bool poll_orders_of_half(conn_machine *m, edoi_http_half *h, edo_cx *cx) {
    const edoi_http_server *server = m->conn->server;
    for (;;) {
        if (!m->waits_for_order)
            (void)edo_cancel_wait_init(&m->order, h->hurried ? server->kill : server->hurry);
        m->waits_for_order = true;
        if (edo_poll(&m->order.base, cx) == EDO_PENDING) return false;
        m->waits_for_order = false;
        if (h->hurried) return true;
        edoi_http_half_hurry(h, edo_now());
    }
}

static bool half_is_over(conn_machine *m, const edoi_http_half *h, edo_cx *cx) {
    while (h->end.ns != EDO_FOREVER_NS) {
        conn_machine_set_limit(m, h->end);
        if (edo_poll(&m->limit.base, cx) == EDO_PENDING) return false;
        m->limit_is_set = false;
        if (edo_now().ns >= h->end.ns) return true;
    }
    return false;
}

/* Waits for the rest of a head. The next burst reads on, or refuses the head if it is too late. */
static verdict poll_half(conn_machine *m, edo_cx *cx) {
    edoi_http_half *h = edoi_http_half_of(m->conn);
    int result;
    bool is_killed = poll_orders_of_half(m, h, cx);
    if (!is_killed && !conn_machine_poll_input(m, cx, &result) && !half_is_over(m, h, cx))
        return WAIT;
    conn_machine_end_input(m);
    if (m->waits_for_order) edo_drop(&m->order.base);
    m->waits_for_order = false;
    return !is_killed && start_burst(m) ? GO_ON : END;
}

/* ---- HTTP/2 ---------------------------------------------------------------------------------- */

static verdict begin_http2(conn_machine *m) {
    drop_limit(m);
    edoi_http_conn_begin_idle(m->conn);
    edo_future_next_step(&m->base, HTTP2);
    return GO_ON;
}

/* Starts the burst that waits until the client has taken all, if it has not. */
static bool leave_http2(conn_machine *m) {
    if (!edoi_http_is_untaken(m->conn) || !edoi_http_conn_begin_leave(m->conn)) return false;
    m->conn->closing = true;
    m->is_detached = true; // `order` is waited for, and nothing has to be watched
    return start_burst(m);
}

static verdict poll_http2(conn_machine *m, edo_cx *cx) {
    poll_orders(m, cx);
    uint32_t why = m->why;
    m->why &= EDO_DETACHED_END;
    if (edoi_http2_server.poll(m->conn, cx, why) == EDO_PENDING) return WAIT;
    return leave_http2(m) ? GO_ON : END;
}

/* ---- The state machine ----------------------------------------------------------------------- */

static verdict conn_machine_start(conn_machine *m) {
    if (m->conn->awaits_tls) return start_burst(m) ? GO_ON : END;
    if (!enter_idle(m->conn)) return END;
    begin_idle(m);
    return GO_ON;
}

static verdict poll_idle(conn_machine *m, edo_cx *cx) {
    if (m->is_detached) return poll_detached(m, cx);
    int result = 0;
    bool is_told = conn_machine_poll_input(m, cx, &result);
    if (!is_told && !idle_is_over(m, cx)) return WAIT;
    conn_machine_end_input(m);
    m->conn->closing = !is_told && edoi_http_is_untaken(m->conn);
    bool has_burst = m->conn->closing || (is_told && result > 0);
    return has_burst && leave_idle(m->conn) && start_burst(m) ? GO_ON : END;
}

static verdict wait_for_burst(conn_machine *m, edo_cx *cx, uint32_t step) {
    if (m->is_detached) {
        if (is_burst_forsaken(m, cx)) edo_task_cancel(m->burst);
        return WAIT;
    }
    if (step == YIELDED) {
        edoi_output_flush_lent(&m->conn->lease);
        begin_watch(m);
    }
    if (is_forsaken(m, cx)) edo_task_cancel(m->burst);
    return WAIT;
}

/* Lets the burst run once before it waits for its end: most bursts end in their first run, and then
 * the wake is spared, and nothing has to be watched. */
static verdict yield_to_burst(conn_machine *m, edo_cx *cx) {
    edo_cx_wake(cx);
    edo_future_next_step(&m->base, YIELDED);
    return WAIT;
}

static verdict poll_burst(conn_machine *m, edo_cx *cx, uint32_t step) {
    if (step == SPAWNED) return yield_to_burst(m, cx);
    if (edo_poll(&m->join.base, cx) == EDO_PENDING) return wait_for_burst(m, cx, step);
    if (step == LONG) end_watch(m);
    edo_task_unref(m->burst);
    m->burst = NULL;
    m->conn->awaits_tls = false;
    EDO_CHECK(edoi_http_conn_check(m->conn));
    if (m->conn->closing) return END;
    if (edoi_http_conn_is_detached(m->conn)) return go_on_detached(m);
    if (edoi_http_conn_is_http2(m->conn)) return begin_http2(m);
    if (m->conn->has_half) return begin_half(m);
    if (!enter_idle(m->conn)) return END;
    begin_idle(m);
    return GO_ON;
}

static void conn_machine_release(conn_machine *m) {
    drop_limit(m);
    if (m->waits_for_order) edo_drop(&m->order.base);
    edoi_http_count_conn(m->conn, EDOI_HTTP_COUNTED_NOT);
    edoi_http_server_forget(m->conn->server, m->conn);
    edoi_http_conn_unref(m->conn);
}

static edo_polled machine_poll(edo_future *f, edo_cx *cx) {
    conn_machine *m = machine_of(f);
    verdict found;
    do {
        uint32_t step = edo_future_step(f);
        if (step == START) {
            found = conn_machine_start(m);
        } else if (step == IDLE) {
            found = poll_idle(m, cx);
        } else if (step == HALF) {
            found = poll_half(m, cx);
        } else if (step == HTTP2) {
            found = poll_http2(m, cx);
        } else {
            found = poll_burst(m, cx, step);
        }
    } while (found == GO_ON);
    if (found == WAIT) return EDO_PENDING;
    conn_machine_release(m);
    return edo_future_finish(f, 0);
}

/* Called when the runtime shuts down. */
static void machine_drop(edo_future *f) {
    if (edo_future_is_over(f)) return;
    conn_machine *m = machine_of(f);
    uint32_t step = edo_future_step(f);
    if (step == IDLE || step == HALF) conn_machine_end_input(m);
    if (step == HTTP2) {
        edoi_http2_server.drop(m->conn);
        edo_cancel(m->conn->server->kill, EDO_CANCEL_SHUTDOWN); // also for shielded handlers
    }
    if (step > HTTP2) {
        if (step == LONG) end_watch(m);
        edo_drop(&m->join.base);
        edo_task_cancel(m->burst);
        edo_task_unref(m->burst);
        edo_cancel(m->conn->server->kill, EDO_CANCEL_SHUTDOWN); // also for shielded handlers
    }
    conn_machine_release(m);
    edo_future_retire(f);
}

static const edo_future_ops machine_ops = { .poll = machine_poll,
                                            .drop = machine_drop,
                                            .name = "edo_http_conn",
                                            .size = sizeof(conn_machine) };

/* ---- The connection -------------------------------------------------------------------------- */

/* Returns the end of the connection's age: `age_max`, less or more by up to a tenth, so that
 * connections that were made together do not end together. */
static edo_instant end_of_age(edo_duration age_max) {
    edo_instant now = edo_now();
    if (age_max.ns == EDO_FOREVER_NS) return (edo_instant){ EDO_FOREVER_NS };
    uint64_t random = edoi_random();
    int64_t tenth = age_max.ns / 10;
    int64_t shift = edoi_random_to(&random, 2 * tenth) - tenth;
    return edo_instant_add(edo_instant_add(now, age_max), edo_ns(shift));
}

/* Counts the connection for its address, if there is a limit and it has one. */
static int count_address(edoi_http_server *server, edo_stream *stream, edo_keyed_permit **out) {
    char bytes[EDO_ADDR_KEY_BYTES];
    edo_addr peer;
    *out = NULL;
    if (!server->addresses || edo_stream_peer_addr(stream, &peer) < 0) return 0;
    edo_str key = edo_addr_key(&peer, bytes);
    if (bytes[0] == 0) return 0; // a Unix socket has none
    int err = edo_keyed_sem_try_acquire(server->addresses, out, key);
    return err == -EAGAIN ? -EUSERS : err;
}

int edoi_http_conn_start(edoi_http_server *server, edo_stream *stream) {
    edo_keyed_permit *address;
    int err = count_address(server, stream, &address);
    edoi_http_conn *c = err == 0 ? edo_slab_get(server->conns) : NULL;
    if (!c) {
        edo_keyed_sem_release(server->addresses, address);
        edo_close(stream);
        return err == 0 ? -ENOMEM : err;
    }
    *c = (edoi_http_conn){ .server = edo_rc_ref(server),
                           .stream = stream,
                           .address = address,
                           .refs = EDOI_ATOMIC_INIT(1),
                           .phase = EDOI_ATOMIC_INIT(EDOI_HTTP_BUSY) };
    if (!edoi_http2_is_on(server)) c->version = EDOI_HTTP_CONN_1;
    c->awaits_tls = server->opts.tls != NULL;
    c->ends_at = end_of_age(server->opts.age_max);
    if (server->opts.proxy != EDO_HTTP_PROXY_OFF) c->origin = EDOI_HTTP_ORIGIN_UNASKED;
    conn_machine m = { .conn = c };
    edoi_http_server_add(server, c);
    edo_future *f = edo_future_init(&m.base, &machine_ops);
    if (edo_spawn_future_detached_with(f, &(edo_spawn_opts){ .name = "edo_http_conn" }) < 0)
        edo_drop(f); // gives the place back
    return 0;
}
