/* SPDX-License-Identifier: MIT */
/* http/client/head.c: see head.h. Whatever bytes a target or a header has, the server reads one
 * request: bytes that could end a line are refused here, or by the map of the headers. */
#include "http/client/head.h"

#include "base/opts.h"
#include "http/client/host.h"
#include "http/h1/pen.h"
#include "http/headers/index.h"
#include "http/types/list.h"

#include <edo/uri.h>

#include <errno.h>

#define OTHER_LINES_MAX 128u /* bytes of all lines but those of target, host and headers */

/* ---- Checks ---------------------------------------------------------------------------------- */

static int check_method(edoi_http_asked *a, const edo_http_request *req) {
    a->method = req->method;
    a->method_name = edo_method_name(req->method);
    if (req->method != EDO_METHOD_OTHER) return a->method_name.len > 0 ? 0 : -EINVAL;
    a->method_name = req->method_name.len > 0 ? req->method_name : EDO_STR("GET");
    return edo_method_parse(&a->method, a->method_name);
}

static int check_target(edoi_http_asked *a, const edo_http_request *req, const edo_http1 *c) {
    a->target = req->target.len > 0 ? req->target : EDO_STR("/");
    a->host = (edo_str){ c->host.ptr, c->host.len };
    a->port = (edo_str){ 0 };
    edo_uri uri;
    if (edo_uri_parse_target(&uri, a->method, a->target) < 0) return -EINVAL;
    if (!uri.host.ptr) return 0;
    if (edoi_zone_of(uri.host).len > 0) return -EINVAL;
    a->host = uri.host;
    a->port = uri.port;
    return 0;
}

static void look_at_connection(edoi_http_asked *a, edo_str value) {
    edo_str option;
    while (edoi_list_next(&value, &option)) {
        if (edoi_header_names_equal(option, EDO_STR("close"))) a->closes = true;
        if (edoi_header_names_equal(option, EDO_STR("upgrade"))) a->upgrades = true;
    }
}

static int check_headers(edoi_http_asked *a, const edo_headers *h) {
    a->closes = a->upgrades = a->has_host = false;
    if (!h) return 0;
    const edo_header *host = edo_headers_next(h, NULL, EDO_HEADER_HOST);
    a->has_host = host != NULL;
    if (host && edo_headers_next(h, host, EDO_HEADER_HOST)) return -EINVAL;
    for (const edo_header *f = NULL; (f = edo_headers_next(h, f, EDO_HEADER_CONNECTION));)
        look_at_connection(a, f->value);
    if (!edo_headers_get(h, EDO_HEADER_UPGRADE).ptr) a->upgrades = false;
    return 0;
}

int edoi_client_check(edoi_http_asked *out, const edo_http_request *req, const edo_http1 *c) {
    if (!edoi_all_zero(req->reserved, EDO_COUNT(req->reserved))) return -EINVAL;
    if (req->body && (req->data.len > 0 || req->length < -1)) return -EINVAL;
    if (req->protocol.len > 0) return edo_fail(-EINVAL, "`protocol` is of HTTP/2 alone");
    int err = check_method(out, req);
    if (err == 0) err = check_target(out, req, c);
    return err < 0 ? err : check_headers(out, req->headers);
}

/* ---- Printing -------------------------------------------------------------------------------- */

/* Does edo print this field? It prints the framing of the message, and Host first. */
static bool request_head_is_ours(uint16_t id) {
    return id == EDO_HEADER_CONTENT_LENGTH || id == EDO_HEADER_TRANSFER_ENCODING ||
           id == EDO_HEADER_EXPECT || id == EDO_HEADER_HOST;
}

static size_t request_head_bytes_of(const edo_headers *h) {
    size_t bytes = 0;
    const edo_header *f;
    for (size_t i = 0; h && (f = edo_headers_at(h, i)); i++)
        bytes += f->name.len + f->value.len + sizeof ": \r\n" - 1;
    return bytes;
}

static void put_host(edoi_pen *p, const edo_http_request *req, const edoi_http_asked *a) {
    EDOI_PEN(p, "host: ");
    if (a->has_host) {
        edoi_pen_str(p, edo_headers_get(req->headers, EDO_HEADER_HOST));
    } else {
        edoi_pen_str(p, a->host);
        if (a->port.len > 0) EDOI_PEN(p, ":");
        edoi_pen_str(p, a->port);
    }
    EDOI_PEN(p, "\r\n");
}

static void request_head_put_headers(edoi_pen *p, const edo_headers *h) {
    const edo_header *f;
    for (size_t i = 0; h && (f = edo_headers_at(h, i)); i++) {
        if (request_head_is_ours(f->id)) continue;
        edoi_pen_str(p, f->name);
        EDOI_PEN(p, ": ");
        edoi_pen_str(p, f->value);
        EDOI_PEN(p, "\r\n");
    }
}

/* Is "Content-Length: 0" printed for this method, of which requests usually have a body (RFC 9110
 * section 8.6)? */
static bool usually_has_body(edo_method m) {
    return m == EDO_METHOD_POST || m == EDO_METHOD_PUT || m == EDO_METHOD_PATCH;
}

static void request_head_put_framing(edoi_pen *p, const edo_http_request *req,
                                     const edoi_http_asked *a) {
    uint64_t length = req->body ? (uint64_t)req->length : req->data.len;
    if (req->body && req->length < 0) {
        EDOI_PEN(p, "transfer-encoding: chunked\r\n");
    } else if (length > 0 || req->body || usually_has_body(a->method)) {
        EDOI_PEN(p, "content-length: ");
        edoi_pen_number(p, length);
        EDOI_PEN(p, "\r\n");
    }
    if (req->expect_continue && (req->body || length > 0)) EDOI_PEN(p, "expect: 100-continue\r\n");
}

int edoi_client_print_head(edoi_client_exchange *x, const edo_http_request *req,
                           const edoi_http_asked *a) {
    edoi_http_output *o = &x->up.out;
    size_t bytes = a->method_name.len + a->target.len + a->host.len + a->port.len +
                   request_head_bytes_of(req->headers) + OTHER_LINES_MAX;
    if (bytes > sizeof o->bytes)
        return edo_fail(-EMSGSIZE, "the head of the request has %zu bytes, more than %zu", bytes,
                        sizeof o->bytes);
    edoi_pen p = { o->bytes };
    edoi_pen_str(&p, a->method_name);
    EDOI_PEN(&p, " ");
    edoi_pen_str(&p, a->target);
    EDOI_PEN(&p, " HTTP/1.1\r\n");
    put_host(&p, req, a);
    request_head_put_headers(&p, req->headers);
    request_head_put_framing(&p, req, a);
    EDOI_PEN(&p, "\r\n");
    if (x->conn->title_case) edoi_title_case(o->bytes, p.at);
    o->begin = 0;
    o->end = (uint32_t)(p.at - o->bytes);
    return 0;
}
