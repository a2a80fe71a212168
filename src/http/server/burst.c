/* SPDX-License-Identifier: MIT */
/* http/server/burst.c: see conn.h. */
#include "http/server/conn.h"

#include "http/headers/map.h"
#include "http/server/count.h"
#include "http/server/h1/h1.h"
#include "http/server/h1/half.h"
#include "http/server/h1/origin.h"
#include "http/server/h1/request_head.h"
#include "http/server/h1/response_head.h"
#include "http/server/http2.h"

#include <edo/error.h>
#include <edo/scope.h>

#define EDO_TARGET "http"
#include <edo/log.h>

#include <errno.h>
#include <string.h>

#define LINGER_S         2 /* s: how long a client that still sends has to read the last response */
#define LINGER_BYTES_MAX (1u << 20)

/* ---- Reading a head -------------------------------------------------------------------------- */

/* The wait for more of a head that has begun. Its result is 0 at the end of the input. */
typedef struct more_future {
    edo_future base;
    edoi_http_input *in;
    edo_io_wait wait;
} more_future;

static edo_polled more_poll(edo_future *base, edo_cx *cx) {
    more_future *f = (more_future *)(void *)base;
    if (!edo_budget_take(cx)) return EDO_PENDING;
    int n;
    if (edoi_input_poll(f->in, cx, &f->wait, &n) == EDO_PENDING) {
        edo_budget_refund(cx);
        return EDO_PENDING;
    }
    edoi_input_unwait(f->in, &f->wait);
    return edo_future_finish(base, n);
}

static void more_drop(edo_future *base) {
    if (edo_future_is_over(base)) return;
    more_future *f = (more_future *)(void *)base;
    edoi_input_unwait(f->in, &f->wait);
    edo_future_retire(base);
}

static const edo_future_ops more_ops = {
    .poll = more_poll, .drop = more_drop, .name = "edo_http_head", .size = sizeof(more_future)
};

static edo_future *more_init(more_future *f, edoi_http_input *in) {
    *f = (more_future){ .in = in };
    return edo_future_init(&f->base, &more_ops);
}

/* How long the rest of a head may take. */
typedef struct patience {
    edo_instant end; /* set by the header timeout, or by the drain */
    bool is_set;
    bool hurried;
} patience;

/* Returns 0 once the time is over: a negative duration would mean no limit, and a byte may come
 * after the end. */
static edo_duration patience_left_of(const patience *p, edo_instant now) {
    edo_duration left = edo_instant_since(p->end, now);
    return left.ns < 0 ? (edo_duration){ 0 } : left;
}

/* Waits as a more_future does. Returns -EAGAIN if a drain has begun. */
static int more_or_hurry(edoi_http_exchange *x, bool hurried) {
    more_future more;
    if (hurried) return edo_await(more_init(&more, &x->h1->in));
    edo_cancel_wait_future hurry;
    int first = edo_select_with(EDO_SELECT_BIASED, more_init(&more, &x->h1->in),
                                edo_cancel_wait_init(&hurry, x->server->hurry));
    if (first < 0) return first;
    return first == 0 ? edo_result(&more) : -EAGAIN;
}

/* Returns the number of bytes that came, 0 at the end of the input, or a negative code. */
static int exchange_wait_for_more(edoi_http_exchange *x, patience *p, edo_instant now) {
    for (;;) {
        edo_deadline limit;
        edo_deadline_begin(&limit, patience_left_of(p, now));
        int n = edo_deadline_end(&limit, more_or_hurry(x, p->hurried));
        if (n != -EAGAIN) return n;
        p->hurried = true;
        now = edo_now();
        edo_instant end = edo_instant_add(now, edo_s(EDOI_HTTP_HURRY_S));
        if (edo_instant_since(p->end, end).ns > 0) p->end = end;
    }
}

/* Responds to bytes that are no request, or none that this server serves, and ends the
 * connection. */
static void exchange_refuse(edoi_http_exchange *x, edo_status status) {
    edoi_http_exchange_no_fields(x);
    edo_debug("a request was refused with %d: %s", status,
              x->h1->head.why ? x->h1->head.why : "too slow");
    edoi_http_count_refused(x, status);
    x->res.status = status;
    x->res.reason = (edo_str){ 0 };
    x->keeps = false;
    if (edoi_http_print_head(x, EDOI_FRAMING_LENGTH, 0) < 0) x->h1->out.end = 0;
}

/* Reads what has arrived, without waiting. Returns as exchange_wait_for_more(), and -EAGAIN if
 * nothing has arrived. */
static int exchange_read_now(edoi_http_exchange *x) {
    edo_io_wait none = { 0 };
    int n;
    (void)edoi_input_poll(&x->h1->in, NULL, &none, &n);
    return n;
}

/* Leaves the bytes of a head that has come in part to the connection. Returns false if they are too
 * many for that, or if there is no memory. */
static bool leave_half(edoi_http_exchange *x, const patience *p) {
    edo_str bytes = { x->h1->in.ptr + x->h1->in.begin, x->h1->in.end - x->h1->in.begin };
    return bytes.len <= EDOI_HTTP_HALF_MAX &&
           edoi_http_half_keep(x->conn, bytes, p->end, p->hurried) == 0;
}

/* Reads more of a head that has begun. Returns as exchange_wait_for_more(), and -EAGAIN if the head
 * was left to the connection. */
static int exchange_read_more(edoi_http_exchange *x, patience *p) {
    int n = exchange_read_now(x);
    if (n != -EAGAIN) return n;
    n = edoi_output_flush(&x->h1->out);
    if (n < 0) return n;
    edo_instant now = edo_now();
    if (!p->is_set) p->end = edo_instant_add(now, x->server->opts.header_timeout);
    p->is_set = true;
    if (now.ns >= p->end.ns) return -ETIMEDOUT;
    return leave_half(x, p) ? -EAGAIN : exchange_wait_for_more(x, p, now);
}

/* Parses what has arrived. Returns 0, EDOI_HTTP_MORE, a status, or a negative code. */
typedef int parse_fn(edoi_http_exchange *x);

/* The time of a head that an earlier burst has left runs from that burst on. */
static EDOI_NOINLINE patience take_patience(edoi_http_exchange *x) {
    edoi_http_half *h = x->h1->half;
    patience p = { .end = h->end, .is_set = true, .hurried = h->hurried };
    x->h1->half = NULL;
    edo_rc_unref(h);
    return p;
}

/* Is a single CR all that has come? It is the begin of an empty line, so nobody waits for a
 * response. */
static bool is_only_cr(const edoi_http_exchange *x) {
    return x->h1->in.end - x->h1->in.begin == 1 && x->h1->in.ptr[x->h1->in.begin] == '\r';
}

/* Takes empty lines off the input, which some clients send behind a body: they are no request (RFC
 * 9112 section 2.2), and the connection stays idle. Returns whether anything is left. */
EDOI_NOINLINE static bool skip_empty_lines(edoi_http_exchange *x) {
    edoi_http_input *in = &x->h1->in;
    bool takes_lf = x->server->opts.lenient & EDO_HTTP_LENIENT_BARE_LF;
    while (in->begin < in->end) {
        const char *at = in->ptr + in->begin;
        bool is_crlf = in->end - in->begin > 1 && at[0] == '\r' && at[1] == '\n';
        if (!is_crlf && !(takes_lf && at[0] == '\n')) return true;
        in->begin += is_crlf ? 2 : 1;
    }
    return false;
}

/* Has more of a request arrived than empty lines? A header of the PROXY protocol begins with
 * some. */
static bool exchange_has_bytes(edoi_http_exchange *x) {
    const edoi_http_input *in = &x->h1->in;
    if (in->begin == in->end) return false;
    bool is_text = (unsigned char)in->ptr[in->begin] > ' ';
    if (EDOI_LIKELY(is_text) || x->conn->origin != EDOI_HTTP_ORIGIN_KNOWN) return true;
    return skip_empty_lines(x);
}

/* Is there still a head, as more has come? What began with a CR may have been an empty line, and
 * the time of a head runs from its own first byte. */
EDOI_NOINLINE static bool is_still_head(edoi_http_exchange *x, patience *p) {
    uint32_t begin = x->h1->in.begin;
    if (!exchange_has_bytes(x)) return false;
    if (x->h1->in.begin == begin) return true;
    p->is_set = false;
    edo_headers_deinit(&x->req.headers);
    edoi_http_begin_head(x);
    return true;
}

/* Reads until `parse` has all that it wants. Returns 0; a status to refuse the client with; -EAGAIN
 * if the connection waits for the rest, or for a request, without this burst; or a negative
 * code. */
static int read_whole(edoi_http_exchange *x, parse_fn *parse) {
    patience p = { .is_set = false };
    if (EDOI_UNLIKELY(x->h1->half)) p = take_patience(x);
    edoi_http_begin_head(x);
    for (;;) {
        int status = parse(x);
        if (status != EDOI_HTTP_MORE) return status;
        if (edoi_input_make_room(&x->h1->in, x->server->opts.head_bytes_max) < 0)
            return EDO_STATUS_HEADERS_TOO_LARGE;
        int n = exchange_read_more(x, &p);
        if (n == -ETIMEDOUT && !is_only_cr(x)) return EDO_STATUS_REQUEST_TIMEOUT;
        if (n <= 0) return n < 0 ? n : -EDO_EEOF;
        if (EDOI_UNLIKELY(x->h1->in.ptr[x->h1->in.begin] == '\r') && !is_still_head(x, &p))
            return -EAGAIN;
    }
}

/* Has a further request begun to arrive? If not, the connection is idle, or it ends (`keeps` is
 * false). */
static bool has_begun(edoi_http_exchange *x) {
    edoi_input_next(&x->h1->in);
    if (exchange_has_bytes(x)) return true;
    if (x->h1->in.is_drained && !x->h1->in.at_end) return false; // spares a system call
    int n = exchange_read_now(x);
    if (n <= 0) x->keeps = n == -EAGAIN;
    return n > 0 && exchange_has_bytes(x); // if more are empty lines the next burst takes them
}

/* Looks whether the client begins with the preface of HTTP/2. Returns 0, with the connection's
 * version set, or EDOI_HTTP_MORE. */
static int parse_version(edoi_http_exchange *x) {
    const edoi_http_input *in = &x->h1->in;
    uint32_t held = in->end - in->begin;
    uint32_t n = held < EDOI_HTTP2_PREFACE_BYTES ? held : EDOI_HTTP2_PREFACE_BYTES;
    edoi_http_conn_set_version(x->conn, EDOI_HTTP_CONN_1);
    if (memcmp(in->ptr + in->begin, EDOI_HTTP2_PREFACE, n) != 0) return 0;
    edoi_http_conn_set_version(x->conn, n < held || n == EDOI_HTTP2_PREFACE_BYTES
                                            ? EDOI_HTTP_CONN_TO_2
                                            : EDOI_HTTP_CONN_UNASKED);
    return x->conn->version == EDOI_HTTP_CONN_TO_2 ? 0 : EDOI_HTTP_MORE;
}

/* Reads the next request. Returns false if there is none: the connection is idle, or it ends
 * (`keeps` is false). */
static bool next_request(edoi_http_exchange *x) {
    if (!has_begun(x)) return false;
    int status = 0;
    if (x->conn->origin != EDOI_HTTP_ORIGIN_KNOWN) {
        status = read_whole(x, edoi_http_parse_origin);
        // the client of a proxy that sent no header speaks no HTTP yet: the connection ends without
        // a response
        if (status > 0 && x->server->opts.proxy == EDO_HTTP_PROXY_REQUIRED) status = -ETIMEDOUT;
        if (status == 0 && !has_begun(x)) return false;
    }
    if (status == 0 && EDOI_UNLIKELY(x->conn->version == EDOI_HTTP_CONN_UNASKED))
        status = read_whole(x, parse_version);
    if (status == 0 && EDOI_UNLIKELY(x->conn->version == EDOI_HTTP_CONN_TO_2)) return false;
    if (status == 0) status = read_whole(x, edoi_http_parse_head);
    if (status == 0) return true;
    edo_headers_deinit(&x->req.headers);
    if (status == -EAGAIN) return false;
    x->keeps = false;
    if (status > 0) exchange_refuse(x, (edo_status)status);
    return false;
}

/* ---- Serving a request ----------------------------------------------------------------------- */

static bool connection_goes_on(edoi_http_exchange *x) {
    edoi_http_conn *c = x->conn;
    const edo_http_server_opts *o = &x->server->opts;
    if (o->no_keep_alive || c->requests >= o->requests_max) return false;
    if (o->age_max.ns != EDO_FOREVER_NS && edo_instant_since(edo_now(), c->ends_at).ns >= 0)
        return false;
    return x->keeps && !edoi_http_server_drains(x->server);
}

/* Calls the handler. If the client's input has ended before, every await of the handler fails at
 * once. */
static int exchange_call_handler(edoi_http_exchange *x) {
    bool is_there = edoi_http_watch_begin(x->conn);
    edo_deadline limit = { 0 };
    if (EDOI_UNLIKELY(!is_there)) edo_deadline_begin(&limit, edo_ns(0));
    int code = x->server->handler(&x->req, &x->res, x->server->arg);
    if (EDOI_UNLIKELY(!is_there)) (void)edo_deadline_end(&limit, 0);
    return code;
}

/* The state of a task that was cancelled because its client ended the input. That client may still
 * read, so awaits work again, within their own limits, until the server ends its handlers. */
typedef struct last_words {
    edo_shield shield;
    edo_cancel_block killed;
} last_words;

static void last_words_begin(last_words *w, edoi_http_exchange *x) {
    edo_shield_begin(&w->shield, edo_ns(-1));
    edo_cancel_begin(&w->killed, x->server->kill);
}

static void last_words_end(last_words *w) {
    (void)edo_cancel_end(&w->killed, 0);
    (void)edo_shield_end(&w->shield, 0);
}

static int respond_to_half_closed(edoi_http_exchange *x, int code) {
    last_words words;
    last_words_begin(&words, x);
    code = edoi_http_exchange_respond(x, code);
    last_words_end(&words);
    return code;
}

static void exchange_serve(edoi_http_exchange *x) {
    x->conn->requests++;
    x->frame = __builtin_frame_address(0);
    x->keeps = connection_goes_on(x);
    edoi_http_exchange_begin(x);
    int code = edoi_output_lend(&x->h1->out);
    if (code == 0) code = exchange_call_handler(x);
    bool has_left = !edoi_http_unwatch(x->conn);
    edoi_output_take_back(&x->h1->out);
    code = has_left ? respond_to_half_closed(x, code) : edoi_http_exchange_respond(x, code);
    edoi_http_exchange_end(x, code);
    edoi_body_deinit(&x->h1->body.base);
    edoi_http_exchange_release(x);
    edo_arena_reset(&x->arena);
}

/* ---- The burst ------------------------------------------------------------------------------- */

/* Reads what a client still sends, for a while: a close with unread input would reset the
 * connection, and the client may not read its response before it has sent all. The client may send
 * without a pause, so other tasks run after each read. */
static void exchange_linger(edoi_http_exchange *x) {
    if (x->h1->in.at_end || edo_shutdown(x->conn->stream) < 0) return;
    edoi_store_rlx_u16(&x->conn->phase, EDOI_HTTP_LINGERS); // relaxed: a drain only counts it
    edo_deadline limit;
    edo_deadline_begin(&limit, edo_s(LINGER_S));
    uint64_t total = 0;
    int n;
    while (total < LINGER_BYTES_MAX &&
           (n = edo_read(x->conn->stream, x->h1->in.bytes, sizeof x->h1->in.bytes)) > 0 &&
           edo_yield() == 0)
        total += (uint64_t)n;
    (void)edo_deadline_end(&limit, 0);
}

/* Lets other tasks run between two requests: a client may send requests as fast as they are served.
 * Output that has gathered is sent first, since nothing sends it meanwhile. */
static int give_way(edoi_http_exchange *x) {
    if (x->h1->in.begin == x->h1->in.end && x->h1->in.is_drained) return 0; // the burst ends
    edo_trail_clear(); // the next request has failures of its own
    int err = edo_budget_left() > 0 ? 0 : edoi_output_flush(&x->h1->out);
    if (err == 0)
        (void)edo_budget_consume(); // where the task is cancelled the next handler sees it
    return err;
}

static void end_output(edoi_http_exchange *x) {
    if (edoi_output_flush(&x->h1->out) < 0) {
        x->keeps = false;
    } else if (!x->keeps && !x->broken && !x->upgraded) { // a handler that took the stream ends it
        exchange_linger(x);
    }
}

static void end_output_to_half_closed(edoi_http_exchange *x) {
    last_words words;
    last_words_begin(&words, x);
    end_output(x);
    last_words_end(&words);
}

/* Puts the bytes of a head that an earlier burst has read in front of the input. */
static void begin_with_half(edoi_http_exchange *x) {
    x->h1->half = edoi_http_half_take(x->conn);
    if (EDOI_LIKELY(!x->h1->half)) return;
    memcpy(x->h1->in.ptr, x->h1->half->bytes, x->h1->half->n);
    x->h1->in.end = x->h1->half->n;
}

static edo_str input_left(const edoi_http_exchange *x) {
    const edoi_http_input *in = &x->h1->in;
    return (edo_str){ in->ptr + in->begin, in->end - in->begin };
}

static void serve_all(edoi_http_exchange *x) {
    const uint32_t before_n = x->conn->requests;
    begin_with_half(x);
    x->keeps = true;
    x->detached.ops = NULL;
    while (x->keeps && next_request(x)) {
        exchange_serve(x);
        if (x->server->opts.pipeline_flush && edoi_output_flush(&x->h1->out) < 0) x->keeps = false;
        if (give_way(x) < 0) x->keeps = false;
    }
    if (edoi_http_has_left(x))
        end_output_to_half_closed(x);
    else
        end_output(x);
    x->conn->closing = !x->keeps;
    x->conn->served_none = x->conn->requests == before_n;
    if (EDOI_UNLIKELY(x->conn->version == EDOI_HTTP_CONN_TO_2) && x->keeps)
        edoi_http2_begin(x->conn, input_left(x));
}

/* Makes the connection one without HTTP. Nothing uses its lease any more. */
static void conn_detach(edoi_http_conn *c, edoi_http_detached detached) {
    c->detached = detached;
    edoi_http_conn_set_version(c, EDOI_HTTP_CONN_DETACHED);
    c->closing = false;
    c->runs_at = (edo_instant){ EDO_FOREVER_NS };
}

int edoi_http_burst(void *conn) {
    edoi_http_conn *c = conn;
    edoi_http_exchange *x = edo_slab_get(c->server->exchanges);
    bool is_broken = false;
    c->closing = true;
    if (x) {
        edoi_h1_exchange_init(x, c);
        serve_all(x);
        is_broken = x->broken;
        edoi_http_detached detached = x->detached;
        edoi_h1_exchange_deinit(x);
        edo_slab_put(c->server->exchanges, x);
        if (detached.ops) conn_detach(c, detached);
    }
    if (c->closing && !is_broken) edoi_http_leave(c);
    edoi_http_conn_unref(c);
    return 0;
}

/* Returns when the next run begins, which is not before the time that was asked for: a run before
 * that would do nothing and ask for it again. */
static edo_instant begin_of_run(const edoi_http_conn *c) {
    return c->why & EDO_DETACHED_TIME ? edo_now() : edo_now_coarse();
}

int edoi_http_detached_burst(void *conn) {
    edoi_http_conn *c = conn;
    edo_instant now = begin_of_run(c), at = { EDO_FOREVER_NS };
    edoi_store_rlx_u64(&c->idle_ns, (uint64_t)now.ns);
    int err = c->detached.ops->run(c->detached.arg, c->why, now, &at);
    c->runs_at = at;
    c->closing = err < 0 || (c->why & EDO_DETACHED_END);
    if (c->closing) edoi_http_leave(c);
    edoi_http_conn_unref(c);
    return 0;
}
