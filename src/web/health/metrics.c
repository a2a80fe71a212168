/* SPDX-License-Identifier: MIT */
/* web/health/metrics.c: serves the numbers of a registry as a route. */
#include <edo/openapi.h>
#include <edo/web_watch.h>

#include <string.h>

/* Does the client name OpenMetrics in `Accept`? Prometheus does, with parameters for the
 * versions. */
static bool takes_openmetrics(edo_web *w) {
    static const char type[] = "application/openmetrics-text";
    edo_str accept = edo_headers_get(&edo_web_request(w)->headers, EDO_HEADER_ACCEPT);
    return accept.len > 0 && memmem(accept.ptr, accept.len, type, sizeof type - 1);
}

static int get_metrics(edo_web *w) {
    edo_metrics_form form = takes_openmetrics(w) ? EDO_METRICS_OPENMETRICS : EDO_METRICS_PROMETHEUS;
    edo_buf text = { 0 };
    int err = edo_metrics_print(edo_web_route_arg(w), &text, form);
    edo_bytes body = edo_buf_freeze(&text);
    if (err == 0) err = edo_web_append_header(w, "vary", "accept");
    if (err == 0) {
        err = edo_response_bytes(edo_web_response(w), EDO_STATUS_OK,
                                 edo_str_of(edo_metrics_content_type(form)), &body);
    }
    edo_bytes_unref(&body);
    return err;
}

void edo_metrics_routes(edo_router *r, edo_metrics *m) {
    static const edo_route_doc doc = { .summary = "Numbers for Prometheus", .tag = "Operations" };
    edo_router_add_with(r, EDO_METHOD_BIT(EDO_METHOD_GET), "/metrics", get_metrics, m, NULL);
    edo_router_doc(r, &doc);
}
