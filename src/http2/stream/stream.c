/* SPDX-License-Identifier: MIT */
/* http2/stream/stream.c: the life of a stream, and the fiber of its handler. */
#include "base/assert.h"
#include "base/memory/alloc.h"
#include "http/headers/map.h"
#include "http2/h2.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

/* ---- Wakes that are due ---------------------------------------------------------------------- */

static void stream_put_in_woken(edoi_h2_stream *s) {
    if (s->wakes.is_listed) return;
    s->wakes.is_listed = true;
    s->wakes.next = s->h2->woken;
    s->h2->woken = s;
}

void edoi_h2_wake_reader(edoi_h2_stream *s) {
    if (!s->wakes.reader.waker) return;
    s->wakes.reader_is_due = true;
    stream_put_in_woken(s);
}

void edoi_h2_wake_writer(edoi_h2_stream *s) {
    if (!s->wakes.writer.waker) return;
    s->wakes.writer_is_due = true;
    stream_put_in_woken(s);
}

void edoi_h2_wake_at_end(edoi_h2_stream *s) {
    edoi_h2_wake_reader(s);
    if (!s->wakes.watcher.waker) return;
    s->wakes.watcher_is_due = true;
    stream_put_in_woken(s);
}

void edoi_h2_cancel(edoi_h2_stream *s) {
    s->wakes.cancel_is_due = true;
    edoi_h2_wake_at_end(s);
    edoi_h2_wake_writer(s);
    stream_put_in_woken(s);
}

/* ---- Begin and end --------------------------------------------------------------------------- */

edoi_h2_stream *edoi_h2_stream_new(edoi_h2_conn *h2, int32_t id) {
    edoi_h2_stream *s = edo_slab_get(h2->shared->streams);
    if (!s) return NULL;
    // the exchange keeps its memory
    memset(&s->h2, 0, sizeof *s - offsetof(edoi_h2_stream, h2));
    s->h2 = h2;
    s->id = id;
    s->in_session = true;
    s->x.conn = h2->conn;
    s->x.server = h2->conn->server;
    s->x.broken = s->x.upgraded = false;
    s->x.keeps = true;
    s->x.reply = (edoi_response_body){ 0 };
    s->in.body = (edo_stream){ .ops = &edoi_h2_body_ops, .refs = EDOI_ATOMIC_INIT(1) };
    edoi_headers_init_in(&s->x.req.headers, &s->x.arena);
    edoi_headers_init_in(&s->x.res.headers, &s->x.arena);
    s->next = h2->streams;
    if (s->next) s->next->prev = s;
    h2->streams = s;
    h2->streams_n++;
    edoi_http_conn_ref(h2->conn);
    return s;
}

/* Takes from the connection what it has of the stream. Called with the lock held. */
static void stream_unlink(edoi_h2_stream *s) {
    edoi_h2_conn *h2 = s->h2;
    for (edoi_h2_stream **at = &h2->woken; s->wakes.is_listed && *at; at = &(*at)->wakes.next) {
        if (*at != s) continue;
        *at = s->wakes.next;
        break;
    }
    if (s->next) s->next->prev = s->prev;
    if (s->prev)
        s->prev->next = s->next;
    else
        h2->streams = s->next;
    h2->streams_n--;
    h2->held -= s->out.queue.bytes;
    h2->guard.heads -= s->in.counted;
    edoi_h2_queue_deinit(&s->out.queue);
    edoi_h2_drop_body(s);
}

bool edoi_h2_stream_let_go(edoi_h2_stream *s) {
    if (s->in_session || edoi_h2_has_user(s) || s->pins > 0) return false;
    stream_unlink(s);
    return true;
}

void edoi_h2_stream_free(edoi_h2_stream *s) {
    edoi_h2_conn *h2 = s->h2;
    EDO_INV("h2 inv. 2", !s->in_session && !edoi_h2_has_user(s) && s->pins == 0);
    edoi_http_exchange_release(&s->x); // first: a `drop` of the program's may use the rest
    edo_rc_unref(s->in.trailers);
    edoi_free(s->in.stall);
    edoi_free(s->out.stall);
    edoi_free(s->out.left);
    edo_arena_deinit(&s->x.arena); // so the next head gets a piece as large as it is
    edo_slab_put(h2->shared->streams, s);
    edoi_http_conn_unref(h2->conn);
}

void edoi_h2_stream_end(edoi_h2_stream *s) {
    if (!edoi_h2_stream_let_go(s)) return;
    s->next = s->h2->ended;
    s->h2->ended = s;
}

void edoi_h2_free_ended(edoi_h2_conn *h2) {
    edoi_h2_stream *first = h2->ended, *next;
    h2->ended = NULL;
    for (edoi_h2_stream *s = first; s; s = next) {
        next = s->next;
        edoi_h2_stream_free(s);
    }
}

void edoi_h2_stream_put_fresh(edoi_h2_stream *s) {
    edoi_h2_fiber_on_head(&s->fiber);
    *s->h2->fresh_end = s;
    s->h2->fresh_end = &s->fiber.next_fresh;
}

static void stream_forget_fresh(edoi_h2_conn *h2, const edoi_h2_stream *s) {
    for (edoi_h2_stream **at = &h2->fresh; *at; at = &(*at)->fiber.next_fresh) {
        if (*at != s) continue;
        *at = s->fiber.next_fresh;
        if (!*at) h2->fresh_end = at;
        return;
    }
}

void edoi_h2_stream_close(edoi_h2_stream *s, uint32_t error) {
    s->in_session = false;
    if (s->h2->heading == s) edoi_h2_end_heading(s->h2);
    if (edoi_h2_fiber_on_close(&s->fiber)) {
        stream_forget_fresh(s->h2, s);
    } else if (edoi_h2_has_user(s)) {
        s->is_reset = error != NGHTTP2_NO_ERROR || !s->out.has_ended;
        if (s->is_reset) edoi_h2_cancel(s);
        edoi_h2_wake_at_end(s); // a reset without an error may have ended the input, too
        s->fiber.is_forsaken = s->is_reset && edoi_h2_fiber_is_there(&s->fiber);
        s->h2->guard.forsaken_n += s->fiber.is_forsaken;
    }
    edoi_h2_stream_end(s);
}

/* ---- Slow clients ---------------------------------------------------------------------------- */

int edoi_h2_stall_wait(edoi_h2_stream *s, edoi_stall **stall, edo_duration limit, uint64_t bytes,
                       edo_cx *cx) {
    const edo_http_server_opts *o = &s->x.server->opts;
    if (s->fiber.is_unlimited || (limit.ns == EDO_FOREVER_NS && o->rate_min == 0)) return 0;
    if (!*stall) {
        *stall = edoi_alloc(sizeof **stall);
        if (!*stall) return -ENOMEM;
        edoi_stall_begin(*stall, limit, o->rate_min, o->rate_grace);
        edoi_stall_count(*stall, bytes);
    }
    return edoi_stall_is_over(*stall, cx) ? -ETIMEDOUT : 0;
}

/* ---- The fiber ------------------------------------------------------------------------------- */

/* The response is made, or cannot be: what is left of it the state machine sends. */
static void stream_finish(edoi_h2_stream *s) {
    edoi_h2_conn *h2 = s->h2;
    edoi_http_conn_ref(h2->conn); // the stream's may be the last one
    edoi_h2_lock(h2);
    edo_task *task = edoi_h2_fiber_on_end(&s->fiber);
    s->fiber.left_at = edo_now_coarse();
    if (!s->tunnel.is_there) s->out.gone = 0; // from here on it says that the client still reads
    h2->guard.forsaken_n -= s->fiber.is_forsaken;
    s->fiber.is_forsaken = false;
    if (!s->tunnel.is_there) edoi_h2_drop_body(s);
    bool is_last = edoi_h2_stream_let_go(s);
    edoi_h2_unlock_and_kick(h2);
    if (is_last) edoi_h2_stream_free(s);
    edo_task_unref(task);
    edoi_http_conn_unref(h2->conn);
}

static int stream_main(void *arg) {
    edoi_h2_stream *s = arg;
    edoi_http_exchange *x = &s->x;
    edoi_headers_room room;
    x->frame = __builtin_frame_address(0);
    x->room = &room;
    edoi_http_exchange_begin(x);
    int code = x->server->handler(&x->req, &x->res, x->server->arg);
    code = edoi_http_exchange_respond(x, code);
    edoi_http_exchange_end(x, code);
    edo_headers_deinit(&x->res.headers); // which has `room`
    x->room = NULL;
    edoi_h2_end_tunnel(s);
    edoi_h2_start_detached(s);
    stream_finish(s);
    return 0;
}

/* There is no memory for a fiber: the client may try again. */
static void stream_refuse(edoi_h2_stream *s) {
    (void)nghttp2_submit_rst_stream(s->h2->session, NGHTTP2_FLAG_NONE, s->id,
                                    NGHTTP2_REFUSED_STREAM);
}

/* Called with the lock held: what was spawned is the stream's now, unless it has ended already. */
static void stream_started(edoi_h2_stream *s) {
    if (s->fiber.refusal != 0) {
        edoi_h2_refuse(s);
        return;
    }
    edo_task_unref(edoi_h2_fiber_on_spawn(&s->fiber));
    if (s->fiber.phase == EDOI_H2_WITHOUT) stream_refuse(s);
    // when all handlers were cancelled this one had no task yet
    bool was_cancelled = s->is_reset || s->h2->is_ending;
    if (s->fiber.phase == EDOI_H2_RUNS && was_cancelled) edoi_h2_cancel(s);
}

bool edoi_h2_start_fresh(edoi_h2_conn *h2) {
    edoi_h2_stream *first = h2->fresh, *next;
    if (!first) return false;
    edoi_h2_lock(h2); // others look at the streams
    h2->fresh = NULL;
    h2->fresh_end = &h2->fresh;
    for (edoi_h2_stream *s = first; s; s = s->fiber.next_fresh)
        (void)edoi_h2_fiber_on_take(&s->fiber);
    edoi_h2_unlock(h2);
    for (edoi_h2_stream *s = first; s; s = s->fiber.next_fresh) {
        if (s->fiber.phase == EDOI_H2_STARTS)
            s->fiber.task = edo_spawn_at(stream_main, s, "edo_http2_stream");
    }
    edoi_h2_lock(h2);
    for (edoi_h2_stream *s = first; s; s = next) {
        next = s->fiber.next_fresh;
        stream_started(s); // the session knows it, so it is there
    }
    edoi_h2_deliver(h2);
    edoi_h2_unlock(h2);
    return true;
}
