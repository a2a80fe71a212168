/* SPDX-License-Identifier: MIT */
/* web/proxy/forwards.c: Max-Forwards of OPTIONS and TRACE, by which a client looks along a chain of
 * proxies: each one counts it down, and the one that gets 0 responds itself.
 * Spec: RFC 9110 sections 7.6.2, 9.3.7 and 9.3.8. */
#include "base/text/decimal.h"
#include "web/proxy/proxy.h"
#include "web/router/router.h"

#include <edo/http_fields.h>

#include <errno.h>
#include <string.h>

static bool forwards_count(const edo_request *req) {
    return req->method == EDO_METHOD_OPTIONS || req->method == EDO_METHOD_TRACE;
}

int edoi_proxy_find_forwards(edoi_proxied *p) {
    const edo_headers *h = &p->req->headers;
    const edo_header *f = edo_headers_next(h, NULL, EDO_HEADER_MAX_FORWARDS);
    p->forwards = EDOI_PROXY_UNCOUNTED;
    if (!f || !forwards_count(p->req)) return 0;
    if (edo_headers_next(h, f, EDO_HEADER_MAX_FORWARDS)) return -EINVAL;
    int err = edo_header_number_parse(&p->forwards, f->value);
    if (err == -ERANGE) p->forwards = INT64_MAX; // a smaller one may be sent on
    return err == -ERANGE ? 0 : err;
}

int edoi_proxy_count_forwards(edoi_proxied *p) {
    char text[EDOI_DECIMAL_ROOM];
    if (p->forwards == EDOI_PROXY_UNCOUNTED) return 0;
    const char *end = edoi_decimal_print(text, (uint64_t)p->forwards - 1);
    return edo_headers_append(&p->headers, EDO_HEADER_MAX_FORWARDS,
                              (edo_str){ text, (size_t)(end - text) });
}

/* ---- TRACE ----------------------------------------------------------------------------------- */

/* What a page's script must not get to see in this way. */
static bool trace_hides(const edo_header *f) {
    return f->id == EDO_HEADER_AUTHORIZATION || f->id == EDO_HEADER_PROXY_AUTHORIZATION ||
           f->id == EDO_HEADER_COOKIE || f->flags & EDO_HEADER_SENSITIVE;
}

static const char *version_name(edo_http_version version) {
    return version == EDO_HTTP_2 ? "HTTP/2" : version == EDO_HTTP_10 ? "HTTP/1.0" : "HTTP/1.1";
}

/* Prints the head of the request, as it has come. */
static int trace_print(const edoi_proxied *p, edo_buf *out) {
    const edo_request *req = p->req;
    int err = edo_buf_printf(out, "TRACE %.*s %s\r\n", (int)req->target.len, req->target.ptr,
                             version_name(req->version));
    for (size_t i = 0; err == 0 && i < edo_headers_count(&req->headers); i++) {
        const edo_header *f = edo_headers_at(&req->headers, i);
        if (trace_hides(f)) continue;
        err = edo_buf_printf(out, "%.*s: %.*s\r\n", (int)f->name.len, f->name.ptr,
                             (int)f->value.len, f->value.ptr);
    }
    return err == 0 ? edo_buf_append(out, "\r\n", 2) : err;
}

static int respond_trace(edoi_proxied *p) {
    edo_buf text = { 0 };
    int err = trace_print(p, &text);
    char *copy = err == 0 ? edo_arena_alloc(p->req->arena, text.len) : NULL;
    if (err == 0 && !copy) err = -ENOMEM;
    if (err == 0)
        err = edo_response_data(p->res, EDO_STATUS_OK, EDO_STR("message/http"),
                                (edo_str){ memcpy(copy, text.ptr, text.len), text.len });
    edo_buf_deinit(&text);
    return err;
}

int edoi_proxy_respond_last(edoi_proxied *p) {
    return p->req->method == EDO_METHOD_TRACE ? respond_trace(p) : edoi_web_answer_options(p->w);
}
