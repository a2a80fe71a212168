/* SPDX-License-Identifier: MIT */
/* client/pool/count.c: the metrics of a client.
 *
 * The series of a request depend on its host, its method, and its result. They are looked up once,
 * and then found in an append-only list of their host: so a request does no lookup by labels. The
 * series of a failed request are looked up each time.
 *
 * inv. 1: an entry of the list is const once it is in it, and lives as long as the host. A list
 *         that is full leaves the look-up to the registry. */
#include "client/pool/count.h"

#include "base/assert.h"
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
    edoi_metrics_ref(m);
    int err = counts_add_requests(self, m);
    return err < 0 ? err : counts_add_connections(self, m);
}

void edoi_client_counts_deinit(edoi_client_counts *self) {
    edoi_metrics_unref(self->registry);
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

/* ---- Series of a request --------------------------------------------------------------------- */

/* The series of a request that begins, which are `active` alone, or of one that ends; NULL: not
 * counted. */
typedef struct count_series {
    edo_up_down *active;
    edo_hist *duration, *request_bytes, *response_bytes;
} count_series;

/* What determines them for a host: the bits, the method, and at the end the version and status,
 * which is below 1024. */
typedef uint32_t request_key;

#define IS_ENDED UINT32_C(1)
#define HAS_SIZE UINT32_C(2) /* the size of the request's body is known; only if it has ended */
#define IS_HTTPS UINT32_C(4)
#define METHOD   3 /* where the method begins, and so on */
#define VERSION  8
#define STATUS   16
#define KEPT_MAX 16u /* of a host: others are rare, or somebody makes them up */

typedef struct kept_entry {
    struct kept_entry *next; /* NULL: none was added before */
    count_series series;
    request_key key;
    uint32_t n; /* entries from this one on */
} kept_entry;

void edoi_kept_series_deinit(edoi_kept_series *self) {
    kept_entry *e = edoi_load_rlx_ptr(&self->first); // relaxed: this is the last user
    while (e) {
        kept_entry *next = e->next;
        EDO_INV("count inv. 1", e->n <= KEPT_MAX && e->n == (next ? next->n : 0) + 1);
        edo_rc_unref(e);
        e = next;
    }
}

static const kept_entry *count_find_kept(const kept_entry *e, request_key key) {
    while (e && e->key != key) e = e->next;
    return e;
}

/* Puts the series in front of `first`, unless another thread has just added some. Without memory a
 * later request tries again. */
static void count_keep(edoi_kept_series *self, void *first, const count_series *series,
                       request_key key) {
    kept_entry *next = first;
    uint32_t n = next ? next->n : 0;
    if (n >= KEPT_MAX) return;
    kept_entry *e = edo_rc_new(sizeof *e, NULL);
    if (!e) return;
    *e = (kept_entry){ .next = next, .series = *series, .key = key, .n = n + 1 };
    // CM1: pairs with CM2: the entry is whole when it is found
    if (!edoi_cas_acqrel_ptr(&self->first, &first, e)) edo_rc_unref(e);
}

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

/* Looks up the series of a request that begins. Returns 0, or a negative code: then it is NULL, and
 * the request is not counted; so does the next one. */
static int look_up_begun(count_series *s, const edoi_request_count *count, const edo_uri *uri) {
    request_target p;
    request_target_init(&p, count->method, uri);
    const edo_str values[] = { p.method, p.server, p.port_of, p.scheme };
    return edo_up_down_series(&s->active, count->counts->active, values);
}

/* The status from 400 on, the name of a failure, or nothing. */
static edo_str outcome_error(const edoi_request_outcome *o, edo_str status) {
    if (o->status >= 400) return status;
    return o->err < 0 ? edo_str_of(edo_error_name(o->err)) : EDO_STR("");
}

static int look_up_ended(count_series *s, const edoi_request_count *count, edo_str url,
                         const edoi_request_outcome *o) {
    const edoi_client_counts *c = count->counts;
    request_target p;
    char text[PORT_MAX];
    edo_uri uri = { 0 };
    (void)edo_uri_parse(&uri, url); // it was parsed before
    request_target_init(&p, count->method, &uri);
    edo_str status = o->status > 0 ? port_text(text, (unsigned)o->status) : EDO_STR("");
    edo_str version = o->status == 0 ? EDO_STR("") : edoi_http_version_number(o->version);
    const edo_str values[] = {
        p.method, p.server, p.port_of, p.scheme, status, version, outcome_error(o, status)
    };
    int err = edo_hist_series(&s->duration, c->duration, values);
    if (err == 0 && count->request_bytes >= 0)
        err = edo_hist_series(&s->request_bytes, c->request_bytes, values);
    if (err < 0 || o->status == 0) return err;
    return edo_hist_series(&s->response_bytes, c->response_bytes, values);
}

/* ---- A request ------------------------------------------------------------------------------- */

static edo_up_down *request_series_begun(const edoi_request_count *self, const edo_uri *uri) {
    void *first = self->kept ? edoi_load_acq_ptr(&self->kept->first) : NULL; // CM2: pairs with CM1
    const kept_entry *known = count_find_kept(first, self->key);
    if (known) return known->series.active;
    count_series s = { 0 };
    if (look_up_begun(&s, self, uri) == 0 && self->kept)
        count_keep(self->kept, first, &s, self->key);
    return s.active;
}

void edoi_request_count_begin(edoi_request_count *self, const edoi_client_counts *counts,
                              edoi_kept_series *kept, const edo_http_request *req,
                              const edo_uri *uri) {
    self->counts = counts->registry ? counts : NULL;
    if (!self->counts) return;
    self->kept = kept;
    self->method = req->method;
    self->key = (uint32_t)req->method << METHOD | (uri->scheme.len == 5 ? IS_HTTPS : 0);
    self->begun = edo_now();
    self->request_bytes = req->body ? req->length : (int64_t)req->data.len;
    self->active = request_series_begun(self, uri);
    edo_up_down_add(self->active, 1);
}

void edoi_request_count_drop(edoi_request_count *self) {
    if (self->counts) edo_up_down_add(self->active, -1);
    self->counts = NULL;
}

static request_key ended_key(const edoi_request_count *self, const edoi_request_outcome *o) {
    return self->key | IS_ENDED | (self->request_bytes >= 0 ? HAS_SIZE : 0) |
           (uint32_t)o->version << VERSION | (uint32_t)o->status << STATUS;
}

static count_series request_series_ended(const edoi_request_count *self, edo_str url,
                                         const edoi_request_outcome *o) {
    edoi_kept_series *kept = o->err < 0 ? NULL : self->kept;
    void *first = kept ? edoi_load_acq_ptr(&kept->first) : NULL; // CM2: pairs with CM1
    const kept_entry *known = count_find_kept(first, ended_key(self, o));
    if (known) return known->series;
    count_series s = { 0 };
    if (look_up_ended(&s, self, url, o) == 0 && kept)
        count_keep(kept, first, &s, ended_key(self, o));
    return s;
}

void edoi_request_count_end(edoi_request_count *self, edo_str url, const edoi_request_outcome *o) {
    if (!self->counts) return;
    count_series s = request_series_ended(self, url, o);
    edo_hist_record_time(s.duration, edo_instant_since(edo_now(), self->begun));
    edo_hist_record(s.request_bytes, (double)self->request_bytes);
    edo_hist_record(s.response_bytes, (double)o->response_bytes);
    edo_up_down_add(self->active, -1);
    self->counts = NULL;
}
