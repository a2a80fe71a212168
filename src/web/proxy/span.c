/* SPDX-License-Identifier: MIT */
/* web/proxy/span.c: the span of a request on its way: that of a client's call, by OpenTelemetry's
 * names. The service knows where it goes: that is known once a response has come. */
#define EDO_TARGET "http.client"
#include "client/fetch/fetch.h"
#include "log/span/note.h"
#include "web/proxy/proxy.h"

static edo_str proxy_method_shown(const edo_http_request *ask) {
    return ask->method == EDO_METHOD_OTHER ? EDO_STR("_OTHER") : edo_method_name(ask->method);
}

edo_span *edoi_proxy_span(const edoi_proxied *p) {
    if (!EDOI_LOG_LEVEL_ON(EDO_LEVEL_INFO)) return NULL;
    edo_span *here = edo_span_current();
    edo_span *from =
        here ? NULL : edo_span_remote(edo_headers_get(&p->headers, EDO_HEADER_TRACEPARENT));
    edo_span *s = edo_span_new(EDO_LEVEL_INFO, EDO_TARGET, here ? here : from,
                               (EDO_KV("otel.kind", "client"),
                                edoi_kv_some("http.request.method", proxy_method_shown(&p->ask))),
                               "proxy");
    edo_span_unref(from);
    return s;
}

edo_span *edoi_proxy_span_try(const edoi_proxied *p, uint32_t n) {
    if (p->proxy->tries <= 1) return NULL;
    return edo_span_new(EDO_LEVEL_DEBUG, "retry", edo_span_current(), (EDO_KV("try", n)), "try");
}

void edoi_proxy_span_tell(edo_span *s, const edoi_proxied *p, uint32_t tries) {
    edoi_fetch_span_place(s, edo_http_response_url(p->got));
    edoi_fetch_span_tell(s, p->got, tries);
}
