/* SPDX-License-Identifier: MIT */
/* web/sse/detached.c: events whose handler has returned. Of their request only the connection is
 * left. It runs as a detached connection of the HTTP server: when there is input, when a comment is
 * due, and when the server drains. A flusher writes what is posted: a task without a stack, which
 * begins with the first event and ends when none is left. No other task writes. */
#include "net/tcp/taken.h"
#include "web/posts/flusher.h"
#include "web/request/web.h"
#include "web/sse/sse.h"

#include <edo/http_upgrade.h>

#define EDO_TARGET "web"
#include <edo/log.h>

#include <errno.h>

#define KEEP_ALIVE_S 15
#define RUN_READS    16 /* in one run, whose input is dropped */

/* Counted by edo_rc. */
typedef struct sse_detached {
    edo_sse_events events;          /* first: a pointer to it is one to the events */
    edo_stream *stream;             /* const, shared */
    const edo_sse_handler *handler; /* const */
    const edo_str *route;           /* const; for the log; NULL: none */
    void *arg;                      /* passed to the handler */
    edo_sse_frame *comment;         /* const, counted; NULL: the default one */
    edo_duration keep_alive;        /* const; negative: no comments */
    edo_duration write_timeout;     /* const */
    edo_atomic_u64 due_ns;          /* atomic, relaxed: when a comment is due */
    edo_atomic_u64 wrote_ns;        /* atomic, relaxed: when the flusher has last written */
    bool is_chunked;                /* const */
    edo_atomic_u32 has_ended;       /* atomic, relaxed: the last event was written */
} sse_detached;

_Static_assert(sizeof(sse_detached) <= 216 || sizeof(pthread_mutex_t) != 40,
               "with its count and malloc's word as much as a silent WebSocket has");

static sse_detached *sse_events_detached_of(edo_sse_events *s) {
    return (sse_detached *)(void *)s;
}

static void sse_detached_put_off_comment(sse_detached *d) {
    if (d->keep_alive.ns < 0) return;
    edoi_store_rlx_u64(&d->due_ns, (uint64_t)edo_instant_add(edo_now(), d->keep_alive).ns);
}

static edo_instant sse_detached_due(const sse_detached *d) {
    if (d->keep_alive.ns < 0) return (edo_instant){ EDO_FOREVER_NS };
    return (edo_instant){ (int64_t)edoi_load_rlx_u64(&d->due_ns) };
}

/* ---- The flusher ----------------------------------------------------------------------------- */

/* Breaks the connection off, which that notices. */
static void detached_break_off(edo_sse_events *s) {
    edoi_tcp_break_off(sse_events_detached_of(s)->stream);
}

static int sse_flush_next(void *owner, edoi_post **post, edo_str *bytes) {
    const sse_detached *d = owner;
    edo_sse_frame *f = edoi_sse_next(owner);
    if (!f) return 0;
    *post = &f->post;
    *bytes = d->is_chunked ? edoi_sse_chunk(f) : edoi_sse_text(f);
    return 1;
}

static void sse_flush_wrote(void *owner) {
    sse_detached *d = owner;
    edoi_store_rlx_u64(&d->wrote_ns, (uint64_t)edo_now().ns);
    sse_detached_put_off_comment(d);
}

/* After the last event the connection goes on until its client has taken all, and is woken for that
 * by the end of its input. */
static void sse_flush_ended(void *owner, int err) {
    sse_detached *d = owner;
    edoi_sse_shut(owner);
    edoi_store_rlx_u32(&d->has_ended, err == 0); // relaxed: the wake orders
    if (err == 0 && edoi_tcp_end_input(d->stream)) return;
    int shut; // without TCP the stream ends here: in order, or not
    if (err == 0) (void)d->stream->ops->poll_shutdown(d->stream, NULL, NULL, &shut);
    detached_break_off(owner);
}

/* Starts the flusher. Returns 0, or a code if it cannot be: then the response is broken off. */
static int start_flusher(sse_detached *d) {
    static const edoi_flusher_ops ops = { .next = sse_flush_next,
                                          .wrote = sse_flush_wrote,
                                          .ended = sse_flush_ended };
    edoi_flush f = { .ops = &ops, .owner = d, .stream = d->stream, .limit = d->write_timeout };
    int err = edoi_flusher_start(&f, NULL, EDO_STR(""));
    if (err < 0) sse_flush_ended(d, err);
    return err;
}

static int detached_posted(edo_sse_events *s, bool is_idle) {
    return is_idle ? start_flusher(sse_events_detached_of(s)) : 0;
}

static const edoi_sse_driver driver = { .posted = detached_posted, .lost = detached_break_off };

/* ---- A run ----------------------------------------------------------------------------------- */

/* Queues the end behind the events. Returns 0; -EDO_ECLOSED if they have ended, or will; or a code
 * with which the response was broken off instead. */
static int end_in_order(sse_detached *d) {
    int err = edoi_sse_push_end(&d->events);
    if (err < 0 && err != -EDO_ECLOSED) sse_flush_ended(d, err);
    return err == 1 ? start_flusher(d) : err;
}

static void sse_detached_tell_failure(const sse_detached *d, int code) {
    char why[512];
    const edo_str at = d->route ? *d->route : EDO_STR("");
    const char *blank = at.len > 0 ? " " : "";
    if (!edo_log_enabled(EDO_LEVEL_WARN, EDO_TARGET)) return;
    (void)edo_trail_print_text(why, sizeof why, code, EDO_TRAIL_LINE);
    edo_warn("the handler of the events%s%.*s failed: %s", blank, (int)at.len, at.ptr, why);
}

/* Opens the events. Returns 0, or a code with which they end. */
static int sse_detached_open(sse_detached *d) {
    if (edoi_sse_queued(&d->events) > 0) // by the start, which had no stream
        (void)start_flusher(d);          // without memory the stream was closed, which ends the run
    int err = d->handler->on_open ? d->handler->on_open(&d->events) : 0;
    if (err == -EDO_ECLOSED) return end_in_order(d) < 0 ? err : 0;
    if (err < 0 && err != -ECANCELED) sse_detached_tell_failure(d, err);
    return err < 0 ? err : 0;
}

static int drop_input(sse_detached *d) {
    char dropped[512];
    for (int i = 0; i < RUN_READS; i++) {
        int n = edo_try_read(d->stream, dropped, sizeof dropped);
        if (n == 0) return -EDO_EEOF;
        if (n < 0) return n == -EAGAIN ? 0 : n;
        if (n < (int)sizeof dropped) return 0; // a stream that has more says so to the next look
    }
    return 0;
}

/* Sends a comment that is due, unless the client has not read what was sent before. */
static void comment(sse_detached *d) {
    edo_sse_frame *f = d->comment ? edo_rc_ref(d->comment) : NULL;
    sse_detached_put_off_comment(d); // also without memory, or the machine would run at once again
    if (!f && edo_sse_frame_new(&f, &(edo_sse_event){ .comment = EDO_STR("") }) < 0) return;
    edoi_posts_gone gone = { .n = 0 };
    pthread_mutex_lock(&d->events.queue.lock);
    bool is_wanted = d->events.is_open && !d->events.queue.ring;
    int err = is_wanted ? edoi_sse_push(&d->events, f, NULL, &gone) : 0;
    pthread_mutex_unlock(&d->events.queue.lock);
    edoi_posts_give_back(&gone);
    edo_sse_frame_unref(f);
    if (err == 1) (void)start_flusher(d); // as at the start
}

static int sse_detached_run_for(sse_detached *d, uint32_t why, edo_instant now) {
    int err = why & EDO_DETACHED_BEGIN ? sse_detached_open(d) : 0;
    if (why & EDO_DETACHED_END) return -ECONNABORTED;
    if (err == 0 && edoi_load_rlx_u32(&d->has_ended)) return -EDO_ECLOSED; // relaxed: see above
    if (err == 0 && (why & EDO_DETACHED_INPUT)) err = drop_input(d);
    if (err == 0 && (why & EDO_DETACHED_DRAIN)) (void)end_in_order(d); // or broken off: it ends
    if (err == 0 && now.ns >= sse_detached_due(d).ns) comment(d);
    return err;
}

static int sse_detached_run(void *arg, uint32_t why, edo_instant now, edo_instant *at) {
    sse_detached *d = arg;
    int err = sse_detached_run_for(d, why, now);
    *at = sse_detached_due(d);
    if (err == 0) return 0;
    edoi_sse_shut(&d->events);
    if (d->handler->on_close) d->handler->on_close(&d->events);
    return err;
}

/* ---- The response ---------------------------------------------------------------------------- */

static void sse_detached_deinit(void *self) {
    sse_detached *d = self;
    edoi_sse_events_deinit(&d->events);
    edo_sse_frame_unref(d->comment);
    if (d->stream) edo_stream_unref(d->stream);
}

static int sse_detached_queue(sse_detached *d, const edo_sse_event *e) {
    edoi_posts_gone gone = { .n = 0 };
    edo_sse_frame *f;
    int err = edo_sse_frame_new(&f, e);
    if (err < 0) return err;
    err = edoi_sse_push(&d->events, f, NULL, &gone); // no other task has the events yet
    edoi_posts_give_back(&gone);
    edo_sse_frame_unref(f);
    return err < 0 ? err : 0;
}

static int detached_new(sse_detached **out, const edo_sse_handler *h, void *arg,
                        const edo_sse_opts *opts) {
    sse_detached *d = edo_rc_new(sizeof *d, sse_detached_deinit);
    if (!d) return -ENOMEM;
    *d = (sse_detached){ .handler = h,
                         .arg = arg,
                         .keep_alive =
                             opts->keep_alive.ns ? opts->keep_alive : edo_s(KEEP_ALIVE_S) };
    edoi_sse_events_init(&d->events, &driver, opts);
    d->events.is_open = true;
    sse_detached_put_off_comment(d);
    int err = 0;
    if (opts->keep_alive_text.len > 0)
        err = edo_sse_frame_new(&d->comment, &(edo_sse_event){ .comment = opts->keep_alive_text });
    if (err == 0 && opts->retry.ns > 0)
        err = sse_detached_queue(d, &(edo_sse_event){ .retry = opts->retry });
    if (err < 0) {
        edo_rc_unref(d);
        return err;
    }
    *out = d;
    return 0;
}

static edo_instant sse_detached_wrote_at(void *self) {
    return (edo_instant){ (int64_t)edoi_load_rlx_u64(&((sse_detached *)self)->wrote_ns) };
}

/* For HEAD the head is all. */
static int respond_to_head(edo_web *w) {
    edo_stream *none;
    return edo_response_stream(edo_web_response(w), &none, -1);
}

static int sse_detached_detach(sse_detached *d, edo_web *w) {
    static const edo_detached_ops ops = { .run = sse_detached_run,
                                          .drop = edo_rc_unref,
                                          .wrote_at = sse_detached_wrote_at };
    edo_stream *stream;
    int err = edo_response_raw(w->req, w->res, &stream, &d->is_chunked);
    if (err < 0) return err;
    d->stream = edo_stream_ref(stream);
    d->write_timeout = edo_request_write_timeout(w->req);
    return edo_upgrade_detach(w->req, &ops, d);
}

int edo_sse_handle(edo_web *w, const edo_sse_handler *h, void *arg, const edo_sse_opts *opts) {
    static const edo_sse_opts defaults = { .retry = { 0 } };
    sse_detached *d;
    if (!opts) opts = &defaults;
    if (!edoi_sse_are_good(opts)) return -EINVAL;
    if (h->reserved[0] || h->reserved[1]) return -EINVAL;
    int err = edo_budget_consume();
    if (err == 0 && w->events) err = -EBUSY;
    if (err == 0) err = edoi_sse_set_head(w);
    if (err < 0) return err;
    if (w->req->method == EDO_METHOD_HEAD) return respond_to_head(w);
    err = detached_new(&d, h, arg, opts);
    if (err == 0) d->route = w->to.place ? &w->to.place->leaf.pattern->text : NULL;
    if (err == 0 && (err = sse_detached_detach(d, w)) < 0) edo_rc_unref(d);
    return err;
}

void *edo_sse_arg(const edo_sse_events *events) {
    return events->driver == &driver ? ((const sse_detached *)(const void *)events)->arg : NULL;
}

void edo_sse_set_arg(edo_sse_events *events, void *arg) {
    if (events->driver == &driver) sse_events_detached_of(events)->arg = arg;
}

int edo_sse_close(edo_sse_events *events) {
    return events->driver == &driver ? end_in_order(sse_events_detached_of(events)) : -ENOTSUP;
}
