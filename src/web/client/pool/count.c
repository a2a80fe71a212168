/* SPDX-License-Identifier: MIT */
/* web/client/pool/count.c: the metrics of a client. The series of a request are looked up each
 * time, under the registry's lock: beside a way over the network that is nothing. */
#include "web/client/pool/count.h"

#include "http/types/version.h"

#include <edo/base.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define HOST_MAX 255u
#define PORT_MAX 8u

/* ---- Making ---------------------------------------------------------------------------------- */

static int counts_add_requests(edoi_client_counts *self, edo_metrics *m) {
    static const char labels[] = "http_request_method server_address server_port url_scheme "
                                 "http_response_status_code network_protocol_version error_type";
    static const double sizes[] = { 0, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9 };
    const edo_hist_opts bytes = { .bounds = sizes, .bounds_n = EDO_COUNT(sizes) };
    int err = edo_metrics_hist(&self->duration, m, "http.client.request.duration", NULL,
                               &(edo_metric_opts){ .help = "Duration of HTTP client requests.",
                                                   .unit = "s",
                                                   .labels = labels });
    if (err == 0)
        err = edo_metrics_hist(&self->request_bytes, m, "http.client.request.body.size", &bytes,
                               &(edo_metric_opts){ .help = "Size of HTTP client request bodies.",
                                                   .unit = "By",
                                                   .labels = labels });
    if (err == 0)
        err = edo_metrics_hist(&self->response_bytes, m, "http.client.response.body.size", &bytes,
                               &(edo_metric_opts){ .help = "Size of HTTP client response bodies.",
                                                   .unit = "By",
                                                   .labels = labels });
    if (err == 0)
        err = edo_metrics_up_down(
            &self->active, m, "http.client.active_requests",
            &(edo_metric_opts){ .help = "Number of active HTTP requests.",
                                .unit = "{request}",
                                .labels =
                                    "http_request_method server_address server_port url_scheme" });
    return err;
}

static int counts_add_connections(edoi_client_counts *self, edo_metrics *m) {
    int err = edo_metrics_up_down(
        &self->connections, m, "http.client.open_connections",
        &(edo_metric_opts){ .help = "Number of outbound HTTP connections, by their state.",
                            .unit = "{connection}",
                            .labels = "http_connection_state server_address server_port" });
    if (err < 0) return err;
    return edo_metrics_hist(
        &self->connected, m, "http.client.connection.duration", NULL,
        &(edo_metric_opts){ .help = "Duration of outbound HTTP connections that have ended.",
                            .unit = "s",
                            .labels = "server_address server_port" });
}

int edoi_client_counts_init(edoi_client_counts *self, edo_metrics *m) {
    *self = (edoi_client_counts){ .registry = m };
    if (!m) return 0;
    edoi_metrics_count_users(m, 1);
    int err = counts_add_requests(self, m);
    return err < 0 ? err : counts_add_connections(self, m);
}

void edoi_client_counts_deinit(edoi_client_counts *self) {
    if (self->registry) edoi_metrics_count_users(self->registry, -1);
}

/* ---- A connection ---------------------------------------------------------------------------- */

static edo_str port_text(char text[PORT_MAX], unsigned port) {
    int n = snprintf(text, PORT_MAX, "%u", port);
    return (edo_str){ text, (size_t)n };
}

void edoi_conn_count_begin(edoi_conn_count *self, const edoi_client_counts *counts,
                           const char *name, uint16_t port) {
    char text[PORT_MAX];
    *self = (edoi_conn_count){ NULL, NULL, NULL };
    if (!counts->registry) return;
    const edo_str server = edo_str_of(name), port_of = port_text(text, port);
    const edo_str active[] = { EDO_STR("active"), server, port_of };
    const edo_str idle[] = { EDO_STR("idle"), server, port_of };
    const edo_str connected[] = { server, port_of };
    // without memory a series is NULL: it is not counted
    (void)edo_up_down_series(&self->active, counts->connections, active);
    (void)edo_up_down_series(&self->idle, counts->connections, idle);
    (void)edo_hist_series(&self->connected, counts->connected, connected);
    edo_up_down_add(self->active, 1);
}

/* ---- A request ------------------------------------------------------------------------------- */

/* The values of the labels that say where a request goes. */
typedef struct request_target {
    char host[HOST_MAX], port[PORT_MAX];
    edo_str method, server, port_of, scheme;
} request_target;

static void request_target_init(request_target *p, edo_method method, const edo_uri *uri) {
    size_t n = uri->host.len < HOST_MAX ? uri->host.len : HOST_MAX;
    for (size_t i = 0; i < n; i++) {
        char c = uri->host.ptr[i];
        p->host[i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
    }
    int port = edo_uri_port(uri);
    p->method = method == EDO_METHOD_OTHER ? EDO_STR("_OTHER") : edo_method_name(method);
    p->server = (edo_str){ p->host, n };
    p->port_of = port_text(p->port, port > 0 ? (unsigned)port : 0);
    p->scheme = uri->scheme.len == 5 ? EDO_STR("https") : EDO_STR("http");
}

void edoi_request_count_begin(edoi_request_count *self, const edoi_client_counts *counts,
                              const edo_http_request *req, const edo_uri *uri) {
    request_target p;
    self->counts = counts->registry ? counts : NULL;
    if (!self->counts) return;
    request_target_init(&p, req->method, uri);
    const edo_str values[] = { p.method, p.server, p.port_of, p.scheme };
    self->active = NULL;
    (void)edo_up_down_series(&self->active, counts->active, values); // NULL: not counted
    self->method = req->method;
    self->begun = edo_now();
    self->request_bytes = req->body ? req->length : (int64_t)req->data.len;
    edo_up_down_add(self->active, 1);
}

void edoi_request_count_drop(edoi_request_count *self) {
    if (self->counts) edo_up_down_add(self->active, -1);
    self->counts = NULL;
}

/* The status from 400 on, the name of a failure, or nothing. */
static edo_str outcome_error(const edoi_request_outcome *o, edo_str status) {
    if (o->status >= 400) return status;
    return o->err < 0 ? edo_str_of(edo_error_name(o->err)) : EDO_STR("");
}

static void request_count_record(const edoi_request_count *self, const edo_str *values,
                                 const edoi_request_outcome *o) {
    const edoi_client_counts *c = self->counts;
    edo_hist *h = NULL;
    (void)edo_hist_series(&h, c->duration, values); // NULL: not counted; so are the next two
    edo_hist_record_time(h, edo_instant_since(edo_now(), self->begun));
    if (self->request_bytes >= 0) {
        (void)edo_hist_series(&h, c->request_bytes, values);
        edo_hist_record(h, (double)self->request_bytes);
    }
    if (o->status == 0) return;
    (void)edo_hist_series(&h, c->response_bytes, values);
    edo_hist_record(h, (double)o->response_bytes);
}

void edoi_request_count_end(edoi_request_count *self, const edo_uri *uri,
                            const edoi_request_outcome *o) {
    request_target p;
    char text[PORT_MAX];
    if (!self->counts) return;
    request_target_init(&p, self->method, uri);
    edo_str status = o->status > 0 ? port_text(text, (unsigned)o->status) : EDO_STR("");
    edo_str version = o->status == 0 ? EDO_STR("") : edoi_http_version_number(o->version);
    const edo_str values[] = {
        p.method, p.server, p.port_of, p.scheme, status, version, outcome_error(o, status)
    };
    request_count_record(self, values, o);
    edo_up_down_add(self->active, -1);
    self->counts = NULL;
}
