/* SPDX-License-Identifier: MIT */
/* client/fetch/span.c: the span of a call, by OpenTelemetry's names. */
#define EDO_TARGET "http.client"
#include "client/fetch/fetch.h"

#include "http/types/error_type.h"
#include "http/types/version.h"
#include "http/uri/place.h"
#include "log/span/span.h"

/* ---- Where it goes --------------------------------------------------------------------------- */

/* A URL, taken apart once a field asks for it. */
typedef struct span_place {
    edo_str url;
    edo_uri uri; /* empty: it is none */
    edo_buf own; /* a URL without its login */
    bool is_read;
} span_place;

static const edo_uri *place_uri(span_place *p) {
    edo_uri uri;
    if (!p->is_read && edo_uri_parse(&uri, p->url) == 0) p->uri = uri;
    p->is_read = true;
    return &p->uri;
}

/* Without a login and a query, which may be secret. */
static edo_str place_shown(span_place *p) {
    edo_uri u = *place_uri(p);
    if (!u.scheme.ptr) return EDO_STR("");
    if (!u.userinfo.ptr)
        return (edo_str){ p->url.ptr, (size_t)(u.path.ptr + u.path.len - p->url.ptr) };
    u.userinfo = u.query = u.fragment = (edo_str){ 0 };
    return edo_uri_print(&u, &p->own) == 0 ? (edo_str){ p->own.ptr, p->own.len } : EDO_STR("");
}

/* ---- The span -------------------------------------------------------------------------------- */

static edo_str fetch_method(const edo_fetch_opts *o) {
    if (o->method == EDO_METHOD_OTHER && o->method_name.len == 0)
        return edo_method_name(edoi_fetch_has_body(o) ? EDO_METHOD_POST : EDO_METHOD_GET);
    return o->method == EDO_METHOD_OTHER ? o->method_name : edo_method_name(o->method);
}

edo_span *edoi_fetch_span(edo_str url, const edo_fetch_opts *o) {
    span_place p = { .url = url };
    edo_span *s =
        edo_info_span("fetch", EDO_KV("otel.kind", "client"),
                      edoi_kv_some("http.request.method", fetch_method(o)),
                      edoi_kv_some("url.full", place_shown(&p)),
                      edoi_kv_some("url.scheme", place_uri(&p)->scheme),
                      edoi_uri_kv_address(place_uri(&p)), edoi_uri_kv_port(place_uri(&p)));
    edo_buf_deinit(&p.own);
    return s;
}

void edoi_fetch_span_place(edo_span *s, edo_str url) {
    span_place p = { .url = url };
    if (!edoi_span_has_fields(s)) return;
    const edo_kv fields[] = {
        edoi_kv_some("url.full", place_shown(&p)),
        edoi_kv_some("url.scheme", place_uri(&p)->scheme),
        edoi_uri_kv_address(place_uri(&p)),
        edoi_uri_kv_port(place_uri(&p)),
    };
    edoi_span_record_all(s, fields, EDO_COUNT(fields));
    edo_buf_deinit(&p.own);
}

void edoi_fetch_span_tell(edo_span *s, const edo_http_response *res, uint32_t tried) {
    char text[EDOI_STATUS_TEXT];
    if (!edoi_span_has_fields(s)) return;
    const edo_kv fields[] = {
        edoi_status_kv(res->status),
        edoi_kv_some("network.protocol.version", edoi_http_version_number(res->version)),
        edoi_kv_above_0("http.request.resend_count", (int64_t)tried - 1),
        edoi_status_kv_error(text, res->status, EDO_STATUS_BAD_REQUEST),
    };
    edoi_span_record_all(s, fields, EDO_COUNT(fields));
}
