/* SPDX-License-Identifier: MIT */
/* web/ws/detached.c: a socket that is functions instead of a fiber. It runs as a detached
 * connection of the HTTP server: when there is input, when a time is reached, and when the server
 * drains. Where a fiber would wait, a run returns -EAGAIN, and the next run goes on. */
#include "base/assert.h"
#include "driver/clock.h"
#include "net/tcp/taken.h"
#include "web/ws/ws.h"

#include <edo/http_upgrade.h>
#include <edo/scope.h>
#include <edo/time.h>

#include <errno.h>

#define RUN_READS 64 /* reads in one run, at most */

/* Counted by edo_rc. All members but the socket are used by the run alone. */
typedef struct detached {
    edo_ws ws;                     /* first: a pointer to it is one to the socket */
    const edo_ws_handler *handler; /* const */
    const edo_str *route;          /* const; NULL: none */
    void *arg;
    /* since when the peer is waited for: its last byte, a ping or our close */
    int64_t silent_at_ns;
    uint32_t ping_mark;  /* was_pinged: of edoi_tcp_mark() */
    bool was_pinged : 1; /* and the peer has not sent a byte since */
    bool is_drained : 1; /* nothing is to be read before the next event */
    bool is_owned;       /* the connection has a reference; tells misuse */
    uint8_t reads_left;  /* of this run */
    uint8_t protocol;    /* const; 1 more than its place in the options; 0: none */
} detached;

_Static_assert(sizeof(detached) <= 216 || sizeof(pthread_mutex_t) != 40,
               "with its count and malloc's word 240 bytes, of which each idle socket has as many");

static detached *ws_detached_of(edo_ws *ws) {
    return (detached *)(void *)ws;
}

/* ---- What the reader asks -------------------------------------------------------------------- */

/* Looks whether the run may read. It reads a bounded number of times, so that a peer that sends
 * without a pause hides neither the drain nor the time; the next run goes on. */
static int detached_may_read(edo_ws *ws, bool is_idle) {
    const detached *d = ws_detached_of(ws);
    (void)is_idle; // the end of the run frees the memory
    return d->is_drained || d->reads_left == 0 ? -EAGAIN : 0;
}

static void detached_has_read(edo_ws *ws, int n, size_t room) {
    detached *d = ws_detached_of(ws);
    d->reads_left--;
    d->is_drained = n != 0 && n < (int)room; // a stream that has more says so to the next look
    if (n > 0) d->was_pinged = false;
}

static int detached_await_input(edo_ws *ws) {
    (void)ws;
    return -EAGAIN; // the next run goes on
}

static int detached_await_lock(edo_ws *ws) {
    return edo_mutex_lock(&ws->writer.sending);
}

/* Sends a close, and begins to wait for the peer's. */
static int begin_close(edo_ws *ws, uint16_t code, edo_str reason) {
    int err = edoi_ws_send_close(ws, code, reason);
    if (err < 0) return err;
    ws->reader.is_closing = true;
    ws_detached_of(ws)->silent_at_ns = edo_now().ns;
    return 0;
}

static const char *detached_protocol(const edo_ws *ws) {
    uint8_t n = ((const detached *)(const void *)ws)->protocol;
    return n > 0 ? ws->opts->protocols[n - 1] : NULL;
}

static const edoi_ws_driver driver = { .may_read = detached_may_read,
                                       .has_read = detached_has_read,
                                       .await_input = detached_await_input,
                                       .await_lock = detached_await_lock,
                                       .shutdown = begin_close,
                                       .protocol = detached_protocol };

/* ---- Time ------------------------------------------------------------------------------------ */

static edo_instant silence_end(const detached *d) {
    edo_duration most = d->ws.reader.is_closing ? edo_s(EDOI_WS_CLOSE_S)
                                                : edoi_ws_silence_max(&d->ws, d->was_pinged);
    if (most.ns < 0) return (edo_instant){ EDO_FOREVER_NS };
    return edo_instant_add((edo_instant){ d->silent_at_ns }, most);
}

/* Pings a silent peer, or looks whether one that was pinged takes what was sent before the ping.
 * Returns 0, or a code, -ETIMEDOUT if it does not. */
static int detached_ask_for_life(detached *d) {
    edo_stream *s = d->ws.stream;
    if (d->was_pinged) return edoi_tcp_takes(s, &d->ping_mark) ? 0 : -ETIMEDOUT;
    int err = edoi_ws_send_frame(&d->ws, EDOI_WS_PING, EDO_STR(""));
    d->was_pinged = true;
    d->ping_mark = edoi_tcp_mark(s);
    return err == -EDO_ECLOSED ? 0 : err;
}

/* Looks whether the peer has been silent or slow for too long, and pings it. Returns 0 or
 * -ETIMEDOUT. */
static int check_silence(detached *d) {
    edo_instant now = edo_now();
    if (edoi_ws_time_left(&d->ws) < 0) return -ETIMEDOUT;
    if (now.ns < silence_end(d).ns) return 0;
    int err = d->ws.reader.is_closing ? -ETIMEDOUT : detached_ask_for_life(d);
    d->silent_at_ns = edo_now().ns; // the ping may have waited for a message that is sent
    return err;
}

/* Returns when the silence has to be looked at again. */
static edo_instant next_check(const detached *d) {
    edo_instant silence = silence_end(d);
    int64_t left_ns = edoi_ws_time_left(&d->ws);
    if (left_ns == EDO_FOREVER_NS) return silence;
    int64_t message_ns = edoi_time_after(d->ws.reader.in->since_ns + 1, left_ns);
    return message_ns < silence.ns ? (edo_instant){ message_ns } : silence;
}

/* ---- A run ----------------------------------------------------------------------------------- */

/* Sends a close, unless one was sent. */
static int close_with(edo_ws *ws, uint16_t code, edo_str reason) {
    int err = begin_close(ws, code, reason);
    return err == -EDO_ECLOSED ? 0 : err;
}

/* Goes on after a function of the handler, which has returned `code`. */
static int after(edo_ws *ws, int code) {
    if (code >= 0 || ws->reader.is_closing || code == -EDO_ECLOSED) return 0;
    if (code != -ECANCELED) edoi_ws_tell_failure(ws, ws_detached_of(ws)->route, code);
    return close_with(ws, EDO_WS_CLOSE_ERROR, EDO_STR(""));
}

static int detached_open(detached *d, edo_instant now) {
    d->silent_at_ns = now.ns;
    return d->handler->on_open ? after(&d->ws, d->handler->on_open(&d->ws)) : 0;
}

/* Is nothing left to take or to send? Then a receive, which would find nothing, is spared. */
static bool is_done(const detached *d) {
    return d->is_drained && edoi_ws_available(&d->ws) == 0 &&
           !edoi_load_rlx_u16(&d->ws.writer.has_out); // relaxed: all reads of the receiver are
}

/* Handles all messages that have come. Returns 0 if the socket waits for more. */
static int ws_serve(edo_ws *ws) {
    edo_ws_message m;
    int err;
    while ((err = edoi_ws_receive(ws, NULL, &m)) == 0) {
        if (ws->reader.is_closing || edoi_ws_is_after_close(ws)) continue;
        err = after(ws, ws_detached_of(ws)->handler->on_message(ws, &m));
        if (err < 0 || is_done(ws_detached_of(ws))) return err;
    }
    if (err == -ENOMEM && !ws->reader.is_closing)
        return close_with(ws, EDO_WS_CLOSE_ERROR, EDO_STR(""));
    return err == -EAGAIN ? 0 : err;
}

/* Once a close of edo_ws_close() was written the peer has as long as after one of the run's. */
static void look_for_close(edo_ws *ws) {
    if (ws->reader.is_closing) return;
    ws->reader.is_closing =
        edoi_load_rlx_u16(&ws->writer.close_sent) == EDOI_WS_CLOSE_WRITTEN; // relaxed: soon enough
    if (ws->reader.is_closing) ws_detached_of(ws)->silent_at_ns = edo_now().ns;
}

static int detached_run_for(detached *d, uint32_t why, edo_instant now) {
    edo_ws *ws = &d->ws;
    int err = 0;
    if (why & EDO_DETACHED_BEGIN) err = detached_open(d, now);
    look_for_close(ws);
    if (why & EDO_DETACHED_END) return -ECONNABORTED;
    if (err == 0 && (why & EDO_DETACHED_DRAIN) && !ws->reader.is_closing)
        err = close_with(ws, EDO_WS_CLOSE_AWAY, EDO_STR("the server ends"));
    if (err == 0 && (why & EDO_DETACHED_TIME)) err = check_silence(d);
    if (err == 0) err = ws_serve(ws);
    look_for_close(ws); // the peer's time begins now, even if it sends
    return err;
}

static void ws_end(edo_ws *ws) {
    edoi_ws_note_end(ws, EDO_WS_CLOSE_ABNORMAL, EDO_STR(""));
    if (ws->reader.has_failed) {
        edo_deadline d;
        edo_deadline_begin(&d, edo_s(EDOI_WS_CLOSE_S));
        edoi_ws_await_senders(ws);
        (void)edo_deadline_end(&d, 0);
        edoi_ws_linger(ws);
    }
    edoi_ws_retire(ws);
    const edo_ws_handler *h = ws_detached_of(ws)->handler;
    if (h->on_close) h->on_close(ws);
}

/* Ends the socket without memory: the part of a message that had come is lost. */
static void end_without_memory(edo_ws *ws) {
    ws->reader.has_failed = true;
    edoi_ws_note_end(ws, EDO_WS_CLOSE_ERROR, EDO_STR(""));
    (void)edoi_ws_send_close(ws, EDO_WS_CLOSE_ERROR, EDO_STR(""));
    ws_end(ws);
}

static void detached_begin(detached *d, bool has_input, edo_instant now) {
    d->is_drained = !has_input;
    d->reads_left = RUN_READS;
    if (has_input && !d->ws.reader.is_closing) d->silent_at_ns = now.ns;
    edoi_ws_end_wait(&d->ws, now);
}

static int ws_detached_run(void *arg, uint32_t why, edo_instant now, edo_instant *at) {
    detached *d = arg;
    edo_ws *ws = &d->ws;
    edoi_ws_stage stage;
    detached_begin(d, why & EDO_DETACHED_INPUT, now);
    edoi_ws_take_stage(ws, &stage);
    int err = detached_run_for(d, why, now);
    if (err < 0) ws_end(ws);
    edoi_ws_begin_wait(ws);
    int left = edoi_ws_leave_stage(ws);
    if (err == 0 && left < 0) end_without_memory(ws);
    *at = next_check(d);
    EDO_CHECK(edoi_ws_check_received(ws));
    return err < 0 ? err : left;
}

static void detached_drop(void *arg) {
    detached *d = arg;
    d->is_owned = false;
    edo_up_down_add(d->ws.opts->open, -1);
    edo_rc_unref(d);
}

static edo_instant detached_wrote_at(void *arg) {
    uint64_t at = edoi_load_rlx_u32(&((detached *)arg)->ws.writer.wrote_at);
    return (edo_instant){ (int64_t)(at << EDOI_WS_WROTE_BITS) };
}

static void ws_detached_deinit(void *self) {
    detached *d = self;
    (void)EDO_MISUSE(d->is_owned, "a reference of a WebSocket is given back that was not taken");
    edoi_ws_deinit(&d->ws);
}

edo_ws *edoi_ws_detached_new(const edo_ws_opts *opts, const edo_ws_handler *h, void *arg,
                             const edo_str *route, uint8_t protocol) {
    detached *d = edo_rc_new(sizeof *d, ws_detached_deinit);
    if (!d) return NULL;
    *d = (detached){ .handler = h, .route = route, .arg = arg, .protocol = protocol };
    edoi_ws_init(&d->ws, &driver, opts);
    return &d->ws;
}

int edoi_ws_detach(edo_ws *ws, edo_request *req) {
    static const edo_detached_ops ops = { .run = ws_detached_run,
                                          .drop = detached_drop,
                                          .wrote_at = detached_wrote_at };
    edo_up_down_add(ws->opts->open, 1); // before it may end
    int err = edo_upgrade_detach(req, &ops, ws_detached_of(ws));
    ws_detached_of(ws)->is_owned = err == 0;
    if (err < 0) edo_up_down_add(ws->opts->open, -1);
    return err;
}

void *edo_ws_arg(const edo_ws *ws) {
    return ws->driver == &driver ? ((const detached *)(const void *)ws)->arg : NULL;
}

void edo_ws_set_arg(edo_ws *ws, void *arg) {
    if (ws->driver == &driver) ws_detached_of(ws)->arg = arg;
}
