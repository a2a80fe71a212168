/* SPDX-License-Identifier: MIT */
/* http2/conn.c: how the state machine of a connection drives its session. See h2.h. */
#include "base/assert.h"
#include "base/memory/alloc.h"
#include "http2/h2.h"
#include "net/tcp/taken.h"

#define EDO_TARGET "http"
#include <edo/log.h>

#include <errno.h>

#define IN_BYTES  ((size_t)16 << 10) /* of one read */
#define READS_MAX 4                  /* in one poll */
#define WAKES_MAX 16                 /* that are done at once */

/* ---- Wakes ----------------------------------------------------------------------------------- */

void edoi_h2_unlock_and_kick(edoi_h2_conn *h2) {
    edo_waker *due = edoi_h2_sleep_kick(&h2->sleep);
    edoi_h2_unlock(h2);
    edo_waker_deliver(due);
}

/* What is due to some streams, collected with the lock held. */
typedef struct due {
    edo_waker *wakers[3 * WAKES_MAX];
    edo_task *tasks[WAKES_MAX]; /* counted */
    size_t wakers_n, tasks_n;
} due;

static void conn_due_mark(due *d, edoi_h2_waiter *w) {
    edo_waker *marked = w->waker ? edo_waker_mark(w->waker) : NULL;
    if (marked) d->wakers[d->wakers_n++] = marked;
    *w = (edoi_h2_waiter){ 0 };
}

static void conn_due_take(due *d, edoi_h2_stream *s) {
    if (s->wakes.reader_is_due) conn_due_mark(d, &s->wakes.reader);
    if (s->wakes.writer_is_due) conn_due_mark(d, &s->wakes.writer);
    if (s->wakes.watcher_is_due) conn_due_mark(d, &s->wakes.watcher);
    if (s->wakes.cancel_is_due && s->fiber.phase == EDOI_H2_RUNS)
        d->tasks[d->tasks_n++] = edo_task_ref(s->fiber.task);
    s->wakes.is_listed = s->wakes.reader_is_due = s->wakes.writer_is_due = s->wakes.watcher_is_due =
        s->wakes.cancel_is_due = false;
}

void edoi_h2_deliver(edoi_h2_conn *h2) {
    while (h2->woken) {
        due d = { .wakers_n = 0 };
        for (int i = 0; i < WAKES_MAX && h2->woken; i++) {
            edoi_h2_stream *s = h2->woken;
            h2->woken = s->wakes.next;
            conn_due_take(&d, s);
        }
        edoi_h2_unlock(h2);
        for (size_t i = 0; i < d.wakers_n; i++) edo_waker_deliver(d.wakers[i]);
        for (size_t i = 0; i < d.tasks_n; i++) {
            edo_task_cancel(d.tasks[i]);
            edo_task_unref(d.tasks[i]);
        }
        edoi_h2_lock(h2);
    }
}

/* Cancels the handlers: of a client that has left, or because the server ends: then what they
 * respond goes out. */
static void conn_cancel_all(edoi_h2_conn *h2, bool has_left) {
    edoi_h2_lock(h2);
    for (edoi_h2_stream *s = h2->streams; s; s = s->next) {
        if (!edoi_h2_has_user(s)) continue;
        s->is_reset |= has_left;
        edoi_h2_cancel(s);
    }
    edoi_h2_deliver(h2);
    edoi_h2_unlock(h2);
}

/* ---- Reading --------------------------------------------------------------------------------- */

/* Tells why a connection ends that can say no more itself. */
static void conn_tell_end(edoi_h2_conn *h2, const char *reason) {
    edo_debug("a connection of HTTP/2 ends: %s", reason);
    edoi_http_count_http2_ended(h2->conn->server, reason);
}

/* Names what nghttp2 has found, with which no session goes on. */
static void conn_tell_fatal(edoi_h2_conn *h2, int code) {
    edo_debug("nghttp2: %s", nghttp2_strerror(code));
    conn_tell_end(h2, code == NGHTTP2_ERR_FLOODED ? "too many acknowledgements that wait"
                                                  : "no HTTP/2, or no memory");
}

/* Gives the session what has come, but for resets that it must not see. Returns 0 or its code.
 * Called with the lock held. */
static ssize_t conn_feed_session(edoi_h2_conn *h2, edo_str bytes) {
    edo_str piece;
    bool is_reset;
    ssize_t done = 0;
    while (done >= 0 && (piece = edoi_h2_scan_next(&h2->scan, &bytes, &is_reset)).len > 0) {
        if (is_reset && !h2->heading && edoi_h2_guard_drops_reset(h2, piece)) continue;
        done = nghttp2_session_mem_recv(h2->session, (const uint8_t *)piece.ptr, piece.len);
    }
    return done;
}

/* Feeds the session. Returns false if the connection is beyond help. */
static bool conn_feed(edoi_h2_conn *h2, const char *bytes, size_t n) {
    edoi_h2_lock(h2);
    ssize_t done = conn_feed_session(h2, (edo_str){ bytes, n });
    if (done == NGHTTP2_ERR_TOO_MANY_CONTINUATIONS) {
        edoi_h2_calm(h2, "too many CONTINUATION frames"); // nothing more is read
        done = 0;
    }
    bool is_clogged = edoi_h2_guard_is_clogged(h2);
    edoi_h2_deliver(h2);
    edoi_h2_unlock(h2);
    edoi_h2_free_ended(h2);
    if (done < 0)
        conn_tell_fatal(h2, (int)done);
    else if (is_clogged)
        conn_tell_end(h2, "too many frames that wait");
    return done >= 0 && !is_clogged;
}

/* Called once, with what was read before. */
static void conn_feed_first(edoi_h2_conn *h2) {
    if (h2->first.len == 0) return;
    if (!conn_feed(h2, h2->first.ptr, h2->first.len)) h2->is_failed = true;
    edo_buf_deinit(&h2->first);
    h2->first = (edo_buf){ 0 };
}

/* Bytes have come. */
static void conn_on_heard(edoi_h2_conn *h2) {
    edo_duration interval = h2->shared->opts.ping_interval;
    if (interval.ns == EDO_FOREVER_NS) return;
    h2->is_pinged = false;
    h2->ping_at = edo_instant_add(edo_now(), interval);
}

/* Requests whose body has not come in full end early: no byte of it follows. */
static void conn_cut_bodies(edoi_h2_conn *h2) {
    edoi_h2_lock(h2);
    for (edoi_h2_stream *s = h2->streams; s; s = s->next) {
        s->in.is_cut = true;
        edoi_h2_wake_at_end(s);
    }
    edoi_h2_deliver(h2);
    edoi_h2_unlock(h2);
}

static void conn_end_input(edoi_h2_conn *h2) {
    h2->input_ended = true;
    if (h2->conn->server->opts.half_close)
        conn_cut_bodies(h2);
    else
        conn_cancel_all(h2, true);
}

static void conn_read(edoi_h2_conn *h2, edo_cx *cx) {
    static _Thread_local char here[IN_BYTES]; // used up before anything else runs on the thread
    edo_stream *from = h2->conn->stream;
    const struct iovec to = { here, sizeof here };
    conn_feed_first(h2);
    for (int i = 0; !h2->input_ended && !h2->is_failed && !h2->guard.reason; i++) {
        int n;
        if (i == READS_MAX) {
            edo_cx_wake(cx);
            return;
        }
        if (from->ops->poll_read(from, cx, &h2->read_wait, &to, 1, 0, &n) == EDO_PENDING) return;
        if (n < 0) h2->is_failed = true;
        if (n <= 0) conn_end_input(h2);
        if (n > 0) conn_on_heard(h2);
        if (n > 0 && !conn_feed(h2, here, (size_t)n)) h2->is_failed = true;
    }
}

/* ---- Streams that nobody takes --------------------------------------------------------------- */

static edo_instant conn_earlier(edo_instant a, edo_instant b) {
    return a.ns < b.ns ? a : b;
}

/* Has the handler ended, and the client not taken all? */
static bool conn_is_left(const edoi_h2_stream *s) {
    return s->in_session && s->fiber.phase == EDOI_H2_OVER && !s->tunnel.is_there;
}

/* How long a client may take for what a handler has left. Once the server ends it is for streams
 * of their own limits less, so that a client that does not read holds no drain. */
static edo_duration conn_left_limit(const edoi_h2_conn *h2, bool is_unlimited) {
    const edo_duration limit = h2->conn->server->opts.write_timeout;
    const bool is_short = is_unlimited && h2->leaves_at.ns != EDO_FOREVER_NS;
    return is_short && limit.ns > EDOI_H2_LEFT_DRAIN.ns ? EDOI_H2_LEFT_DRAIN : limit;
}

/* Counts what the client has taken of what the handler has left: time begins anew, as much as the
 * least rate leaves. The first `write_timeout` is its grace. Called with the lock held. */
static void conn_left_moves(edoi_h2_stream *s) {
    const edo_http_server_opts *o = &s->x.server->opts;
    const uint64_t gone = s->out.gone;
    if (!s->out.left) {
        s->out.left = edoi_alloc(sizeof *s->out.left);
        if (s->out.left)
            edoi_stall_begin(s->out.left, o->write_timeout, o->rate_min, o->write_timeout);
    }
    s->out.gone = 0;
    if (s->out.left) { // without memory it has no least rate
        edoi_stall_count(s->out.left, gone);
        edoi_stall_spend(s->out.left, edo_instant_since(s->out.gone_at, s->fiber.left_at));
    }
    s->fiber.left_at = s->out.gone_at;
}

/* Until when has the client to take what the handler has left, or some of it? Once the server ends
 * the time counts from there: `drain_max` ends it. Called with the lock held. */
static edo_instant conn_left_end(edoi_h2_stream *s) {
    const edo_instant leaves_at = s->h2->leaves_at;
    const bool is_short = s->fiber.is_unlimited && leaves_at.ns != EDO_FOREVER_NS;
    if (s->out.gone > 0) conn_left_moves(s);
    edo_duration time = conn_left_limit(s->h2, s->fiber.is_unlimited), left = time;
    if (s->out.left) left = edoi_stall_left(s->out.left);
    const bool was_left_before = is_short && s->fiber.left_at.ns < leaves_at.ns;
    return edo_instant_add(was_left_before ? leaves_at : s->fiber.left_at,
                           left.ns < time.ns ? left : time);
}

static edo_instant conn_sweep_next(const edoi_h2_conn *h2) {
    edo_duration limit = conn_left_limit(h2, true);
    if (limit.ns == EDO_FOREVER_NS) return (edo_instant){ EDO_FOREVER_NS };
    return edo_instant_add(edo_now(), limit);
}

/* Resets streams whose response the client has not taken, though its handler has ended long ago:
 * its windows stay shut. Those of handlers that write have a limit of their own. The next look is
 * when the oldest of those that are left has had its time. */
static void conn_sweep(edoi_h2_conn *h2) {
    edo_instant now = edo_now(), next = conn_sweep_next(h2);
    edoi_h2_lock(h2);
    for (edoi_h2_stream *s = h2->streams; s; s = s->next) {
        if (!conn_is_left(s)) continue;
        edo_instant end = conn_left_end(s);
        if (end.ns > now.ns) {
            next = conn_earlier(next, end);
            continue;
        }
        (void)nghttp2_submit_rst_stream(h2->session, NGHTTP2_FLAG_NONE, s->id, NGHTTP2_CANCEL);
        edo_debug("a client did not take a response of HTTP/2 in time");
    }
    edoi_h2_unlock(h2);
    h2->sweep_at = next;
}

/* ---- The states of the connection ------------------------------------------------------------ */

/* Tells the server whether there are streams. Returns false if the server has taken the connection
 * to close it. */
static bool conn_tell_busy(edoi_h2_conn *h2) {
    edoi_h2_lock(h2);
    bool is_busy = h2->streams_n > 0;
    edoi_h2_unlock(h2);
    if (is_busy == h2->is_busy) return true;
    h2->is_busy = is_busy;
    if (is_busy) h2->sweep_at = conn_sweep_next(h2);
    if (is_busy) return edoi_http_conn_begin_busy(h2->conn);
    edoi_h2_head_deinit(&h2->head);
    edoi_http_conn_begin_idle(h2->conn);
    h2->idle_at = edo_now();
    return true;
}

/* Ends the session, and with it all streams: their handlers are cancelled. */
static void conn_end_session(edoi_h2_conn *h2) {
    edoi_h2_lock(h2);
    nghttp2_session *session = h2->session;
    for (edoi_h2_stream *s = h2->streams, *next; s; s = next) {
        next = s->next;
        if (s->in_session) edoi_h2_stream_close(s, NGHTTP2_CANCEL);
    }
    h2->session = NULL;
    edoi_h2_deliver(h2);
    edoi_h2_unlock(h2);
    edoi_h2_free_ended(h2);
    nghttp2_session_del(session);
}

static void conn_end_waits(edoi_h2_conn *h2) {
    edo_stream *s = h2->conn->stream;
    s->ops->unwait(s, &h2->read_wait);
    edoi_h2_sink_unwait(&h2->sink);
    edoi_h2_timer_drop(&h2->timer);
}

static bool conn_has_streams(edoi_h2_conn *h2) {
    edoi_h2_lock(h2);
    bool has = h2->streams_n > 0;
    edoi_h2_unlock(h2);
    return has;
}

/* Nothing is read or written any more. The socket ends at once, and not with the last handler; or,
 * in order, when the client has taken all, for which its state machine waits: a client that reads
 * sends frames, and the kernel resets a socket that is closed when they come. Nobody waits for a
 * client that was told off, nor beside handlers that go on. */
static void conn_close(edoi_h2_conn *h2) {
    int result;
    edo_stream *s = h2->conn->stream;
    conn_end_waits(h2);
    conn_end_session(h2);
    if (!h2->is_failed) (void)s->ops->poll_shutdown(s, NULL, NULL, &result);
    bool is_awaited = !h2->is_failed && !h2->guard.reason && !conn_has_streams(h2);
    if (!is_awaited || !edoi_http_is_untaken(h2->conn)) edo_close(edo_stream_ref(s));
}

static void conn_end_handlers(edoi_h2_conn *h2) {
    if (h2->is_ending) return;
    h2->is_ending = true;
    conn_cancel_all(h2, false);
}

static void conn_obey(edoi_h2_conn *h2, uint32_t why) {
    if (!h2->session) return;
    if (why & EDO_DETACHED_DRAIN) {
        h2->leaves_at = h2->sweep_at = edo_now(); // what is left has another time from here on
        edoi_h2_drain_begin(h2);
    }
    if (why & EDO_DETACHED_END) conn_end_handlers(h2);
}

/* Does a handler run, or what it has left a stream to? Called with the lock held. */
static bool conn_has_handler(const edoi_h2_conn *h2) {
    for (const edoi_h2_stream *s = h2->streams; s; s = s->next)
        if (edoi_h2_has_user(s)) return true;
    return false;
}

/* Does a response wait for its client's window? Called with the lock held. */
static bool conn_waits_for_windows(const edoi_h2_conn *h2) {
    if (h2->input_ended) return false; // they stay as they are
    for (const edoi_h2_stream *s = h2->streams; s; s = s->next)
        if (conn_is_left(s)) return true;
    return false;
}

/* The handlers were told to end, and have: the client has a while for what they have responded.
 * Returns whether that begins now. Called with the lock held. */
static bool conn_begins_last(const edoi_h2_conn *h2) {
    return h2->is_ending && h2->last_at.ns == EDO_FOREVER_NS && !conn_has_handler(h2);
}

/* Has the session nothing to do any more? Of a client that has ended its input, and of a server
 * that ends its handlers: no handler is left, and what was responded has gone out; of the server
 * also if the time for that is over. Called with the lock held. */
static bool conn_is_over(const edoi_h2_conn *h2) {
    bool writes = nghttp2_session_want_write(h2->session) || h2->sink.rest.len > 0;
    if (h2->is_ending && h2->last_at.ns <= edo_now().ns) return true;
    if (h2->is_ending) writes |= conn_waits_for_windows(h2);
    // to nghttp2 the first GOAWAY is the last word
    bool is_noticed = h2->drain == EDOI_H2_NOTICED && !h2->has_goodbye;
    bool reads = nghttp2_session_want_read(h2->session) || is_noticed;
    if (h2->input_ended || h2->is_ending) reads = conn_has_handler(h2);
    if (h2->drain == EDOI_H2_LAST && h2->streams_n == 0) reads = false;
    return !reads && !writes;
}

/* ---- What its time has come for -------------------------------------------------------------- */

static void conn_on_ping(edoi_h2_conn *h2, edo_instant now) {
    edo_stream *s = h2->conn->stream;
    bool is_first = !h2->is_pinged;
    if (!is_first && !edoi_tcp_takes(s, &h2->ping_mark)) {
        edo_debug("a connection of HTTP/2 ends: no acknowledgement of a PING");
        h2->is_failed = true;
        return;
    }
    h2->is_pinged = true;
    h2->ping_at = edo_instant_add(now, h2->shared->opts.ping_timeout);
    if (!is_first) return;
    h2->ping_mark = edoi_tcp_mark(s);
    edoi_h2_lock(h2);
    (void)nghttp2_submit_ping(h2->session, NGHTTP2_FLAG_NONE, NULL); // zeros: no drain's
    edoi_h2_unlock(h2);
}

/* The connection is old enough: it is drained, and what is left after its grace is ended. */
static void conn_on_age(edoi_h2_conn *h2, edo_instant now) {
    const edo_duration grace = h2->shared->opts.age_grace;
    const bool is_first = !h2->is_aged;
    h2->is_aged = true;
    h2->age_at = (edo_instant){ EDO_FOREVER_NS };
    if (is_first && grace.ns != EDO_FOREVER_NS) h2->age_at = edo_instant_add(now, grace);
    if (is_first)
        edoi_h2_drain_begin(h2);
    else
        conn_end_handlers(h2);
}

/* The rest of a head does not come: its stream ends. Nothing else can come before that rest, so a
 * client that has no other stream is idle from here on. */
static void conn_on_late_head(edoi_h2_conn *h2) {
    if (!h2->heading) return;
    edoi_h2_lock(h2);
    (void)nghttp2_submit_rst_stream(h2->session, NGHTTP2_FLAG_NONE, h2->heading->id,
                                    NGHTTP2_CANCEL);
    edoi_h2_unlock(h2);
    edo_debug("a client did not send the rest of a head of HTTP/2 in time");
    edoi_h2_end_heading(h2);
}

static edo_instant conn_idle_end(const edoi_h2_conn *h2) {
    edo_duration limit = h2->conn->server->opts.idle_timeout;
    const bool is_drained = h2->drain != EDOI_H2_OPEN;
    if (h2->is_busy || is_drained || limit.ns == EDO_FOREVER_NS)
        return (edo_instant){ EDO_FOREVER_NS };
    return edo_instant_add(h2->idle_at, limit);
}

/* Returns when there is something to do next. */
static edo_instant conn_next_time(edoi_h2_conn *h2) {
    if (h2->heading && h2->head_at.ns == EDO_FOREVER_NS)
        h2->head_at = edo_instant_add(edo_now(), h2->conn->server->opts.header_timeout);
    edo_instant at = conn_earlier(conn_earlier(conn_idle_end(h2), h2->ping_at), h2->age_at);
    at = conn_earlier(at, h2->head_at);
    if (h2->is_busy) at = conn_earlier(at, h2->sweep_at);
    if (h2->drain == EDOI_H2_NOTICED) at = conn_earlier(at, h2->drain_at);
    at = conn_earlier(at, h2->last_at);
    return at;
}

static void conn_poll_time(edoi_h2_conn *h2, edo_cx *cx) {
    if (!edoi_h2_timer_is_time(&h2->timer, cx, conn_next_time(h2))) return;
    edo_instant now = edo_now();
    if (conn_idle_end(h2).ns <= now.ns) edoi_h2_drain_begin(h2); // a request may be on its way
    if (h2->ping_at.ns <= now.ns) conn_on_ping(h2, now);
    if (h2->age_at.ns <= now.ns) conn_on_age(h2, now);
    if (h2->head_at.ns <= now.ns) conn_on_late_head(h2);
    if (h2->drain == EDOI_H2_NOTICED && h2->drain_at.ns <= now.ns) edoi_h2_drain_on_time(h2);
    if (h2->is_busy && h2->sweep_at.ns <= now.ns) conn_sweep(h2);
    edo_cx_wake(cx); // what was said is to be written, and the next time to be set
}

/* Reads, lets handlers run, and writes. */
static void conn_turn(edoi_h2_conn *h2, edo_cx *cx) {
    conn_read(h2, cx);
    bool has_started = edoi_h2_start_fresh(h2);
    if (has_started && EDOI_UNLIKELY(edoi_h2_drain_is_due(h2))) edoi_h2_drain_begin(h2);
    if (has_started && !h2->has_yielded && !h2->is_failed) {
        h2->has_yielded = true; // what they respond at once is one write
        edo_cx_wake(cx);
        return;
    }
    h2->has_yielded = false;
    if (!h2->is_failed) edoi_h2_write(h2, cx);
}

/* Has a handler changed what this poll has seen? It wakes nobody as long as the task is awake.
 * Called with the lock held. */
static bool conn_has_news(const edoi_h2_conn *h2) {
    if (!h2->session) return h2->streams_n == 0;
    if (h2->sink.rest.len == 0 && nghttp2_session_want_write(h2->session)) return true;
    if (h2->is_busy && h2->streams_n == 0) return true;
    return conn_begins_last(h2) || ((h2->input_ended || h2->is_ending) && conn_is_over(h2));
}

/* Called when a turn is over: handlers wake the task from here on. Returns false if one has done
 * something meanwhile. */
static bool conn_sleep(edoi_h2_conn *h2, edo_cx *cx) {
    edoi_h2_lock(h2);
    EDO_CHECK(edoi_h2_check_turn(h2));
    bool has_news = conn_has_news(h2);
    edoi_h2_sleep_begin(&h2->sleep, edo_cx_waker(cx), has_news || h2->has_yielded);
    edoi_h2_unlock(h2);
    return !has_news;
}

/* Returns whether the session has nothing to do any more, or can do nothing. */
static bool conn_ends(edoi_h2_conn *h2) {
    if (h2->is_failed || h2->has_yielded) return h2->is_failed;
    edoi_h2_lock(h2);
    if (conn_begins_last(h2)) h2->last_at = edo_instant_add(edo_now(), edo_s(EDOI_HTTP_LAST_S));
    bool is_over = conn_is_over(h2);
    edoi_h2_unlock(h2);
    return is_over;
}

static edo_polled conn_poll(edoi_http_conn *c, edo_cx *cx, uint32_t why) {
    edoi_h2_conn *h2 = c->http2;
    edoi_h2_lock(h2);
    edoi_h2_sleep_end(&h2->sleep);
    edoi_h2_unlock(h2);
    conn_obey(h2, why);
    if (h2->session) {
        conn_turn(h2, cx);
        if (!conn_tell_busy(h2)) h2->is_failed = true;
        bool is_over = conn_ends(h2);
        if (!is_over) conn_poll_time(h2, cx);
        if (is_over) conn_close(h2);
    }
    if (!h2->session && !conn_has_streams(h2)) return EDO_READY;
    if (!conn_sleep(h2, cx)) edo_cx_wake(cx);
    return EDO_PENDING;
}

/* ---- Begin and end --------------------------------------------------------------------------- */

static void conn_free_memory(edoi_h2_conn *h2) {
    EDO_CHECK(edoi_h2_check(h2)); // nobody else is there, so without the lock
    nghttp2_session_del(h2->session);
    edoi_h2_head_deinit(&h2->head);
    edo_buf_deinit(&h2->first);
    edo_buf_deinit(&h2->sink.rest);
    (void)pthread_mutex_destroy(&h2->lock);
    edo_rc_unref(h2);
}

static int conn_begin(edoi_http_conn *c, edo_str bytes) {
    const edo_http_server_opts *o = &c->server->opts;
    edoi_h2_conn *h2 = edo_rc_new(sizeof *h2, NULL);
    c->http2 = h2;
    if (!h2) return -ENOMEM;
    *h2 = (edoi_h2_conn){ .conn = c, .shared = c->server->http2, .sink = { .to = c->stream } };
    h2->fresh_end = &h2->fresh;
    h2->scan.skip = EDOI_H2_PREFACE_BYTES;
    edoi_h2_end_heading(h2);
    h2->idle_at = edo_now();
    h2->ping_at = edo_instant_add(h2->idle_at, h2->shared->opts.ping_interval);
    h2->age_at = c->ends_at;
    h2->leaves_at = h2->last_at = (edo_instant){ EDO_FOREVER_NS };
    (void)pthread_mutex_init(&h2->lock, NULL);
    edoi_stall_begin(&h2->sink.stall, o->write_timeout, o->rate_min, o->rate_grace);
    edoi_h2_guard_begin(h2);
    int err = edoi_h2_session_new(h2);
    if (err == 0 && bytes.len > 0) err = edo_buf_append(&h2->first, bytes.ptr, bytes.len);
    return err; // on failure the connection frees it
}

static void conn_drop(edoi_http_conn *c) {
    edoi_h2_conn *h2 = c->http2;
    edoi_h2_lock(h2);
    edoi_h2_sleep_end(&h2->sleep);
    edoi_h2_unlock(h2);
    if (h2->session) {
        h2->is_failed = true;
        conn_close(h2);
    }
}

static void conn_free(edoi_http_conn *c) {
    if (c->http2) conn_free_memory(c->http2);
}

/* ---- For those who look at what is open ------------------------------------------------------ */

/* Is there no room in the client's windows? Called with the lock held. */
static bool h2_window_is_shut(const edoi_h2_stream *s) {
    return nghttp2_session_get_remote_window_size(s->h2->session) <= 0 ||
           nghttp2_session_get_stream_remote_window_size(s->h2->session, s->id) <= 0;
}

/* Called with the lock held. */
static edoi_http2_stream_state h2_stream_state(const edoi_h2_stream *s) {
    bool has_bytes = s->out.queue.bytes + s->out.whole.len > 0;
    if (has_bytes && s->in_session && s->h2->session)
        return h2_window_is_shut(s) ? EDOI_HTTP2_STREAM_WINDOW : EDOI_HTTP2_STREAM_WRITES;
    if (s->wakes.reader.waker) return EDOI_HTTP2_STREAM_READS;
    if (s->tunnel.is_there) return EDOI_HTTP2_STREAM_TUNNEL;
    return edoi_h2_has_user(s) ? EDOI_HTTP2_STREAM_HANDLED : EDOI_HTTP2_STREAM_ENDS;
}

static void h2_look(edoi_http_conn *c, uint32_t *counts, uint32_t most) {
    edoi_h2_conn *h2 = c->http2;
    if (!h2) return; // there was no memory for it
    edoi_h2_lock(h2);
    for (const edoi_h2_stream *s = h2->streams; s && most > 0; s = s->next, most--)
        counts[h2_stream_state(s)]++;
    edoi_h2_unlock(h2);
}

const edoi_http2_server_ops edoi_http2_server = { .server_begin = edoi_h2_server_begin,
                                                  .server_end = edoi_h2_server_end,
                                                  .begin = conn_begin,
                                                  .poll = conn_poll,
                                                  .drop = conn_drop,
                                                  .free = conn_free,
                                                  .look = h2_look };
