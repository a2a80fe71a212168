/* SPDX-License-Identifier: MIT */
/* http/server/request_head.c: see request_head.h. */
#include "http/server/request_head.h"

void edoi_http_begin_head(edoi_http_exchange *x) {
    edoi_stall_off(&x->in.stall); // a head has a limit of its own
    edo_headers_init(&x->req.headers);
    edoi_h1_head_init(&x->head, EDOI_H1_REQUEST, &x->req.headers, &x->server->heads);
}

static void begin_body(edoi_http_exchange *x) {
    const edoi_h1_head *h = &x->head;
    edoi_body_kind kind = edoi_body_kind_of(h->framing);
    const edo_http_server_opts *o = &x->server->opts;
    if (kind != EDOI_BODY_NONE)
        edoi_stall_begin(&x->in.stall, o->body_timeout, o->rate_min, o->rate_grace);
    edoi_request_body_init(&x->body, kind, h->content_length, h->expects_continue);
    x->req.length = kind == EDOI_BODY_CHUNKED  ? -1
                    : kind == EDOI_BODY_LENGTH ? (int64_t)h->content_length
                                               : 0;
}

static void take(edoi_http_exchange *x, size_t bytes) {
    const edoi_h1_head *h = &x->head;
    x->req.method = h->method;
    x->req.method_name = h->method_name;
    x->req.target = h->target;
    x->req.version = h->version;
    x->req.route = (edo_str){ 0 };
    x->req.body = NULL;
    x->req.arena = &x->arena;
    x->keeps = h->keeps_alive;
    x->in.begin += (uint32_t)bytes;
    x->in.floor = x->in.begin;
    begin_body(x);
}

static int parse(edoi_http_exchange *x) {
    return edoi_h1_head_parse(&x->head, x->in.ptr + x->in.begin, x->in.end - x->in.begin);
}

/* The framing of the body needs room behind the head: so a head that ends near the end of its
 * buffer moves, and is read once more. */
static int parse_in_place(edoi_http_exchange *x, size_t head) {
    if (edoi_input_has_tail(&x->in, head)) return (int)head;
    int err = edoi_input_make_tail(&x->in);
    if (err < 0) return err;
    edo_headers_deinit(&x->req.headers);
    edoi_http_begin_head(x);
    return parse(x);
}

static int status_of(edoi_http_exchange *x, int code) {
    return code == -ENOMEM ? EDO_STATUS_SERVICE_UNAVAILABLE : x->head.refusal;
}

int edoi_http_parse_head(edoi_http_exchange *x) {
    int n = parse(x);
    if (n == 0) return EDOI_HTTP_MORE;
    if (n > 0) n = parse_in_place(x, (size_t)n);
    if (n < 0) return status_of(x, n);
    int err = edoi_h1_check_host(&x->head);
    if (err < 0) return status_of(x, err);
    take(x, (size_t)n);
    return 0;
}
