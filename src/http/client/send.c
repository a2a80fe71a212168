/* SPDX-License-Identifier: MIT */
/* http/client/send.c: edo_http1_send(): one exchange.
 *
 * The request and the wait for its response are one future: each poll sends as much as it can, then
 * looks at what has arrived. So an early response is seen, and a server that responds while it
 * reads the request never waits for this client. */
#include "base/assert.h"
#include "base/text/ascii.h"
#include "http/client/head.h"
#include "http/client/response.h"
#include "http/h1/framing.h"

#include <edo/http_fields.h>
#include <edo/task.h>

#include <errno.h>

#define INFORMATIONAL_MAX 1000u

/* ---- The wait for a head --------------------------------------------------------------------- */

typedef struct head_future {
    edo_future base;
    edoi_client_exchange *x;
    edo_io_wait wait;
    edoi_stall patience; /* for "100 Continue" */
    edoi_stall silence;  /* while bytes neither leave nor come */
    uint64_t moved;      /* bytes that have left, and come, when `silence` began */
} head_future;

static void begin_head(edoi_client_exchange *x) {
    const edoi_h1_opts opts = { .head_bytes_max = x->conn->head_bytes_max,
                                .headers_max = x->conn->headers_max,
                                .lenient = x->conn->lenient,
                                .keep_case = x->conn->preserve_case };
    edo_headers_deinit(&x->res.headers);
    edoi_headers_lend(&x->res.headers, &x->room);
    edoi_h1_head_init(&x->head, EDOI_H1_RESPONSE, &x->res.headers, &opts);
}

static int client_exchange_parse(edoi_client_exchange *x) {
    return edoi_h1_head_parse(&x->head, x->in.ptr + x->in.begin, x->in.end - x->in.begin);
}

/* Returns why no more comes from the server, whose input ended with `result`. */
static int why_ended(const edoi_client_exchange *x, int result) {
    if (!x->up.has_begun) return edoi_client_unsent(x->conn, result);
    if (x->up.failed < 0) return x->up.failed;
    return result < 0 ? result : -EDO_EEOF;
}

/* Of the program's own functions -EDO_ECLOSED does not say that nothing was sent. */
static int own_failure(int err) {
    return err == -EDO_ECLOSED ? -ECONNABORTED : err;
}

/* Parses what has arrived. Returns 0 if more is wanted and there is room for it, the bytes of a
 * head, or a negative code. */
static int client_exchange_look(edoi_client_exchange *x) {
    if (x->up.source_failed < 0) return own_failure(x->up.source_failed);
    if (x->up.failed < 0 && !x->up.has_begun) return edoi_client_unsent(x->conn, x->up.failed);
    int n = x->in.begin < x->in.end ? client_exchange_parse(x) : 0;
    if (n != 0 || x->in.end < x->in.cap) return n;
    return edoi_input_make_room(&x->in, x->conn->head_bytes_max);
}

/* Have bytes neither left nor come for too long? Not while the caller's own stream is waited
 * for. Called when all of the poll is pending. */
static bool head_is_late(head_future *f, edo_cx *cx) {
    uint64_t moved = f->x->up.sent + f->x->in.end;
    bool lacks_source = edoi_upload_lacks_source(&f->x->up);
    if (moved != f->moved || lacks_source) edoi_stall_end(&f->silence);
    f->moved = moved;
    return !lacks_source && edoi_stall_is_over(&f->silence, cx);
}

static void head_end_timers(head_future *f) {
    edoi_stall_end(&f->patience);
    edoi_stall_end(&f->silence);
}

static edo_polled head_end(head_future *f, int result) {
    head_end_timers(f);
    edoi_upload_unwait(&f->x->up);
    edoi_input_unwait(&f->x->in, &f->wait);
    return edo_future_finish(&f->base, result);
}

static edo_polled head_poll(edo_future *base, edo_cx *cx) {
    head_future *f = (head_future *)(void *)base;
    edoi_client_exchange *x = f->x;
    if (!edo_budget_take(cx)) return EDO_PENDING;
    for (;;) {
        edoi_upload_poll(&x->up, cx);
        int n = client_exchange_look(x);
        if (n != 0) return head_end(f, n);
        if (edoi_input_poll(&x->in, cx, &f->wait, &n) == EDO_READY) {
            if (n <= 0) return head_end(f, why_ended(x, n));
            continue;
        }
        if (head_is_late(f, cx)) return head_end(f, -ETIMEDOUT);
        if (!x->up.is_held || !edoi_stall_is_over(&f->patience, cx)) return EDO_PENDING;
        x->up.is_held = false;
    }
}

static void head_drop(edo_future *base) {
    if (edo_future_is_over(base)) return;
    head_future *f = (head_future *)(void *)base;
    head_end_timers(f);
    edoi_upload_unwait(&f->x->up);
    edoi_input_unwait(&f->x->in, &f->wait);
    edo_future_retire(base);
}

static const edo_future_ops head_ops = { .poll = head_poll,
                                         .drop = head_drop,
                                         .name = "edo_http1_send",
                                         .size = sizeof(head_future),
                                         .flags = EDO_FUTURE_NOT_CANCEL_SAFE };

/* Waits for the next head. Returns its bytes, which stay in the input, or a negative code. */
static int next_head(edoi_client_exchange *x, edo_duration silence) {
    begin_head(x);
    head_future f = { .x = x,
                      .patience = { .limit = x->conn->expect_wait },
                      .silence = { .limit = silence } };
    return edo_await(edo_future_init(&f.base, &head_ops));
}

/* ---- Heads ----------------------------------------------------------------------------------- */

static const edo_headers *client_exchange_trailers(edo_http_response *res) {
    edoi_client_exchange *x = EDO_CONTAINER_OF(res, edoi_client_exchange, res);
    return x->body.is_over && x->body.failed == 0 ? &x->body.trailers : NULL;
}

/* Behind the end of the body the caller's stream may be gone. */
static void client_exchange_upload(edo_http_response *res, edo_cx *cx) {
    edoi_client_exchange *x = EDO_CONTAINER_OF(res, edoi_client_exchange, res);
    if (!x->body.is_over) edoi_upload_poll(&x->up, cx);
}

static const edoi_response_ops exchange_response_ops = { .trailers = client_exchange_trailers,
                                                         .upload = client_exchange_upload };

static void client_exchange_show(edoi_client_exchange *x) {
    edo_http_response *r = &x->res;
    r->edoi_ops = &exchange_response_ops;
    r->status = x->head.status;
    r->version = x->head.version;
    r->reason = x->head.reason;
    r->length = 0;
    r->body = &x->body.stream;
    r->is_upgraded = false;
}

static bool is_informational(const edoi_client_exchange *x) {
    return x->head.status < 200 && x->head.status != EDO_STATUS_SWITCHING_PROTOCOLS;
}

/* Takes an informational response of `n` bytes. Returns 0 or a negative code. */
static int take_informational(edoi_client_exchange *x, const edo_http_request *req, size_t n) {
    client_exchange_show(x);
    int err = req->informational ? req->informational(&x->res, req->arg) : 0;
    if (x->head.status == EDO_STATUS_CONTINUE) x->up.is_held = false;
    x->in.begin += (uint32_t)n;
    return err < 0 ? own_failure(err) : 0;
}

/* ---- The body -------------------------------------------------------------------------------- */

/* Sends the rest of the request while the response is read. */
static edo_polled send_rest(edoi_body *b, edo_cx *cx, edo_io_wait *wait, int *result) {
    edoi_client_exchange *x = EDO_CONTAINER_OF(b, edoi_client_exchange, body);
    (void)wait;
    edoi_upload_poll(&x->up, cx);
    *result = x->up.source_failed;
    return EDO_READY;
}

/* Called when the response was read to its end: the caller may then have closed its stream. */
static void client_exchange_let_go(edoi_client_exchange *x) {
    if (x->body.is_over) x->up.from = NULL;
}

static void exchange_end_rest(edoi_body *b) {
    edoi_client_exchange *x = EDO_CONTAINER_OF(b, edoi_client_exchange, body);
    edoi_upload_unwait(&x->up);
    client_exchange_let_go(x);
}

static void client_exchange_begin_body(edoi_client_exchange *x, edoi_h1_framing framing) {
    edoi_body_init(&x->body, &x->in, edoi_body_kind_of(framing), x->head.content_length);
    x->body.due = send_rest;
    x->body.undue = exchange_end_rest;
    x->body.keep_case = x->conn->preserve_case;
    x->body.unfolds = true;
    x->body.headers_max = x->conn->headers_max;
    x->body.trailer_bytes_max = x->conn->trailer_bytes_max;
    client_exchange_let_go(x);
}

static bool client_exchange_is_upgrade(const edoi_client_exchange *x,
                                       const edoi_http_asked *asked) {
    return x->head.status == EDO_STATUS_SWITCHING_PROTOCOLS ||
           (asked->method == EDO_METHOD_CONNECT && edo_status_class(x->head.status) == 2);
}

/* Ends HTTP on the connection. `is_good` stays false. */
static int upgrade(edoi_client_exchange *x, const edoi_http_asked *asked) {
    bool is_wanted = asked->method == EDO_METHOD_CONNECT || asked->upgrades;
    if (!is_wanted || !x->up.is_over) return -EPROTO;
    edoi_http_after_init(&x->after, &x->in);
    x->res.body = &x->after.stream;
    x->res.is_upgraded = true;
    x->res.length = -1;
    return 0;
}

static int64_t client_exchange_length_of(const edoi_client_exchange *x,
                                         const edoi_http_asked *asked, edoi_h1_framing framing) {
    bool is_of_get = asked->method == EDO_METHOD_HEAD || x->head.status == EDO_STATUS_NOT_MODIFIED;
    if (is_of_get) return x->head.has_length ? (int64_t)x->head.content_length : -1;
    if (framing == EDOI_H1_LENGTH) return (int64_t)x->head.content_length;
    return framing == EDOI_H1_NO_BODY ? 0 : -1;
}

/* Makes room behind the head for the framing of the body: a head near the end of its buffer is
 * moved, and parsed once more. Returns its bytes or a negative code. */
static int make_tail(edoi_client_exchange *x, int n) {
    if (edoi_input_has_tail(&x->in, (size_t)n)) return n;
    int err = edoi_input_make_tail(&x->in);
    if (err < 0) return err;
    begin_head(x);
    return client_exchange_parse(x);
}

/* Returns for how long the server keeps the connection, by `Keep-Alive: timeout=5, max=100` (RFC
 * 2068 section 19.7.1.1); EDO_FOREVER_NS: it does not say. */
static edo_duration keep_alive_of(const edo_headers *h) {
    const edo_str name = EDO_STR("timeout=");
    edo_str rest = edo_headers_get(h, EDO_HEADER_KEEP_ALIVE), element;
    while (edo_header_next(&element, &rest)) {
        int64_t seconds;
        if (!edoi_begins_nocase(element, name)) continue;
        edo_str value = { element.ptr + name.len, element.len - name.len };
        bool is_quoted = value.len > 1 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"';
        if (is_quoted) value = (edo_str){ value.ptr + 1, value.len - 2 };
        if (edo_header_number_parse(&seconds, value) == 0) return edo_s(seconds);
    }
    return edo_ns(EDO_FOREVER_NS);
}

/* Takes the head of the final response, of `n` bytes. */
static int take_final(edoi_client_exchange *x, const edoi_http_asked *asked, int n) {
    n = make_tail(x, n);
    if (n < 0) return n;
    x->in.begin += (uint32_t)n;
    x->in.floor = x->in.begin;
    client_exchange_show(x);
    x->conn->is_used = true;
    x->conn->keeps = keep_alive_of(&x->res.headers);
    if (client_exchange_is_upgrade(x, asked)) return upgrade(x, asked);
    edoi_h1_framing framing = edoi_h1_response_framing(&x->head, asked->method);
    x->res.length = client_exchange_length_of(x, asked, framing);
    client_exchange_begin_body(x, framing);
    EDO_INV("conn inv. 1", !x->conn->is_good);
    x->conn->is_good = x->head.keeps_alive && !asked->closes && framing != EDOI_H1_UNTIL_CLOSE;
    return 0;
}

/* ---- An exchange ----------------------------------------------------------------------------- */

static void begin_upload(edoi_upload *u, const edo_http_request *req) {
    bool has_stream = req->body && req->length != 0;
    u->from = has_stream ? req->body : NULL;
    u->left = has_stream && req->length > 0 ? (uint64_t)req->length : 0;
    u->trailers = req->trailers;
    u->head = req->edoi_named_by ? req->edoi_named_by : req->headers;
    u->is_chunked = req->body && req->length < 0;
    u->data = req->data;
    u->is_held = req->expect_continue && (has_stream || req->data.len > 0);
    u->has_begun = u->is_unflushed = u->is_over = false;
    u->failed = u->source_failed = 0;
    u->sent = 0;
}

/* Begins an exchange in the place of the last one, whose response is dropped. */
static void client_exchange_begin(edoi_client_exchange *x, const edo_http_request *req) {
    x->conn->is_good = false;
    x->res.status = 0; // none has come
    edo_ext_deinit(&x->res.ext);
    edo_buf_deinit(&x->data);
    edoi_body_deinit(&x->body);
    edoi_input_next(&x->in);
    begin_upload(&x->up, req);
    x->up.title_case = x->conn->title_case;
}

int edo_http1_send(edo_http1 *c, edo_http_response **out, const edo_http_request *req) {
    edoi_http_asked asked;
    int err = edo_budget_consume();
    if (err == 0) err = edoi_client_check(&asked, req, c);
    if (err < 0) return err;
    if (!edoi_client_may_send(c)) return edoi_client_unsent(c, c->why);
    if ((err = edoi_client_begin(c)) < 0) return err;
    edoi_client_exchange *x = c->x;
    if ((err = edoi_client_print_head(x, req, &asked)) < 0) return err;
    client_exchange_begin(x, req);
    uint64_t before_n = 0, before_bytes = 0;
    edo_duration silence = req->read_timeout.ns > 0 ? req->read_timeout : edo_ns(EDO_FOREVER_NS);
    for (;;) {
        int n = next_head(x, silence);
        if (n > 0 && is_informational(x)) {
            before_bytes += (uint32_t)n;
            if (++before_n > INFORMATIONAL_MAX || before_bytes > c->head_bytes_max)
                return -EDO_ETOOLONG;
            err = take_informational(x, req, (size_t)n);
            if (err < 0) return err;
            continue;
        }
        err = n < 0 ? n : take_final(x, &asked, n);
        if (err == 0) *out = &x->res;
        return err;
    }
}
