/* SPDX-License-Identifier: MIT */
/* http/server/h1/request_head.c: see request_head.h. */
#include "http/server/h1/request_head.h"

#include "http/h1/fields.h"
#include "http/headers/map.h"

void edoi_http_begin_head(edoi_http_exchange *x) {
    edoi_stall_off(&x->h1->in.stall); // the time for a head has a limit of its own
    edoi_headers_init_in(&x->req.headers, &x->arena);
    edoi_headers_lend(&x->req.headers, &x->h1->request_room);
    edoi_h1_head_init(&x->h1->head, EDOI_H1_REQUEST, &x->req.headers, &x->server->heads);
}

static void exchange_begin_body(edoi_http_exchange *x) {
    const edoi_h1_head *h = &x->h1->head;
    edoi_body_kind kind = edoi_body_kind_of(h->framing);
    const edo_http_server_opts *o = &x->server->opts;
    if (kind != EDOI_BODY_NONE)
        edoi_stall_begin(&x->h1->in.stall, o->body_timeout, o->rate_min, o->rate_grace);
    edoi_request_body_init(&x->h1->body, kind, h->content_length, h->expects_continue);
    x->req.length = kind == EDOI_BODY_CHUNKED  ? -1
                    : kind == EDOI_BODY_LENGTH ? (int64_t)h->content_length
                                               : 0;
}

static void exchange_take(edoi_http_exchange *x, size_t bytes) {
    const edoi_h1_head *h = &x->h1->head;
    x->req.method = h->method;
    x->req.method_name = h->method_name;
    x->req.target = h->target;
    x->req.version = h->version;
    x->req.route = (edo_str){ 0 };
    x->req.is_tls = edoi_http_came_by_tls(x);
    x->req.body = NULL;
    x->req.arena = &x->arena;
    x->keeps = h->keeps_alive;
    x->h1->in.begin += (uint32_t)bytes;
    x->h1->in.floor = x->h1->in.begin;
    exchange_begin_body(x);
}

static int request_head_parse(edoi_http_exchange *x) {
    return edoi_h1_head_parse(&x->h1->head, x->h1->in.ptr + x->h1->in.begin,
                              x->h1->in.end - x->h1->in.begin);
}

/* Parses the head where it lies. The framing of the body needs room behind the head, so a head that
 * ends near the end of its buffer is moved and parsed once more. */
static int parse_in_place(edoi_http_exchange *x, size_t head) {
    if (edoi_input_has_tail(&x->h1->in, head)) return (int)head;
    int err = edoi_input_make_tail(&x->h1->in);
    if (err < 0) return err;
    edo_headers_deinit(&x->req.headers);
    edoi_http_begin_head(x);
    return request_head_parse(x);
}

static int request_head_status_of(edoi_http_exchange *x, int code) {
    return code == -ENOMEM ? EDO_STATUS_SERVICE_UNAVAILABLE : x->h1->head.refusal;
}

int edoi_http_parse_head(edoi_http_exchange *x) {
    int n = request_head_parse(x);
    if (n == 0) return EDOI_HTTP_MORE;
    if (n > 0) n = parse_in_place(x, (size_t)n);
    if (n < 0) return request_head_status_of(x, n);
    int err = edoi_h1_check_host(&x->h1->head);
    if (err < 0) return request_head_status_of(x, err);
    if (edoi_http_is_misdirected(x, x->h1->head.target, x->h1->head.host))
        return EDO_STATUS_MISDIRECTED_REQUEST;
    exchange_take(x, (size_t)n);
    return 0;
}
