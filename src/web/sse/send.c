/* SPDX-License-Identifier: MIT */
/* web/sse/send.c: events as they go out.
 *
 * Two tasks write: the handler, and the keeper, a state machine that sends a comment when nothing
 * was sent for a while. Each writes whole events, with `sending` held.
 *
 * What they share belongs to the request, so a handler that returns without edo_sse_end() leaves
 * nothing on its stack: the request ends the events when its handler has returned. */
#include "web/sse/sse.h"

#include "base/atomic.h"
#include "web/request/web.h"

#include <edo/async.h>
#include <edo/mutex.h>
#include <edo/scope.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEEP_ALIVE_S 15
#define KEPT_BYTES   ((size_t)4 << 10) /* of memory for text, between events */
#define NS_PER_MS    1000000

struct edo_sse_events {
    edo_cancel_block block; /* from start to end */
    edo_web *web;
    edo_cancel_token *drain; /* borrowed from the server */
    edo_stream *out;         /* borrowed from the response; NULL: none */
    edo_task *keeper;        /* sends the comments; NULL: nobody */
    edo_mutex sending;       /* of what is written to `out`, and of `text` */
    edo_buf text;
    edo_duration keep_alive;
    edo_atomic_u64 due_ns; /* atomic, relaxed: when a comment is due */
};

/* ---- The text of an event -------------------------------------------------------------------- */

/* Is it one line, so that it fits into a field? */
static bool is_line(edo_str s) {
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] == '\r' || s.ptr[i] == '\n' || s.ptr[i] == 0) return false;
    return true;
}

/* The client says it in a field of its next request. */
static bool is_id(edo_str s) {
    for (size_t i = 0; i < s.len; i++)
        if (((unsigned char)s.ptr[i] < ' ' && s.ptr[i] != '\t') || s.ptr[i] == 0x7f) return false;
    return true;
}

static bool is_good(const edo_sse_event *e) {
    return is_line(e->event) && is_id(e->id) && e->retry.ns >= 0 && e->reserved[0] == 0 &&
           e->reserved[1] == 0;
}

static int put(edo_buf *to, edo_str s) {
    return s.len > 0 ? edo_buf_append(to, s.ptr, s.len) : 0;
}

static int put_line(edo_buf *to, edo_str field, edo_str value) {
    int err = put(to, field);
    if (err == 0) err = put(to, EDO_STR(": "));
    if (err == 0) err = put(to, value);
    return err < 0 ? err : put(to, EDO_STR("\n"));
}

/* A field for each line of the text: what ends a line there never ends a field here. */
static int put_lines(edo_buf *to, edo_str field, edo_str text) {
    const char *at = text.ptr, *end = text.ptr + text.len;
    for (;;) {
        const char *stop = at;
        while (stop < end && *stop != '\n' && *stop != '\r') stop++;
        int err = put_line(to, field, (edo_str){ at, (size_t)(stop - at) });
        if (err < 0 || stop == end) return err;
        at = stop + (*stop == '\r' && stop + 1 < end && stop[1] == '\n' ? 2 : 1);
    }
}

static int put_retry(edo_buf *to, edo_duration retry) {
    char text[24];
    int64_t ms = retry.ns / NS_PER_MS + (retry.ns % NS_PER_MS > 0); // 0: at once, again and again
    int n = snprintf(text, sizeof text, "%" PRId64, ms);
    return put_line(to, EDO_STR("retry"), (edo_str){ text, (size_t)n });
}

static int print(edo_buf *to, const edo_sse_event *e) {
    int err = e->comment.ptr ? put_lines(to, EDO_STR(""), e->comment) : 0;
    if (err == 0 && e->event.ptr) err = put_line(to, EDO_STR("event"), e->event);
    if (err == 0 && e->id.ptr) err = put_line(to, EDO_STR("id"), e->id);
    if (err == 0 && e->retry.ns > 0) err = put_retry(to, e->retry);
    if (err == 0 && e->data.ptr) err = put_lines(to, EDO_STR("data"), e->data);
    return err < 0 ? err : put(to, EDO_STR("\n"));
}

/* ---- Sending --------------------------------------------------------------------------------- */

static void put_off_comment(edo_sse_events *s) {
    edoi_store_rlx_u64(&s->due_ns, (uint64_t)edo_instant_add(edo_now(), s->keep_alive).ns);
}

/* Called with `sending` held. */
static int send_locked(edo_sse_events *s, const edo_sse_event *e) {
    s->text.len = 0;
    int err = print(&s->text, e);
    if (err == 0) err = edo_write_all(s->out, s->text.ptr, s->text.len);
    if (err == 0) err = edo_flush(s->out);
    if (s->text.cap > KEPT_BYTES) edo_buf_deinit(&s->text);
    put_off_comment(s);
    return err;
}

static int send_event(edo_sse_events *s, const edo_sse_event *event) {
    int err = edo_mutex_lock(&s->sending);
    if (err < 0) return err;
    err = send_locked(s, event);
    edo_mutex_unlock(&s->sending);
    return err;
}

int edo_sse_send(edo_sse *s, const edo_sse_event *event) {
    if (!is_good(event)) return -EINVAL;
    return s->events && s->events->out ? send_event(s->events, event) : -EDO_ECLOSED;
}

/* ---- The keeper ------------------------------------------------------------------------------ */

static edo_instant due(const edo_sse_events *s) {
    edo_instant at = { (int64_t)edoi_load_rlx_u64(&s->due_ns) };
    return at;
}

EDO_ASYNC(keep_alive, edo_sse_events *sse; bool has_lock;
          EDO_ONE_OF(edo_sleep_future nap; edo_mutex_lock_future lock; edo_writev_future write;
                     edo_flush_future flush;);) {
    EDO_BEGIN;
    for (;;) {
        EDO_TRY_AWAIT(edo_sleep_at_init(&self->nap, due(self->sse)));
        if (edo_instant_since(due(self->sse), edo_now()).ns > 0) continue;
        EDO_TRY_AWAIT(edo_mutex_lock_init(&self->lock, &self->sse->sending));
        self->has_lock = true;
        EDO_TRY_AWAIT(edo_write_all_init(&self->write, self->sse->out, ":\n\n", 3));
        EDO_TRY_AWAIT(edo_flush_init(&self->flush, self->sse->out));
        self->has_lock = false;
        edo_mutex_unlock(&self->sse->sending);
        put_off_comment(self->sse);
    }
    EDO_CLEANUP;
    if (self->has_lock) edo_mutex_unlock(&self->sse->sending);
    EDO_END;
}

static int start_keeper(edo_sse_events *s) {
    if (s->keep_alive.ns < 0) return 0;
    put_off_comment(s);
    keep_alive k = { .sse = s };
    s->keeper = edo_spawn_future(keep_alive_init(&k));
    return s->keeper ? 0 : edo_task_join(NULL);
}

/* ---- The response ---------------------------------------------------------------------------- */

static int begin_response(edo_sse_events *s, edo_web *w) {
    edo_response *res = edo_web_response(w);
    int err = edo_web_set_header(w, "content-type", "text/event-stream");
    if (err == 0) err = edo_web_set_header(w, "cache-control", "no-cache");
    if (err == 0) err = edo_web_set_header(w, "x-accel-buffering", "no");
    res->status = EDO_STATUS_OK;
    w->is_refused = false; // this is the response now, and breaks off if it fails
    if (err == 0) err = edo_response_stream(res, &s->out, -1);
    return err;
}

static bool are_good(const edo_sse_opts *o) {
    for (size_t i = 0; i < EDO_COUNT(o->reserved); i++)
        if (o->reserved[i] != 0) return false;
    return o->retry.ns >= 0;
}

/* Makes the events those of the request, with an open block. */
static int begin(edo_sse *s, edo_web *w, const edo_sse_opts *opts) {
    if (!are_good(opts)) return -EINVAL;
    if (w->events) return -EBUSY;
    edo_sse_events *events = calloc(1, sizeof *events);
    if (!events) return -ENOMEM;
    events->web = w;
    events->keep_alive = opts->keep_alive.ns ? opts->keep_alive : edo_s(KEEP_ALIVE_S);
    events->drain = edo_request_drain(w->req);
    edo_cancel_begin(&events->block, events->drain);
    w->events = s->events = events;
    return 0;
}

int edo_sse_start(edo_sse *s, edo_web *w, const edo_sse_opts *opts) {
    static const edo_sse_opts defaults = { .retry = { 0 } };
    if (!opts) opts = &defaults;
    s->events = NULL;
    int err = begin(s, w, opts);
    if (err == 0) err = begin_response(s->events, w);
    if (err == 0 && edo_web_request(w)->method == EDO_METHOD_HEAD) return -EDO_ECLOSED;
    if (err == 0 && opts->retry.ns != 0)
        err = edo_sse_send(s, &(edo_sse_event){ .retry = opts->retry });
    return err < 0 ? err : start_keeper(s->events);
}

int edoi_sse_end(edo_sse_events *s, int result) {
    if (s->keeper) {
        edo_shield shield = edo_shield_begin(edo_s(-1)); // the keeper borrows `s`
        edo_task_abort(s->keeper);
        (void)edo_task_join(s->keeper);
        edo_shield_end(&shield);
    }
    result = edo_cancel_end(&s->block, result);
    bool is_order = result == -EDO_ECLOSED || (result == -ECANCELED && edo_cancel_is_set(s->drain));
    s->web->events = NULL;
    edo_buf_deinit(&s->text);
    free(s);
    return is_order ? 0 : result;
}

int edo_sse_end(edo_sse *s, int result) {
    edo_sse_events *events = s->events;
    s->events = NULL;
    return events ? edoi_sse_end(events, result) : result;
}

edo_str edo_sse_last_id(edo_web *w) {
    edo_str id = edo_headers_get_named(&edo_web_request(w)->headers, EDO_STR("last-event-id"));
    return id.ptr ? id : EDO_STR("");
}
