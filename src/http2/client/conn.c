/* SPDX-License-Identifier: MIT */
/* http2/client/conn.c: the life of a connection, and how its tasks wake each other. */
#include "base/assert.h"
#include "base/opts.h"
#include "http/client/host.h"
#include "http2/client/client.h"

#include <edo/error.h>
#include <edo/uri.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define WAKES_MAX 16 /* that are done at once */

/* ---- Wakes ----------------------------------------------------------------------------------- */

/* What is due, collected with the lock held. */
typedef struct wakes {
    edo_waker *wakers[2 * WAKES_MAX + 2];
    size_t n;
} wakes;

static void wakes_mark(wakes *w, edo_waker *waker) {
    edo_waker *marked = waker ? edo_waker_mark(waker) : NULL;
    if (marked) w->wakers[w->n++] = marked;
}

static void wakes_take_call(wakes *w, edoi_h2_call *k) {
    if (k->wakes.reader) wakes_mark(w, k->in.reader.waker);
    if (k->wakes.writer) wakes_mark(w, k->out.writer.waker);
    if (k->wakes.reader) k->in.reader = (edoi_h2_wait){ NULL, NULL };
    if (k->wakes.writer) k->out.writer = (edoi_h2_wait){ NULL, NULL };
    k->wakes.reader = k->wakes.writer = false;
}

/* How many streams may be open? Called with the lock held. */
static uint32_t conn_streams_max(const edo_http2 *c) {
    uint32_t most =
        nghttp2_session_get_remote_settings(c->session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
    return c->opts.streams_max > 0 && c->opts.streams_max < most ? c->opts.streams_max : most;
}

bool edoi_http2_has_place(const edo_http2 *c) {
    return c->session && !c->is_going && c->open_n < conn_streams_max(c);
}

/* Gives a place to the task that waits longest, or sends it away. Returns whether there was one for
 * whom there is something to know. */
static bool wakes_take_place(wakes *w, edo_http2 *c) {
    edoi_h2_place *p = TAILQ_FIRST(&c->places);
    if (!p) return false;
    bool has_place = edoi_http2_has_place(c);
    if (!has_place && c->session && !c->is_going) return false;
    TAILQ_REMOVE(&c->places, p, next);
    p->is_listed = false;
    p->is_given = has_place;
    c->open_n += has_place;
    c->given_n += has_place;
    wakes_mark(w, p->waker);
    return true;
}

/* Returns whether there is something due. */
static bool wakes_collect(wakes *w, edo_http2 *c) {
    w->n = 0;
    bool is_due = c->woken != NULL;
    for (int i = 0; i < WAKES_MAX / 2 && c->woken; i++) {
        edoi_h2_call *k = c->woken;
        c->woken = k->wakes.next;
        wakes_take_call(w, k);
    }
    for (int i = 0; i < WAKES_MAX && wakes_take_place(w, c); i++) is_due = true;
    return is_due;
}

static void wakes_deliver(const wakes *w) {
    for (size_t i = 0; i < w->n; i++) edo_waker_deliver(w->wakers[i]);
}

void edoi_http2_deliver(edo_http2 *c) {
    wakes w;
    while (wakes_collect(&w, c)) {
        edoi_http2_unlock(c);
        wakes_deliver(&w);
        edoi_http2_lock(c);
    }
    EDO_INV("client inv. 3", TAILQ_EMPTY(&c->places) || !edoi_http2_has_place(c));
}

void edoi_http2_unlock_and_kick(edo_http2 *c) {
    edoi_http2_deliver(c);
    edo_waker *due = edoi_h2_sleep_kick(&c->sleep);
    edoi_http2_unlock(c);
    edo_waker_deliver(due);
}

/* ---- Begin ----------------------------------------------------------------------------------- */

static void conn_deinit(void *self) {
    edo_http2 *c = self;
    nghttp2_session_del(c->session);
    edo_stream_unref(c->stream);
    edo_buf_deinit(&c->host);
    edo_buf_deinit(&c->sink.rest);
    (void)pthread_mutex_destroy(&c->lock);
}

static int conn_set_host(edo_http2 *c) {
    const char *host = c->opts.host;
    c->opts.host = NULL; // the caller's
    return edoi_client_host_set(&c->host, host);
}

int edo_http2_over(edo_http2 **out, edo_stream *stream, const edo_http2_opts *opts) {
    if (EDO_MISUSE(!stream, "a stream is used that is NULL")) return -EDO_EMISUSE;
    edo_http2 *c = edo_rc_new(sizeof *c, conn_deinit);
    if (!c) return -ENOMEM;
    *c = (edo_http2){ .owners_n = 1, .goaway = -1 };
    c->ended = c->going = c->settings = (edo_notify)EDO_NOTIFY_INIT;
    if (opts) c->opts = *opts;
    (void)pthread_mutex_init(&c->lock, NULL); // this never fails without attributes
    TAILQ_INIT(&c->places);
    edoi_stall_off(&c->sink.stall);
    edoi_http2_guard_begin(c);
    int err = edoi_http2_fill_in(&c->opts);
    if (err == 0) err = conn_set_host(c);
    if (err == 0) err = edoi_http2_session_new(c);
    c->stream = c->sink.to = edo_stream_ref(stream);
    if (err == 0) err = edoi_http2_drive(c);
    if (err < 0) {
        edo_rc_unref(c);
        return err;
    }
    edo_stream_unref(stream); // the caller's is the connection's now
    *out = c;
    return 0;
}

int edo_http2_connect(edo_http2 **out, const char *addr, const edo_http2_opts *opts) {
    edo_http2_opts own = { 0 };
    if (opts) own = *opts;
    char host[EDOI_CLIENT_HOST_BYTES];
    if (!own.host) own.host = edoi_client_host_of(host, addr);
    edo_stream *stream;
    int err = edo_tcp_connect(&stream, addr, own.tcp);
    if (err < 0) return err;
    err = edo_http2_over(out, stream, &own);
    if (err < 0) edo_close(stream);
    return err;
}

/* ---- End ------------------------------------------------------------------------------------- */

edo_http2 *edo_http2_ref(edo_http2 *c) {
    edoi_http2_lock(c);
    c->owners_n++;
    edoi_http2_unlock(c);
    return c;
}

void edo_http2_close(edo_http2 *c) {
    if (!c) return;
    edoi_http2_lock(c);
    bool is_last = --c->owners_n == 0;
    if (is_last) c->is_closed = c->is_going = true;
    edoi_http2_unlock_and_kick(c);
    if (!is_last) return;
    edo_close(edo_stream_ref(c->stream));
    edo_rc_unref(c);
}

/* Returns 1 if it has not ended. */
static int conn_result(edo_http2 *c) {
    edoi_http2_lock(c);
    int result = c->session ? 1 : c->failed;
    edoi_http2_unlock(c);
    return result;
}

int edo_http2_shutdown(edo_http2 *c) {
    edo_notify_wait_future f;
    (void)edo_notify_wait_init(&f, &c->ended);
    edoi_http2_lock(c);
    c->is_going = c->is_shutting = true;
    edoi_http2_unlock_and_kick(c);
    int result = conn_result(c);
    if (result <= 0) {
        edo_drop(&f.base);
        int cut = edo_budget_consume();
        return cut < 0 ? cut : result;
    }
    int err = edo_await(&f.base);
    return err < 0 ? err : conn_result(c);
}

int edo_http2_wait(edo_http2 *c) {
    edo_notify_wait_future f;
    (void)edo_notify_wait_init(&f, &c->going);
    if (!edo_http2_is_open(c, false)) {
        edo_drop(&f.base);
        return edo_budget_consume();
    }
    return edo_await(&f.base);
}

bool edo_http2_is_open(edo_http2 *c, bool now) {
    edoi_http2_lock(c);
    bool is_open = c->session && !c->is_going;
    if (is_open && now) is_open = edoi_http2_has_place(c) && TAILQ_EMPTY(&c->places);
    edoi_http2_unlock(c);
    return is_open;
}

int edo_http2_goaway(edo_http2 *c, char *text, size_t text_max) {
    edoi_http2_lock(c);
    const int64_t code = c->goaway;
    if (text_max > 0) (void)snprintf(text, text_max, "%s", c->goaway_text);
    edoi_http2_unlock(c);
    if (code < 0) return -EAGAIN;
    return code <= EDO_HTTP2_HTTP_1_1_REQUIRED ? (int)code : EDO_HTTP2_INTERNAL_ERROR;
}

edo_stream *edo_http2_stream(edo_http2 *c) {
    return c->stream;
}
