/* SPDX-License-Identifier: MIT */
/* web/health/metrics.c: serves the numbers of a registry as a route. */
#include "web/request/web.h"

#include <edo/http_fields.h>
#include <edo/openapi.h>

/* The weight of the elements that name a type, of any version or one of `versions`; -1: none does.
 * What else they have, as Prometheus' "escaping", is passed over. */
static int metrics_type_weight(edo_str accept, edo_str type, edo_str versions) {
    edo_preference a;
    int weight = -1, got;
    while ((got = edo_accept_next(&a, &accept)) != 0) {
        if (got < 0 || !edo_header_has(a.value, type)) continue;
        edo_str version = edo_header_param_get(a.params, EDO_STR("version"));
        if (version.ptr && !edo_header_has(versions, version)) continue;
        if (a.weight > weight) weight = a.weight;
    }
    return weight;
}

/* Does the client name OpenMetrics, and like plain text not more? */
static bool takes_openmetrics(edo_str accept) {
    static const edo_str text = { "text/plain", 10 };
    int open = metrics_type_weight(accept, EDO_STR("application/openmetrics-text"),
                                   EDO_STR("1.0.0, 0.0.1"));
    int plain = metrics_type_weight(accept, text, EDO_STR("0.0.4, 1.0.0"));
    if (plain < 0) plain = edo_accept_media_weight(accept, text);
    return open > 0 && open >= plain;
}

static int get_metrics(edo_web *w) {
    edo_buf text = { 0 };
    edo_str accept;
    int err = edoi_web_accept(w, &accept);
    if (err < 0) return err;
    edo_metrics_form form =
        takes_openmetrics(accept) ? EDO_METRICS_OPENMETRICS : EDO_METRICS_PROMETHEUS;
    err = edo_metrics_print(edo_web_route_arg(w), &text, form);
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
