/* SPDX-License-Identifier: MIT */
/* http/client/send.c: edo_http_send(): one exchange.
 *
 * The request and the wait for its response are one future: each poll sends what can be sent, then
 * looks at what has arrived. So a response that comes early is seen, and a server that sends its
 * response while it reads the request never waits for us. */
#include "http/client/head.h"

#include <edo/task.h>

#include <errno.h>

/* ---- The wait for a head --------------------------------------------------------------------- */

typedef struct head_future {
    edo_future base;
    edo_http1 *c;
    edo_io_wait wait;
    edoi_stall patience; /* for "100 Continue" */
} head_future;

static void begin_head(edo_http1 *c) {
    const edoi_h1_opts opts = { .head_bytes_max = c->head_bytes_max,
                                .headers_max = c->headers_max,
                                .keep_case = c->preserve_case };
    edo_headers_deinit(&c->res.headers);
    edoi_h1_head_init(&c->head, EDOI_H1_RESPONSE, &c->res.headers, &opts);
}

static int parse(edo_http1 *c) {
    return edoi_h1_head_parse(&c->head, c->in.ptr + c->in.begin, c->in.end - c->in.begin);
}

/* Why nothing more comes from the server, which ended its input with `result`. */
static int why_ended(const edo_http1 *c, int result) {
    if (!c->up.has_begun) return -EDO_ECLOSED;
    if (c->up.failed < 0) return c->up.failed;
    return result < 0 ? result : -EDO_EEOF;
}

/* Looks at what has arrived. Returns 0 if more is wanted and there is room for it; the bytes of a
 * head; or a negative code. */
static int look(edo_http1 *c) {
    if (c->up.source_failed < 0) return c->up.source_failed;
    if (c->up.failed < 0 && !c->up.has_begun) return -EDO_ECLOSED;
    int n = c->in.begin < c->in.end ? parse(c) : 0;
    if (n != 0 || c->in.end < c->in.cap) return n;
    return edoi_input_make_room(&c->in, c->head_bytes_max);
}

static edo_polled head_end(head_future *f, int result) {
    edoi_stall_end(&f->patience);
    edoi_upload_unwait(&f->c->up);
    edoi_input_unwait(&f->c->in, &f->wait);
    return edo_future_finish(&f->base, result);
}

static edo_polled head_poll(edo_future *base, edo_cx *cx) {
    head_future *f = (head_future *)(void *)base;
    edo_http1 *c = f->c;
    if (!edo_budget_take(cx)) return EDO_PENDING;
    for (;;) {
        edoi_upload_poll(&c->up, cx);
        int n = look(c);
        if (n != 0) return head_end(f, n);
        if (edoi_input_poll(&c->in, cx, &f->wait, &n) == EDO_READY) {
            if (n <= 0) return head_end(f, why_ended(c, n));
            continue;
        }
        if (!c->up.is_held || !edoi_stall_is_over(&f->patience, cx)) return EDO_PENDING;
        c->up.is_held = false;
    }
}

static void head_drop(edo_future *base) {
    if (edo_future_is_over(base)) return;
    head_future *f = (head_future *)(void *)base;
    edoi_stall_end(&f->patience);
    edoi_upload_unwait(&f->c->up);
    edoi_input_unwait(&f->c->in, &f->wait);
    edo_future_retire(base);
}

static const edo_future_ops head_ops = { .poll = head_poll,
                                         .drop = head_drop,
                                         .name = "edo_http_send",
                                         .size = sizeof(head_future),
                                         .flags = EDO_FUTURE_NOT_CANCEL_SAFE };

/* Waits for the next head. Returns its bytes, which are not taken yet, or a negative code. */
static int next_head(edo_http1 *c) {
    begin_head(c);
    head_future f = { .c = c, .patience = { .limit = c->expect_wait } };
    return edo_await(edo_future_init(&f.base, &head_ops));
}

/* ---- Heads ----------------------------------------------------------------------------------- */

static void show(edo_http1 *c) {
    edo_http_response *r = &c->res;
    r->status = c->head.status;
    r->version = c->head.version;
    r->reason = c->head.reason;
    r->length = 0;
    r->body = &c->body.stream;
    r->is_upgraded = false;
}

static bool is_informational(const edo_http1 *c) {
    return c->head.status < 200 && c->head.status != EDO_STATUS_SWITCHING_PROTOCOLS;
}

/* Takes an informational response of `n` bytes. Returns 0 or a negative code. */
static int take_informational(edo_http1 *c, const edo_http_request *req, size_t n) {
    show(c);
    int err = req->informational ? req->informational(&c->res, req->arg) : 0;
    if (c->head.status == EDO_STATUS_CONTINUE) c->up.is_held = false;
    c->in.begin += (uint32_t)n;
    return err < 0 ? err : 0;
}

/* ---- The body -------------------------------------------------------------------------------- */

/* While the response is read, the rest of the request goes on its way. */
static edo_polled send_rest(edoi_body *b, edo_cx *cx, edo_io_wait *wait, int *result) {
    edo_http1 *c = EDO_CONTAINER_OF(b, edo_http1, body);
    (void)wait;
    edoi_upload_poll(&c->up, cx);
    *result = c->up.source_failed;
    return EDO_READY;
}

/* Once the response was read to its end, the caller may have closed its stream. */
static void let_go(edo_http1 *c) {
    if (c->body.is_over) c->up.from = NULL;
}

static void end_rest(edoi_body *b) {
    edo_http1 *c = EDO_CONTAINER_OF(b, edo_http1, body);
    edoi_upload_unwait(&c->up);
    let_go(c);
}

static void begin_body(edo_http1 *c, edoi_h1_framing framing) {
    edoi_body_init(&c->body, &c->in, edoi_body_kind_of(framing), c->head.content_length);
    c->body.due = send_rest;
    c->body.undue = end_rest;
    c->body.keep_case = c->preserve_case;
    c->body.headers_max = c->headers_max;
    c->body.trailer_bytes_max = c->trailer_bytes_max;
    let_go(c);
}

static bool is_upgrade(const edo_http1 *c, const edoi_http_asked *asked) {
    return c->head.status == EDO_STATUS_SWITCHING_PROTOCOLS ||
           (asked->method == EDO_METHOD_CONNECT && edo_status_class(c->head.status) == 2);
}

/* HTTP has ended. The exchange is not good any more, so `is_good` stays false. */
static int upgrade(edo_http1 *c, const edoi_http_asked *asked) {
    bool is_wanted = asked->method == EDO_METHOD_CONNECT || asked->upgrades;
    if (!is_wanted || !c->up.is_over) return -EPROTO;
    edoi_http_after_init(&c->after, &c->in);
    c->res.body = &c->after.stream;
    c->res.is_upgraded = true;
    c->res.length = -1;
    return 0;
}

static int64_t length_of(const edo_http1 *c, const edoi_http_asked *asked,
                         edoi_h1_framing framing) {
    bool is_of_get = asked->method == EDO_METHOD_HEAD || c->head.status == EDO_STATUS_NOT_MODIFIED;
    if (is_of_get) return c->head.has_length ? (int64_t)c->head.content_length : -1;
    if (framing == EDOI_H1_LENGTH) return (int64_t)c->head.content_length;
    return framing == EDOI_H1_NO_BODY ? 0 : -1;
}

/* The framing of the body needs room behind the head: so a head that ends near the end of its
 * buffer moves, and is read once more. Returns its bytes or a negative code. */
static int make_tail(edo_http1 *c, int n) {
    if (edoi_input_has_tail(&c->in, (size_t)n)) return n;
    int err = edoi_input_make_tail(&c->in);
    if (err < 0) return err;
    begin_head(c);
    return parse(c);
}

/* Takes the head of the final response, of `n` bytes. */
static int take_final(edo_http1 *c, const edoi_http_asked *asked, int n) {
    n = make_tail(c, n);
    if (n < 0) return n;
    c->in.begin += (uint32_t)n;
    c->in.floor = c->in.begin;
    show(c);
    if (is_upgrade(c, asked)) return upgrade(c, asked);
    edoi_h1_framing framing = edoi_h1_response_framing(&c->head, asked->method);
    c->res.length = length_of(c, asked, framing);
    begin_body(c, framing);
    c->is_good = c->head.keeps_alive && !asked->closes && framing != EDOI_H1_UNTIL_CLOSE;
    return 0;
}

/* ---- An exchange ----------------------------------------------------------------------------- */

static void begin_upload(edoi_upload *u, const edo_http_request *req) {
    bool has_stream = req->body && req->length != 0;
    u->from = has_stream ? req->body : NULL;
    u->left = has_stream && req->length > 0 ? (uint64_t)req->length : 0;
    u->trailers = req->trailers;
    u->head = req->headers;
    u->is_chunked = req->body && req->length < 0;
    u->data = req->data;
    u->is_held = req->expect_continue && (has_stream || req->data.len > 0);
    u->has_begun = u->is_unflushed = u->is_over = false;
    u->failed = u->source_failed = 0;
}

int edo_http_send(edo_http1 *c, const edo_http_request *req, edo_http_response **out) {
    edoi_http_asked asked;
    int err = edoi_client_check(&asked, req, c);
    if (err < 0) return err;
    if (!edo_http1_is_reusable(c)) return -EDO_ECLOSED;
    err = edoi_client_print_head(c, req, &asked);
    if (err < 0) return err;
    c->is_good = false;
    edo_ext_deinit(&c->res.ext);
    edoi_body_deinit(&c->body);
    edoi_input_next(&c->in);
    begin_upload(&c->up, req);
    for (;;) {
        int n = next_head(c);
        if (n > 0 && is_informational(c)) {
            err = take_informational(c, req, (size_t)n);
            if (err < 0) return err;
            continue;
        }
        err = n < 0 ? n : take_final(c, &asked, n);
        if (err == 0) *out = &c->res;
        return err;
    }
}
