/* SPDX-License-Identifier: MIT */
/* web/request/origin.c: see origin.h. */
#include "web/request/origin.h"

#include "web/layers/layer.h"

#include <edo/http_fields.h>

/* A target that is a whole URI comes before the field (RFC 9112 section 3.2.2). */
bool edoi_request_authority(edo_uri *out, const edo_request *req) {
    bool is_path = req->target.ptr[0] == '/';
    if (!is_path && edo_uri_parse_target(out, req->method, req->target) == 0 && out->host.len > 0)
        return true;
    edo_str field = edo_headers_get(&req->headers, EDO_HEADER_HOST);
    return field.len > 0 && edo_uri_parse_authority(out, field) == 0;
}

edo_str edoi_request_host(const edo_request *req) {
    edo_uri uri;
    return edoi_request_authority(&uri, req) ? uri.host : EDO_STR("");
}

edo_str edoi_request_origin(const edo_request *req) {
    const edo_headers *h = &req->headers;
    const edo_header *f = edo_headers_next(h, NULL, EDO_HEADER_ORIGIN);
    if (!f) return (edo_str){ 0 };
    return edo_headers_next(h, f, EDO_HEADER_ORIGIN) ? EDO_STR("") : f->value;
}

bool edoi_is_own_origin(const edo_request *req, edo_str origin) {
    edo_uri own;
    edo_origin page;
    if (edo_origin_parse(&page, origin) < 0 || page.is_null || !edoi_request_authority(&own, req))
        return false;
    own.scheme = page.uri.scheme;
    int port = edo_uri_port(&page.uri);
    return port >= 0 && port == edo_uri_port(&own) && edoi_equal_nocase(page.uri.host, own.host);
}
