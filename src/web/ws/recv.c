/* SPDX-License-Identifier: MIT */
/* web/ws/recv.c: receives that wait. A receive (in/receive.c) returns where it would have to wait,
 * and the socket notes for what; a future waits for that, and goes on. A fiber receives at once,
 * and awaits a future only where it has to wait. */
#include "base/assert.h"
#include "net/tcp/taken.h"
#include "web/ws/waiting.h"

#include <edo/task.h>

#include <errno.h>

enum { START, RUNNING, INPUT, LOCK };

static edo_ws_recv_future *recv_of(edo_future *f) {
    return (edo_ws_recv_future *)(void *)f;
}

/* ---- What the reader asks -------------------------------------------------------------------- */

static bool drains(const edoi_ws_waiting *w) {
    return !w->ws.reader.is_closing && w->drain && edo_cancel_is_set(w->drain);
}

static bool ws_waiting_is_silent(const edoi_ws_waiting *w) {
    edo_duration most = edoi_ws_silence_max(&w->ws, w->was_pinged);
    return most.ns >= 0 && w->silent_ns >= most.ns;
}

/* Pings a silent peer, or looks whether one that was pinged takes what was sent before the ping.
 * Returns 0, or a code, -ETIMEDOUT if it does not. */
static int recv_ask_for_life(edoi_ws_waiting *w) {
    edo_ws *ws = &w->ws;
    if (!w->was_pinged) {
        int err = edoi_ws_send_control(ws, EDOI_WS_PING, EDO_STR(""));
        if (err < 0 && err != -EDO_ECLOSED) return err;
        w->was_pinged = true;
        w->ping_mark = edoi_tcp_mark(ws->stream);
    } else if (!edoi_tcp_takes(ws->stream, &w->ping_mark)) {
        return -ETIMEDOUT;
    }
    w->silent_ns = 0;
    return 0;
}

/* Called when nothing is there to read. Returns -EAGAIN, or a code if it was waited for too long,
 * or the server drains. Pings a silent peer. */
static int recv_await_input(edo_ws *ws) {
    edoi_ws_waiting *w = edoi_ws_waiting_of(ws);
    if (drains(w)) return -EDO_ECLOSED;
    if (edoi_ws_time_left(ws) < 0) return -ETIMEDOUT;
    if (EDOI_UNLIKELY(ws_waiting_is_silent(w))) {
        int err = recv_ask_for_life(w);
        if (err < 0) return err;
    }
    w->needs = EDOI_WS_NEEDS_INPUT;
    return -EAGAIN;
}

/* Looks whether the receive may read: a peer that sends without a pause does not hide the drain.
 * The wait comes before memory for input is taken. */
static int recv_may_read(edo_ws *ws, bool is_idle) {
    edoi_ws_waiting *w = edoi_ws_waiting_of(ws);
    bool goes_on = w->has_input || !is_idle;
    w->has_input = false;
    if (drains(w)) return -EDO_ECLOSED;
    if (goes_on) return 0;
    if (ws->reader.in) edoi_ws_give_back(ws);
    return recv_await_input(ws);
}

static void recv_has_read(edo_ws *ws, int n, size_t room) {
    edoi_ws_waiting *w = edoi_ws_waiting_of(ws);
    (void)room;
    if (n <= 0) return;
    w->was_pinged = false;
    w->silent_ns = 0;
}

static int recv_await_lock(edo_ws *ws) {
    edoi_ws_waiting *w = edoi_ws_waiting_of(ws);
    bool has_lock = w->has_lock;
    w->has_lock = false;
    w->needs = EDOI_WS_NEEDS_LOCK;
    return has_lock ? 0 : -EAGAIN;
}

/* Releases `sending` if a wait has taken it in vain. */
static void leave_lock(edo_ws *ws) {
    edoi_ws_waiting *w = edoi_ws_waiting_of(ws);
    if (EDOI_LIKELY(!w->has_lock)) return;
    w->has_lock = false;
    edo_mutex_unlock(&ws->writer.sending);
}

static const char *recv_protocol(const edo_ws *ws) {
    return ((const edoi_ws_waiting *)(const void *)ws)->protocol;
}

static const edoi_ws_driver driver = { .may_read = recv_may_read,
                                       .has_read = recv_has_read,
                                       .await_input = recv_await_input,
                                       .await_lock = recv_await_lock,
                                       .shutdown = edoi_ws_shut,
                                       .protocol = recv_protocol };

bool edoi_ws_is_waiting(const edo_ws *ws) {
    return ws->driver == &driver;
}

static void waiting_deinit(void *self) {
    edoi_ws_waiting *w = self;
    (void)EDO_MISUSE(w->is_owned, "a reference of a WebSocket is given back that was not taken");
    edoi_ws_deinit(&w->ws);
}

edo_ws *edoi_ws_waiting_new(const edo_ws_opts *opts, edo_cancel_token *drain) {
    edoi_ws_waiting *w = edo_rc_new(sizeof *w, waiting_deinit);
    if (!w) return NULL;
    *w = (edoi_ws_waiting){ .drain = drain, .opts = *opts };
    edoi_ws_init(&w->ws, &driver, &w->opts);
    return &w->ws;
}

/* ---- Receiving ------------------------------------------------------------------------------- */

/* Looks whether a receive may begin. recv_leave() ends it. */
static int ws_enter(edo_ws *ws) {
    if (ws->reader.code != 0) return -EDO_ECLOSED;
    edoi_ws_waiting *w = edoi_ws_waiting_of(ws);
    if (EDO_MISUSE(!edoi_ws_is_waiting(ws),
                   "a socket of an edo_ws_handler gives its messages to on_message") ||
        EDO_MISUSE(edoi_load_rlx_u16(&w->is_receiving), "two tasks receive from one WebSocket"))
        return -EDO_EMISUSE;
    edoi_store_rlx_u16(&w->is_receiving, 1); // relaxed: it orders nothing
    return 0;
}

/* A receive by a fiber ends before it has begun, and takes from the budget all the same. */
static int ws_refuse(int why) {
    int err = edo_budget_consume();
    return err < 0 ? err : why;
}

static int recv_leave(edo_ws *ws, int result) {
    EDO_CHECK(edoi_ws_check_received(ws));
    edoi_store_rlx_u16(&edoi_ws_waiting_of(ws)->is_receiving, 0); // relaxed: it orders nothing
    return result;
}

/* Has a message come behind our close, which another task has sent? While that close is queued the
 * peer has time to read; then it must close, and no further message is kept. */
static bool is_behind_close(edo_ws *ws) {
    if (EDOI_LIKELY(!edoi_ws_is_after_close(ws))) return false;
    // relaxed: soon enough
    if (edoi_load_rlx_u16(&ws->writer.close_sent) == EDOI_WS_CLOSE_WRITTEN)
        ws->reader.is_closing = true;
    return true;
}

static int receive_open(edo_ws *ws, edo_cx *cx, edo_ws_message *m) {
    bool is_last;
    int err;
    do
        err = ws->reader.is_closing ? edoi_ws_receive_piece(ws, cx, m, &is_last)
                                    : edoi_ws_receive(ws, cx, m);
    while (err == 0 && is_behind_close(ws));
    leave_lock(ws);
    return err;
}

/* ---- Waiting --------------------------------------------------------------------------------- */

/* Returns how long the wait may take: until the peer was silent, or took for a message, too long;
 * negative: for ever. */
static edo_duration wait_max(const edoi_ws_waiting *w) {
    edo_duration limit = edoi_ws_silence_max(&w->ws, w->was_pinged);
    if (limit.ns >= 0) limit.ns = limit.ns > w->silent_ns ? limit.ns - w->silent_ns : 1;
    int64_t left_ns = edoi_ws_time_left(&w->ws);
    if (left_ns == EDO_FOREVER_NS || (limit.ns >= 0 && limit.ns <= left_ns)) return limit;
    return (edo_duration){ left_ns < 0 ? 1 : left_ns + 1 };
}

static void begin_input(edo_ws_recv_future *f) {
    edoi_ws_waiting *w = edoi_ws_waiting_of(f->ws);
    edo_duration most = wait_max(w);
    f->input = (edo_io_wait){ 0 };
    f->begun_at = edo_now();
    edoi_ws_begin_wait(f->ws);
    f->is_limited = most.ns >= 0;
    if (f->is_limited) (void)edo_sleep_at_init(&f->limit, edo_instant_add(f->begun_at, most));
    f->has_drain = !w->ws.reader.is_closing && w->drain;
    if (f->has_drain) (void)edo_cancel_wait_init(&f->drain, w->drain);
    edo_future_next_step(&f->base, INPUT);
}

/* Ends the wait for input. A receive that is cut short and called again goes on with the same
 * silence. */
static void ws_recv_end_input(edo_ws_recv_future *f) {
    edo_ws *ws = f->ws;
    edo_instant now = edo_now();
    ws->stream->ops->unwait(ws->stream, &f->input);
    if (f->has_drain) edo_drop(&f->drain.base);
    if (f->is_limited) edo_drop(&f->limit.base);
    edoi_ws_waiting_of(ws)->silent_ns += edo_instant_since(now, f->begun_at).ns;
    edoi_ws_end_wait(ws, now);
    edo_future_next_step(&f->base, RUNNING);
}

/* Polls the wait for input. Returns false while it is pending; else `*err` has a code if nothing
 * can be waited for. */
static bool ws_recv_poll_input(edo_ws_recv_future *f, edo_cx *cx, int *err) {
    edo_stream *s = f->ws->stream;
    int result = -ENOTSUP;
    if (s->ops->poll_ready) {
        if (!edo_budget_take(cx)) return false;
        edo_polled polled = s->ops->poll_ready(s, cx, &f->input, EDO_IO_READ, &result);
        edo_budget_refund(cx); // the read takes it
        if (polled == EDO_PENDING) {
            if (!(f->has_drain && edo_poll(&f->drain.base, cx) == EDO_READY) &&
                !(f->is_limited && edo_poll(&f->limit.base, cx) == EDO_READY))
                return false;
            result = 0;
        } else {
            edoi_ws_waiting_of(f->ws)->has_input = result >= 0;
        }
    }
    ws_recv_end_input(f);
    *err = result < 0 ? edoi_ws_without_closed(result) : 0;
    return true;
}

static bool poll_lock(edo_ws_recv_future *f, edo_cx *cx, int *err) {
    if (edo_poll(&f->lock.base, cx) == EDO_PENDING) return false;
    *err = edo_result(&f->lock);
    edoi_ws_waiting_of(f->ws)->has_lock = *err == 0;
    edo_future_next_step(&f->base, RUNNING);
    return true;
}

static void begin_wait(edo_ws_recv_future *f) {
    if (edoi_ws_waiting_of(f->ws)->needs == EDOI_WS_NEEDS_INPUT) {
        begin_input(f);
    } else {
        (void)edo_mutex_lock_init(&f->lock, &f->ws->writer.sending);
        edo_future_next_step(&f->base, LOCK);
    }
}

static bool poll_wait(edo_ws_recv_future *f, edo_cx *cx, int *err) {
    return edo_future_step(&f->base) == INPUT ? ws_recv_poll_input(f, cx, err)
                                              : poll_lock(f, cx, err);
}

static void drop_wait(edo_ws_recv_future *f) {
    uint32_t step = edo_future_step(&f->base);
    if (step == INPUT) ws_recv_end_input(f);
    if (step == LOCK) edo_drop(&f->lock.base);
}

static void recv_describe(const edo_future *base, edo_description *to) {
    uint32_t step = edo_future_step(base);
    if (step == INPUT) edo_describe_text(to, " for input");
    if (step == LOCK) edo_describe_text(to, " for another task that sends");
}

/* ---- In a fiber ------------------------------------------------------------------------------ */

static edo_polled recv_wait_poll(edo_future *base, edo_cx *cx) {
    edo_ws_recv_future *f = recv_of(base);
    int err = 0;
    if (edo_future_step(base) == START) begin_wait(f);
    return poll_wait(f, cx, &err) ? edo_future_finish(base, err) : EDO_PENDING;
}

static void recv_wait_drop(edo_future *base) {
    if (edo_future_is_over(base)) return;
    drop_wait(recv_of(base));
    edo_future_retire(base);
}

static const edo_future_ops wait_ops = { .poll = recv_wait_poll,
                                         .drop = recv_wait_drop,
                                         .name = "edo_ws_recv",
                                         .size = sizeof(edo_ws_recv_future),
                                         .describe = recv_describe };

/* Waits for what a receive needs. Returns 0, -EAGAIN, or the code with which the receive ends. If
 * the wait for telling an end was cut short that is the end, which edoi_ws_end() tells. */
static EDOI_NOINLINE int await_need(edo_ws *ws) {
    edo_ws_recv_future f;
    f.ws = ws;
    int err = edo_await(edo_future_init(&f.base, &wait_ops));
    if (err < 0 && ws->reader.code != 0) return edoi_ws_recv_error(ws);
    return err < 0 ? edoi_ws_end_of_input(ws, err) : 0;
}

int edo_ws_recv(edo_ws *ws, edo_ws_message *m) {
    int err = ws_enter(ws);
    if (err < 0) return ws_refuse(err);
    while ((err = receive_open(ws, NULL, m)) == -EAGAIN)
        if ((err = await_need(ws)) < 0 && err != -EAGAIN) break;
    return recv_leave(ws, err);
}

static int receive_piece(edo_ws *ws, edo_ws_message *piece, bool *is_last) {
    int err;
    while ((err = edoi_ws_receive_piece(ws, NULL, piece, is_last)) == -EAGAIN) {
        leave_lock(ws);
        if ((err = await_need(ws)) < 0 && err != -EAGAIN) break;
    }
    leave_lock(ws);
    return err;
}

int edo_ws_recv_piece(edo_ws *ws, edo_ws_message *piece, bool *is_last) {
    int err = ws_enter(ws);
    if (err < 0) return ws_refuse(err);
    do err = receive_piece(ws, piece, is_last);
    while (err == 0 && is_behind_close(ws));
    return recv_leave(ws, err);
}

int edoi_ws_drop_messages(edo_ws *ws) {
    edo_ws_message dropped;
    bool is_last;
    int err;
    while ((err = receive_piece(ws, &dropped, &is_last)) == 0) continue; // pieces are not kept
    return err == -EDO_ECLOSED ? 0 : err;
}

/* ---- As a future ----------------------------------------------------------------------------- */

static edo_polled ws_recv_end(edo_ws_recv_future *f, int result) {
    return edo_future_finish(&f->base, recv_leave(f->ws, result));
}

static edo_polled ws_recv_poll(edo_future *base, edo_cx *cx) {
    edo_ws_recv_future *f = recv_of(base);
    int err = 0;
    if (edo_future_step(base) == START) {
        err = ws_enter(f->ws);
        if (err < 0) return edo_future_finish(base, err);
        edo_future_next_step(base, RUNNING);
    }
    for (;;) {
        if (edo_future_step(base) != RUNNING && !poll_wait(f, cx, &err)) return EDO_PENDING;
        if (err < 0) err = edoi_ws_end_of_input(f->ws, err);
        edoi_ws_waiting_of(f->ws)->needs = EDOI_WS_NEEDS_TURN; // unless it finds something else
        if (err == 0) err = receive_open(f->ws, cx, f->message);
        if (err != -EAGAIN) return ws_recv_end(f, err);
        if (edoi_ws_waiting_of(f->ws)->needs == EDOI_WS_NEEDS_TURN) return EDO_PENDING;
        begin_wait(f);
        err = 0;
    }
}

static void ws_recv_drop(edo_future *base) {
    if (edo_future_is_over(base)) return;
    edo_ws_recv_future *f = recv_of(base);
    drop_wait(f);
    if (edo_future_step(base) != START) (void)recv_leave(f->ws, 0);
    edo_future_retire(base);
}

static const edo_future_ops recv_ops = { .poll = ws_recv_poll,
                                         .drop = ws_recv_drop,
                                         .name = "edo_ws_recv",
                                         .size = sizeof(edo_ws_recv_future),
                                         .describe = recv_describe };

edo_future *edo_ws_recv_init(edo_ws_recv_future *f, edo_ws *ws, edo_ws_message *m) {
    f->ws = ws;
    f->message = m;
    return edo_future_init(&f->base, &recv_ops);
}
