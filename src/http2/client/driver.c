/* SPDX-License-Identifier: MIT */
/* http2/client/driver.c: the task that reads and writes a connection. It ends with that, and with
 * its runtime. */
#include "base/assert.h"
#include "http2/client/client.h"
#include "net/tcp/taken.h"
#include "records/unfinished.h"

#define EDO_TARGET "http"
#include <edo/log.h>

#include <edo/task.h>

#include <errno.h>
#include <stdio.h>

#define IN_BYTES  ((size_t)16 << 10) /* of one read */
#define READS_MAX 4                  /* in one poll */
#define TURNS_MAX 4                  /* writes in one poll */

typedef struct h2_driver {
    edo_future base;
    edo_http2 *c; /* a reference */
} h2_driver;

/* What the trail of this task says of `code`, for those of the callers; NULL: nothing. Called with
 * the lock held. */
static const char *driver_words(edo_http2 *c, int code) {
    const edo_trail_entry *e = edo_trail_find(code);
    if (!e) return NULL;
    (void)snprintf(c->words, sizeof c->words, "%s", e->text);
    return c->words;
}

/* Ends the connection with `code`, in words `why` (static; NULL: those of the trail), unless there
 * is a reason before. */
static void driver_fail(edo_http2 *c, int code, const char *why) {
    edoi_http2_lock(c);
    if (!why && c->failed == 0) why = driver_words(c, code);
    if (c->failed == 0) {
        c->failed = c->is_closed ? -ECONNABORTED : code;
        c->why = c->is_closed ? NULL : why;
    }
    edoi_http2_unlock(c);
}

/* A server that has said GOAWAY may close behind the last call. */
static bool driver_has_ended(edo_http2 *c) {
    edoi_http2_lock(c);
    bool has_ended = c->goaway >= 0 && c->open_n == 0;
    edoi_http2_unlock(c);
    return has_ended;
}

/* ---- Reading --------------------------------------------------------------------------------- */

/* Feeds the session. Returns false if the connection is beyond help. */
static bool driver_feed(edo_http2 *c, const void *bytes, size_t n) {
    edoi_http2_lock(c);
    ssize_t done = nghttp2_session_mem_recv(c->session, bytes, n);
    edoi_http2_deliver(c);
    edoi_http2_unlock(c);
    if (done >= 0) return true;
    edo_debug("a connection of HTTP/2 ends: %s", nghttp2_strerror((int)done));
    driver_fail(c, done == NGHTTP2_ERR_NOMEM ? -ENOMEM : -EPROTO, nghttp2_strerror((int)done));
    return false;
}

static void driver_on_heard(edo_http2 *c) {
    if (c->opts.ping_interval.ns == EDO_FOREVER_NS) return;
    c->is_pinged = false;
    c->ping_at = edo_instant_add(edo_now(), c->opts.ping_interval);
}

/* Returns false if no more can be read. */
static bool driver_read(edo_http2 *c, edo_cx *cx) {
    static _Thread_local char here[IN_BYTES]; // used up before anything else runs on the thread
    const struct iovec to = { here, sizeof here };
    for (int i = 0; i < READS_MAX; i++) {
        int n;
        edo_stream *from = c->stream;
        if (from->ops->poll_read(from, cx, &c->read_wait, &to, 1, 0, &n) == EDO_PENDING)
            return true;
        if (n <= 0) {
            if (n < 0 || !driver_has_ended(c)) driver_fail(c, n < 0 ? n : -EDO_EEOF, NULL);
            return false;
        }
        driver_on_heard(c);
        if (!driver_feed(c, here, (size_t)n)) return false;
    }
    edo_cx_wake(cx);
    return true;
}

/* ---- Writing --------------------------------------------------------------------------------- */

/* Frees what only the write has kept. Called with the lock held. */
static void driver_unpin(edoi_h2_out *o) {
    for (size_t i = 0; i < o->pinned_n; i++) {
        edoi_h2_call *k = o->pinned[i];
        k->life.pins--;
        edoi_h2_call_let_go(k);
    }
    edoi_h2_chunks_free(o->spent);
}

/* One write. Returns as edoi_h2_sink_rest(), and 2 if there was nothing to write. */
static int driver_write_once(edo_http2 *c, edo_cx *cx) {
    edoi_h2_out *o = edoi_h2_out_here();
    int rc = edoi_h2_sink_rest(&c->sink, cx);
    if (rc <= 0) return rc;
    edoi_h2_out_begin(o);
    edoi_http2_lock(c);
    int err = edoi_h2_out_gather(o, c->session);
    edoi_http2_unlock(c);
    if (err == 0 && o->vecs_n > 0) rc = edoi_h2_sink_write(&c->sink, cx, o);
    edoi_http2_lock(c);
    driver_unpin(o);
    edoi_http2_deliver(c);
    edoi_http2_unlock(c);
    if (err < 0) return err;
    return rc == 1 && o->vecs_n == 0 ? 2 : rc;
}

/* A stream with a buffer of its own passes on what it has. Returns as edoi_h2_sink_rest(). */
static int driver_flush(edo_http2 *c, edo_cx *cx) {
    edo_stream *to = c->stream;
    int result = 0;
    if (!to->ops->poll_flush) return 1;
    if (to->ops->poll_flush(to, cx, &c->sink.wait, &result) == EDO_PENDING) return 0;
    return result < 0 ? result : 1;
}

/* Writes what the session has to say. Returns false if no more can be written. */
static bool driver_write(edo_http2 *c, edo_cx *cx) {
    int rc = 1;
    for (int i = 0; i < TURNS_MAX && rc == 1; i++) rc = driver_write_once(c, cx);
    if (rc == 1) edo_cx_wake(cx); // there is more
    if (rc == 2) rc = driver_flush(c, cx);
    if (rc < 0) driver_fail(c, rc, NULL);
    return rc >= 0;
}

/* ---- Time ------------------------------------------------------------------------------------ */

/* Returns when a PING is due, or the server lost. The time counts from the first call on. */
static edo_instant driver_ping_time(edo_http2 *c) {
    if (c->opts.ping_interval.ns == EDO_FOREVER_NS) return (edo_instant){ EDO_FOREVER_NS };
    edoi_http2_lock(c);
    bool is_busy = c->open_n > 0 || c->opts.ping_idle;
    edoi_http2_unlock(c);
    if (is_busy && !c->is_busy) driver_on_heard(c);
    c->is_busy = is_busy;
    return is_busy ? c->ping_at : (edo_instant){ EDO_FOREVER_NS };
}

/* Returns false if the server is lost. */
static bool driver_poll_time(edo_http2 *c, edo_cx *cx) {
    if (!edoi_h2_timer_is_time(&c->timer, cx, driver_ping_time(c))) return true;
    bool is_first = !c->is_pinged;
    if (!is_first && !edoi_tcp_takes(c->stream, &c->ping_mark)) {
        driver_fail(c, -ETIMEDOUT, "no acknowledgement of a PING");
        return false;
    }
    c->is_pinged = true;
    c->ping_at = edo_instant_add(edo_now(), c->opts.ping_timeout);
    if (is_first) {
        c->ping_mark = edoi_tcp_mark(c->stream);
        edoi_http2_lock(c);
        (void)nghttp2_submit_ping(c->session, NGHTTP2_FLAG_NONE, NULL);
        edoi_http2_unlock(c);
    }
    edo_cx_wake(cx); // it is to be written, and the next time to be set
    return true;
}

/* ---- The end --------------------------------------------------------------------------------- */

static void driver_end_waits(edo_http2 *c) {
    c->stream->ops->unwait(c->stream, &c->read_wait);
    edoi_h2_sink_unwait(&c->sink);
    edoi_h2_timer_drop(&c->timer);
}

/* Nothing is read or written any more. */
static void driver_end(edo_http2 *c) {
    int result;
    edo_stream *s = c->stream;
    driver_end_waits(c);
    edoi_http2_lock(c);
    nghttp2_session *session = c->session;
    for (edoi_h2_call *k = c->calls, *next; k; k = next) {
        next = k->life.next;
        if (edoi_h2_call_in_session(k)) edoi_h2_call_close(k, NGHTTP2_CANCEL, true);
    }
    c->session = NULL;
    edoi_h2_sleep_end(&c->sleep);
    bool is_orderly = c->failed == 0;
    edoi_http2_deliver(c);
    EDO_CHECK(edoi_h2_client_check(c));
    edoi_http2_unlock(c);
    nghttp2_session_del(session);
    if (is_orderly) (void)s->ops->poll_shutdown(s, NULL, NULL, &result);
    edo_close(edo_stream_ref(s));
    edo_notify_all(&c->ended);
    edo_notify_all(&c->going);
    edo_notify_all(&c->settings);
}

/* Says goodbye behind the last call, if that is wanted. */
static void driver_say_bye(edo_http2 *c) {
    edoi_http2_lock(c);
    if (c->is_shutting && c->open_n == 0 && !c->has_said_bye) {
        c->has_said_bye = true;
        (void)nghttp2_session_terminate_session(c->session, NGHTTP2_NO_ERROR);
    }
    edoi_http2_unlock(c);
}

/* Tells those who wait what is known now: the server's SETTINGS, and that no more requests are
 * taken. */
static void driver_tell(edo_http2 *c) {
    edoi_http2_lock(c);
    bool is_going = c->is_going && !c->has_told;
    bool is_set = c->has_settings && !c->has_told_settings;
    edoi_http2_unlock(c);
    c->has_told |= is_going;
    c->has_told_settings |= is_set;
    if (is_going) edo_notify_all(&c->going);
    if (is_set) edo_notify_all(&c->settings);
}

/* Has the session nothing to do any more? */
static bool driver_is_over(edo_http2 *c) {
    edoi_http2_lock(c);
    bool is_closed = c->is_closed;
    bool is_over = is_closed || (!nghttp2_session_want_read(c->session) &&
                                 !nghttp2_session_want_write(c->session) && c->sink.rest.len == 0);
    edoi_http2_unlock(c);
    if (is_closed) driver_fail(c, -ECONNABORTED, NULL);
    return is_over;
}

/* ---- The task -------------------------------------------------------------------------------- */

/* Has a caller changed what this turn has seen? It wakes nobody as long as the task is awake.
 * Called with the lock held. */
static bool driver_has_news(const edo_http2 *c) {
    if (c->sink.rest.len == 0 && nghttp2_session_want_write(c->session)) return true;
    if (c->is_closed || (c->is_going && !c->has_told)) return true;
    return c->is_shutting && !c->has_said_bye && c->open_n == 0;
}

/* Called when a turn is over: callers wake the task from here on. Returns false if one has done
 * something meanwhile. */
static bool driver_sleep(edo_http2 *c, edo_cx *cx) {
    edoi_http2_lock(c);
    bool has_news = driver_has_news(c);
    edoi_h2_sleep_begin(&c->sleep, edo_cx_waker(cx), has_news);
    EDO_CHECK(edoi_h2_client_check(c));
    edoi_http2_unlock(c);
    return !has_news;
}

/* Lets others run once before a write, so that what they submit at once is one. Returns whether it
 * is to be left for the next turn. */
static bool driver_yields(edo_http2 *c) {
    edoi_http2_lock(c);
    c->has_yielded = !c->has_yielded && !c->is_closed && c->sink.rest.len == 0 &&
                     nghttp2_session_want_write(c->session);
    edoi_http2_unlock(c);
    return c->has_yielded;
}

/* Reads and writes. Returns false when the connection has ended. */
static bool driver_turn(edo_http2 *c, edo_cx *cx) {
    if (!driver_read(c, cx)) return false;
    driver_tell(c);
    driver_say_bye(c);
    if (driver_yields(c)) return true; // driver_sleep() sees that there is more
    return driver_write(c, cx) && !driver_is_over(c) && driver_poll_time(c, cx);
}

static edo_polled driver_poll(edo_future *f, edo_cx *cx) {
    edo_http2 *c = ((h2_driver *)(void *)f)->c;
    edoi_http2_lock(c);
    edoi_h2_sleep_end(&c->sleep);
    edoi_http2_unlock(c);
    if (driver_turn(c, cx)) {
        if (!driver_sleep(c, cx)) edo_cx_wake(cx);
        return EDO_PENDING;
    }
    driver_end(c);
    edo_rc_unref(c);
    return edo_future_finish(f, 0);
}

/* Called when the runtime ends. */
static void driver_drop(edo_future *f) {
    if (edo_future_is_over(f)) return;
    edo_http2 *c = ((h2_driver *)(void *)f)->c;
    driver_fail(c, -ECONNABORTED, NULL);
    driver_end(c);
    edo_rc_unref(c);
    edo_future_retire(f);
}

static const edo_future_ops driver_ops = {
    .poll = driver_poll, .drop = driver_drop, .name = "edo_http2", .size = sizeof(h2_driver)
};

int edoi_http2_drive(edo_http2 *c) {
    h2_driver d = { .c = edo_rc_ref(c) };
    edo_future *f = edo_future_init(&d.base, &driver_ops);
    int err = edo_spawn_future_detached_with(
        f, &(edo_spawn_opts){ .name = EDOI_OWN_TASK "a connection of HTTP/2", .no_context = true });
    if (err < 0) edo_rc_unref(c);
    return err;
}
