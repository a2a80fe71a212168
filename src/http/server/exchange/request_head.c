/* SPDX-License-Identifier: MIT */
/* http/server/exchange/request_head.c: see request_head.h. */
#include "http/server/exchange/request_head.h"

#include "http/h1/fields.h"
#include "tls/ops.h"

#include <edo/uri.h>

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

void edoi_http_begin_head(edoi_http_exchange *x) {
    edoi_stall_off(&x->in.stall); // the time for a head has a limit of its own
    edo_headers_init(&x->req.headers);
    edoi_h1_head_init(&x->head, EDOI_H1_REQUEST, &x->req.headers, &x->server->heads);
}

static void exchange_begin_body(edoi_http_exchange *x) {
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

static void exchange_take(edoi_http_exchange *x, size_t bytes) {
    const edoi_h1_head *h = &x->head;
    x->req.method = h->method;
    x->req.method_name = h->method_name;
    x->req.target = h->target;
    x->req.version = h->version;
    x->req.route = (edo_str){ 0 };
    x->req.is_tls = x->conn->client ? x->conn->client->is_tls : x->server->opts.tls != NULL;
    x->req.body = NULL;
    x->req.arena = &x->arena;
    x->keeps = h->keeps_alive;
    x->in.begin += (uint32_t)bytes;
    x->in.floor = x->in.begin;
    exchange_begin_body(x);
}

static bool request_host_is_number(edo_str host) {
    char text[INET_ADDRSTRLEN];
    unsigned char bytes[4];
    if (host.len > 0 && host.ptr[0] == '[') return true;
    if (host.len == 0 || host.len >= sizeof text) return false;
    memcpy(text, host.ptr, host.len);
    text[host.len] = '\0';
    return inet_pton(AF_INET, text, bytes) == 1;
}

static bool request_host_is_name(edo_str host, const char *name) {
    size_t n = strlen(name);
    if (host.len > 0 && host.ptr[host.len - 1] == '.') host.len--;
    return host.len == n && strncasecmp(host.ptr, name, n) == 0;
}

/* Is the request for another name than the handshake, whose rules for clients nobody has checked
 * here (RFC 9110, 15.5.20)? One that names no host may be for any. */
static bool request_is_misdirected(const edoi_http_exchange *x) {
    const edo_tls_server *tls = x->server->opts.tls;
    if (EDOI_LIKELY(!tls)) return false;
    const char *name = edoi_tls_server_ops_of(tls)->bound_name(x->conn->stream);
    const edoi_h1_head *h = &x->head;
    edo_uri uri;
    if (!name) return false;
    bool is_whole = h->target.len > 0 && h->target.ptr[0] != '/' &&
                    edo_uri_parse(&uri, h->target) == 0 && uri.host.len > 0; // counts before Host
    if (!is_whole && (h->host.len == 0 || edo_uri_parse_authority(&uri, h->host) < 0)) return false;
    return name[0] ? !request_host_is_name(uri.host, name) : !request_host_is_number(uri.host);
}

static int request_head_parse(edoi_http_exchange *x) {
    return edoi_h1_head_parse(&x->head, x->in.ptr + x->in.begin, x->in.end - x->in.begin);
}

/* Parses the head where it lies. The framing of the body needs room behind the head, so a head that
 * ends near the end of its buffer is moved and parsed once more. */
static int parse_in_place(edoi_http_exchange *x, size_t head) {
    if (edoi_input_has_tail(&x->in, head)) return (int)head;
    int err = edoi_input_make_tail(&x->in);
    if (err < 0) return err;
    edo_headers_deinit(&x->req.headers);
    edoi_http_begin_head(x);
    return request_head_parse(x);
}

static int request_head_status_of(edoi_http_exchange *x, int code) {
    return code == -ENOMEM ? EDO_STATUS_SERVICE_UNAVAILABLE : x->head.refusal;
}

int edoi_http_parse_head(edoi_http_exchange *x) {
    int n = request_head_parse(x);
    if (n == 0) return EDOI_HTTP_MORE;
    if (n > 0) n = parse_in_place(x, (size_t)n);
    if (n < 0) return request_head_status_of(x, n);
    int err = edoi_h1_check_host(&x->head);
    if (err < 0) return request_head_status_of(x, err);
    if (request_is_misdirected(x)) return EDO_STATUS_MISDIRECTED_REQUEST;
    exchange_take(x, (size_t)n);
    return 0;
}
