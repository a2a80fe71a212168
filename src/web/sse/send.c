/* SPDX-License-Identifier: MIT */
/* web/sse/send.c: the events of a handler that goes on.
 *
 * Two tasks write: the handler, and the keeper, a state machine that sends what was posted
 * (post.c), and a comment when nothing was sent for a while. Each writes whole events, with
 * `sending` held.
 *
 * What they share belongs to the request, and nothing of it lies on the handler's stack. So a
 * handler may return without edo_sse_end(): the request then ends the events. */
#include "base/assert.h"
#include "base/opts.h"
#include "http/server/exchange/exchange.h"
#include "web/sse/sse.h"

#include "web/request/web.h"

#include <edo/async.h>
#include <edo/cancel.h>
#include <edo/mutex.h>
#include <edo/notify.h>
#include <edo/scope.h>

#include <errno.h>

#define KEPT_BYTES ((size_t)4 << 10) /* of memory for text, kept between events */

#define KEEP_ALIVE_S 15

/* Counted: the request has a reference from start to end. Whole events are written to `out`, with
 * `sending` held. */
typedef struct bracket {
    edo_sse_events events;  /* first: a pointer to it is one to the events */
    edo_cancel_block block; /* open from start to end */
    edo_web *web;
    edo_cancel_token *drain; /* borrowed from the server */
    edo_cancel_token *over;  /* owned; fires with `drain`, or when an event could not be sent */
    edo_stream *out;         /* borrowed from the response; NULL: none */
    edo_task *keeper;        /* sends comments and queued events; NULL: there is none */
    edo_mutex sending;       /* guards writes to `out`, `text` and `is_torn` */
    bool is_torn;            /* a part of an event was sent, and its rest will not be */
    edo_buf text;
    edo_buf comment; /* const; empty: the default one */
    edo_duration keep_alive;
    edo_atomic_u64 due_ns; /* atomic, relaxed: when a comment is due */
    edo_notify posted;     /* woken when something was queued */
} bracket;

static bracket *bracket_of(edo_sse_events *s) {
    return (bracket *)(void *)s;
}

static int sse_posted(edo_sse_events *s, bool is_idle) {
    (void)is_idle; // the keeper takes as many as there are, and looks again
    edo_notify_one(&bracket_of(s)->posted);
    return 0;
}

static void sse_lost(edo_sse_events *s) {
    edo_cancel(bracket_of(s)->over, 0);
}

static void bracket_deinit(void *self) {
    bracket *b = self;
    edo_cancel_unref(b->over);
    edo_buf_deinit(&b->comment);
    edoi_sse_events_deinit(&b->events);
}

static int bracket_new(bracket **out, const edo_sse_opts *opts, edo_cancel_token *drain) {
    static const edoi_sse_driver driver = { .posted = sse_posted, .lost = sse_lost };
    bracket *b = edo_rc_new(sizeof *b, bracket_deinit);
    if (!b) return -ENOMEM;
    *b = (bracket){ .drain = drain,
                    .sending = EDO_MUTEX_INIT,
                    .posted = EDO_NOTIFY_INIT,
                    .keep_alive = opts->keep_alive.ns ? opts->keep_alive : edo_s(KEEP_ALIVE_S) };
    edoi_sse_events_init(&b->events, &driver, opts);
    edo_buf_init(&b->text);
    edo_buf_init(&b->comment);
    int err = edo_cancel_child(&b->over, drain);
    if (err == 0 && opts->keep_alive_text.len > 0)
        err = edoi_sse_print(&b->comment, &(edo_sse_event){ .comment = opts->keep_alive_text });
    if (err < 0) {
        edo_rc_unref(b);
        return err;
    }
    *out = b;
    return 0;
}

/* ---- Sending --------------------------------------------------------------------------------- */

static void bracket_put_off_comment(bracket *s) {
    if (s->keep_alive.ns < 0) return;
    edoi_store_rlx_u64(&s->due_ns, (uint64_t)edo_instant_add(edo_now(), s->keep_alive).ns);
}

/* Sends `text`. A cut amid it owes the client the rest, since other events follow; without that
 * none may. Called with `sending` held. */
static int bracket_send_text(bracket *s) {
    const edo_str text = { s->text.ptr, s->text.len };
    if (s->is_torn) return -EPIPE;
    int err = edoi_response_write_piece(edo_web_response(s->web), s->out, text, &s->is_torn);
    if (s->is_torn) edoi_sse_lose(&s->events);
    return err;
}

/* Called with `sending` held. */
static int send_locked(bracket *s, const edo_sse_event *e) {
    EDO_ASSERT(s->out);
    s->text.len = 0;
    int err = edoi_sse_print(&s->text, e);
    if (err == 0) err = bracket_send_text(s);
    if (err == 0) err = edo_flush(s->out);
    if (s->text.cap > KEPT_BYTES) edo_buf_deinit(&s->text);
    bracket_put_off_comment(s);
    return err;
}

static int send_event(bracket *s, const edo_sse_event *event) {
    int err = edo_mutex_lock(&s->sending);
    if (err < 0) return err;
    err = send_locked(s, event);
    edo_mutex_unlock(&s->sending);
    return err;
}

int edo_sse_send(edo_sse *s, const edo_sse_event *event) {
    int err = edo_budget_consume();
    if (err < 0) return err;
    if (!edoi_sse_is_good(event)) return -EINVAL;
    bracket *b = s->events ? bracket_of(s->events) : NULL;
    return b && b->out ? send_event(b, event) : -EDO_ECLOSED;
}

/* ---- The keeper ------------------------------------------------------------------------------ */

/* Returns the time until the next comment is due. */
static edo_duration until_due(const bracket *s) {
    if (s->keep_alive.ns < 0) return edo_ns(EDO_FOREVER_NS);
    edo_instant at = { (int64_t)edoi_load_rlx_u64(&s->due_ns) };
    return edo_instant_since(at, edo_now());
}

static edo_str comment_of(const bracket *s) {
    return s->comment.len > 0 ? (edo_str){ s->comment.ptr, s->comment.len } : EDO_STR(":\n\n");
}

/* The keeper. A write that fails ends the events, since the handler may be waiting for something
 * else. */
EDO_ASYNC(keep, bracket *sse; edo_sse_frame * frame; size_t left; bool has_lock; bool is_writing;
          edo_notify_wait_future posted;
          EDO_ONE_OF(edo_timeout_future wait; edo_mutex_lock_future lock; edo_writev_future write;
                     edo_flush_future flush;);) {
    EDO_BEGIN;
    for (;;) {
        EDO_AWAIT(edo_timeout_init(&self->wait,
                                   edo_notify_wait_init(&self->posted, &self->sse->posted),
                                   until_due(self->sse)));
        if (edo_result(&self->wait) < 0 && edo_result(&self->wait) != -ETIMEDOUT)
            EDO_RETURN(edo_result(&self->wait));
        self->left = edoi_sse_queued(&self->sse->events);
        if (self->left == 0 && until_due(self->sse).ns > 0) continue;
        EDO_TRY_AWAIT(edo_mutex_lock_init(&self->lock, &self->sse->sending));
        self->has_lock = true;
        if (self->sse->is_torn) EDO_RETURN(-EDO_ECLOSED);
        self->is_writing = true;
        if (self->left == 0)
            EDO_TRY_AWAIT(edo_write_all_init(&self->write, self->sse->out,
                                             comment_of(self->sse).ptr, comment_of(self->sse).len));
        for (; self->left > 0 && (self->frame = edoi_sse_next(&self->sse->events)); self->left--) {
            EDO_TRY_AWAIT(edo_write_all_init(&self->write, self->sse->out,
                                             edoi_sse_text(self->frame).ptr,
                                             edoi_sse_text(self->frame).len));
            edo_sse_frame_unref(self->frame);
            self->frame = NULL;
        }
        self->is_writing = false;
        EDO_TRY_AWAIT(edo_flush_init(&self->flush, self->sse->out));
        self->has_lock = false;
        edo_mutex_unlock(&self->sse->sending);
        bracket_put_off_comment(self->sse);
    }
    EDO_CLEANUP;
    edo_sse_frame_unref(self->frame);
    if (self->is_writing && self->write.done > 0)
        self->sse->is_torn = true; // the lock is still held: the next who writes sees it
    edoi_sse_lose(&self->sse->events);
    if (self->has_lock) edo_mutex_unlock(&self->sse->sending);
    EDO_END;
}

static int start_keeper(bracket *s) {
    bracket_put_off_comment(s);
    edoi_sse_open(&s->events);
    keep k = { .sse = s };
    s->keeper = edo_spawn_future(keep_init(&k));
    return s->keeper ? 0 : edo_task_join(NULL);
}

/* ---- The response ---------------------------------------------------------------------------- */

int edoi_sse_set_head(edo_web *w) {
    int err = edo_web_set_header(w, "content-type", "text/event-stream");
    if (err == 0) err = edo_web_set_header(w, "cache-control", "no-cache");
    if (err == 0) err = edo_web_set_header(w, "x-accel-buffering", "no");
    edo_web_response(w)->status = EDO_STATUS_OK;
    w->is_refused = false; // this is the response now; if it fails it is broken off
    return err;
}

bool edoi_sse_are_good(const edo_sse_opts *o) {
    if (!edoi_all_zero(o->reserved, EDO_COUNT(o->reserved))) return false;
    return o->retry.ns >= 0;
}

/* Makes the events, with an open block, and gives them to the request. */
static int sse_begin(edo_sse *s, edo_web *w, const edo_sse_opts *opts) {
    bracket *b;
    if (!edoi_sse_are_good(opts)) return -EINVAL;
    if (w->events) return -EBUSY;
    int err = bracket_new(&b, opts, edo_request_drain(w->req));
    if (err < 0) return err;
    b->web = w;
    edo_cancel_begin(&b->block, b->over);
    w->events = s->events = &b->events;
    return 0;
}

int edo_sse_start(edo_sse *s, edo_web *w, const edo_sse_opts *opts) {
    static const edo_sse_opts defaults = { .retry = { 0 } };
    if (!opts) opts = &defaults;
    s->events = NULL;
    int err = sse_begin(s, w, opts);
    if (err == 0) err = edoi_sse_set_head(w);
    if (err == 0) err = edo_response_stream(edo_web_response(w), &bracket_of(s->events)->out, -1);
    if (err == 0 && edo_web_request(w)->method == EDO_METHOD_HEAD) return -EDO_ECLOSED;
    if (err == 0 && opts->retry.ns != 0)
        err = edo_sse_send(s, &(edo_sse_event){ .retry = opts->retry });
    return err < 0 ? err : start_keeper(bracket_of(s->events));
}

int edoi_sse_end(edo_sse_events *events, int result) {
    bracket *s = bracket_of(events);
    EDO_ASSERT(s->web && s->web->events == events); // they end once
    edoi_sse_shut(events);
    if (s->keeper) {
        edo_shield shield;
        edo_shield_begin(&shield, edo_s(-1)); // the keeper borrows `s`
        edo_task_cancel(s->keeper);
        (void)edo_task_join(s->keeper);
        (void)edo_shield_end(&shield, 0);
    }
    result = edo_cancel_end(&s->block, result);
    bool is_order = result == -EDO_ECLOSED || (result == -ECANCELED && edo_cancel_is_set(s->drain));
    s->web->events = NULL;
    s->web = NULL;
    edo_buf_deinit(&s->text);
    edo_rc_unref(s);
    return is_order ? 0 : result;
}

int edo_sse_end(edo_sse *s, int result) {
    edo_sse_events *events = s->events;
    s->events = NULL;
    return events ? edoi_sse_end(events, result) : result;
}

int edo_sse_wait(edo_sse *s) {
    int err = edo_budget_consume();
    if (err < 0) return err;
    if (!s->events) return -EDO_ECLOSED;
    err = edo_cancel_wait(bracket_of(s->events)->over);
    return err == 0 ? -ECANCELED : err; // the same token cuts the block short
}

edo_str edo_sse_last_id(edo_web *w) {
    edo_str id = edo_headers_get_named(&edo_web_request(w)->headers, EDO_STR("last-event-id"));
    return id.ptr ? id : EDO_STR("");
}
