/* SPDX-License-Identifier: MIT */
/* web/layers/watch/span.c: see span.h. The user agent is no field: each line of the request would
 * have it. */
#include "web/layers/watch/span.h"

#include "http/types/error_type.h"
#include "http/types/version.h"
#include "http/uri/place.h"
#include "log/span/span.h"
#include "web/layers/watch/access_log.h"
#include "web/request/origin.h"
#include "web/request/web.h"

#include <edo/receiver.h>

/* The host that the request is sent to, taken apart once a field asks for it. */
typedef struct span_host {
    const edo_request *req;
    edo_uri uri;
    bool is_read;
} span_host;

static const edo_uri *host_uri(span_host *h) {
    if (!h->is_read && !edoi_request_authority(&h->uri, h->req)) h->uri = (edo_uri){ 0 };
    h->uri.scheme = h->req->is_tls ? EDO_STR("https") : EDO_STR("http");
    h->is_read = true;
    return &h->uri;
}

static edo_str span_path(const edo_request *req) {
    edo_str path = req->target;
    const char *query = path.len > 0 ? memchr(path.ptr, '?', path.len) : NULL;
    return query ? (edo_str){ path.ptr, (size_t)(query - path.ptr) } : path;
}

/* What a client calls a method may be anything: the names of spans are to be few. */
static edo_str request_method_shown(const edo_request *req) {
    return req->method == EDO_METHOD_OTHER ? EDO_STR("_OTHER") : req->method_name;
}

static edo_str span_other_method(const edo_request *req) {
    return req->method == EDO_METHOD_OTHER ? req->method_name : EDO_STR("");
}

edo_span *edoi_request_span(edo_request *req, edo_span *from) {
    span_host host = { .req = req };
    char client[EDO_ADDR_TEXT_MAX];
    return edo_span_new(
        EDO_LEVEL_INFO, "http.server", from,
        (EDO_KV("otel.kind", "server"),
         edoi_kv_some("http.request.method", request_method_shown(req)),
         edoi_kv_some("http.request.method_original", span_other_method(req)),
         edoi_kv_some("http.route", req->route), edoi_kv_some("url.path", span_path(req)),
         edoi_kv_some("url.scheme", host_uri(&host)->scheme), edoi_uri_kv_address(host_uri(&host)),
         edoi_uri_kv_port(host_uri(&host)),
         edoi_kv_some("network.protocol.version", edoi_http_version_number(req->version)),
         edoi_kv_some("client.address", edoi_access_client(req, client)),
         edoi_kv_some("id", edo_request_id(req))),
        "request");
}

/* Is the field there already? */
static int is_route(void *arg, const edo_kv *field) {
    (void)arg;
    return strcmp(field->key, "http.route") == 0;
}

void edoi_request_span_tell(edo_span *s, edo_web *w, int code) {
    char text[EDOI_STATUS_TEXT];
    if (!edoi_span_has_fields(s)) return;
    const edo_status status = edoi_web_status_of(w, code);
    const edo_str route = edo_web_request(w)->route;
    const bool has_route = edo_span_each_field(s, is_route, NULL) != 0;
    const edo_kv fields[] = {
        edoi_kv_some("http.route", has_route ? EDO_STR("") : route),
        edoi_status_kv(status),
        edoi_status_kv_error(text, status, EDO_STATUS_INTERNAL_SERVER_ERROR),
    };
    edoi_span_record_all(s, fields, EDO_COUNT(fields));
}
