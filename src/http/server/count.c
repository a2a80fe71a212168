/* SPDX-License-Identifier: MIT */
/* http/server/count.c: the metrics of HTTP servers.
 *
 * The series of a request follow from its method, route, status and version. They are looked up
 * once, and then found in a table of pointers that is only added to: so a request asks for no
 * label. Not base/table.h, which would need a lock that all workers take twice for each request.
 *
 * inv. 1: a slot of the table is set once, to an entry that is const from then on, and lives as
 *         long as the table. A table that is full leaves the look-up to the registry. */
#include "http/server/count.h"

#include "base/assert.h"

#include "base/atomic.h"
#include "http/types/version.h"

#include <edo/base.h>

#include <stdio.h>
#include <string.h>

#define SLOTS     1024u /* a power of two */
#define PROBES    16u
#define CODE_TEXT 8

/* The method, status and version of a request, which with its route determine its series. A status
 * is below 1024. */
typedef uint32_t request_key;

#define IS_ACTIVE UINT32_C(1) /* the entry is `active`, for which only the method counts */
#define IS_HTTP2  (UINT32_C(1) << 30)
#define IS_TLS    (UINT32_C(1) << 31)

typedef struct request_series {
    edo_up_down *active;
    edo_hist *duration, *request_bytes, *response_bytes;
} request_series;

typedef struct request_entry {
    request_series series;
    request_key key;
    size_t route_n;
    char route[];
} request_entry;

struct edo_http_metrics {
    edo_metrics *registry; /* const; shared */
    edo_metric *duration, *request_bytes, *response_bytes, *active, *refused, *http2_ended, *drain;
    edo_counter *http2_resets[EDOI_HTTP2_VERDICTS];
    edo_up_down *connections[EDOI_HTTP_COUNTED_ACTIVE + 1]; /* by edoi_http_counted */
    edo_atomic_ptr slots[SLOTS];                            /* atomic: HM1; request_entry, inv. 1 */
};

/* ---- Making ---------------------------------------------------------------------------------- */

static void metrics_deinit(void *self) {
    edo_http_metrics *m = self;
    edoi_metrics_unref(m->registry);
    for (size_t i = 0; i < SLOTS; i++)
        edo_rc_unref(edoi_load_rlx_ptr(&m->slots[i])); // relaxed: this is the last user
}

static int add_requests(edo_http_metrics *self, edo_metrics *m) {
    static const char labels[] = "http_request_method http_route http_response_status_code "
                                 "network_protocol_version url_scheme error_type";
    static const double sizes[] = { 0, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9 };
    const edo_hist_opts bytes = { .bounds = sizes, .bounds_n = EDO_COUNT(sizes) };
    int err = edo_metrics_hist(&self->duration, m, "http.server.request.duration", NULL,
                               &(edo_metric_opts){ .help = "Duration of HTTP server requests.",
                                                   .unit = "s",
                                                   .labels = labels });
    if (err == 0)
        err = edo_metrics_hist(&self->request_bytes, m, "http.server.request.body.size", &bytes,
                               &(edo_metric_opts){ .help = "Size of HTTP server request bodies.",
                                                   .unit = "By",
                                                   .labels = labels });
    if (err == 0)
        err = edo_metrics_hist(&self->response_bytes, m, "http.server.response.body.size", &bytes,
                               &(edo_metric_opts){ .help = "Size of HTTP server response bodies.",
                                                   .unit = "By",
                                                   .labels = labels });
    if (err == 0)
        err = edo_metrics_up_down(
            &self->active, m, "http.server.active_requests",
            &(edo_metric_opts){ .help = "Number of active HTTP server requests.",
                                .unit = "{request}",
                                .labels = "http_request_method url_scheme" });
    return err;
}

static int add_others(edo_http_metrics *self, edo_metrics *m) {
    static const edo_str states[] = {
        [EDOI_HTTP_COUNTED_IDLE] = { "idle", 4 }, [EDOI_HTTP_COUNTED_ACTIVE] = { "active", 6 }
    };
    static const edo_str verdicts[EDOI_HTTP2_VERDICTS] = { [EDOI_HTTP2_LATE] = { "late", 4 },
                                                           [EDOI_HTTP2_WASTED] = { "wasted", 6 },
                                                           [EDOI_HTTP2_SHED] = { "shed", 4 } };
    edo_metric *connections = NULL, *resets = NULL;
    int err = edo_metrics_counter(
        &resets, m, "edo.http2.resets",
        &(edo_metric_opts){ .help = "Requests of HTTP/2 taken back before their handlers had begun "
                                    "(late, wasted), and requests refused for that (shed).",
                            .labels = "verdict" });
    for (size_t i = 0; i < EDOI_HTTP2_VERDICTS && err == 0; i++)
        err = edo_counter_series(&self->http2_resets[i], resets, &verdicts[i]);
    if (err < 0) return err;
    err = edo_metrics_counter(
        &self->http2_ended, m, "edo.http2.ended",
        &(edo_metric_opts){ .help = "Connections of HTTP/2 ended for what their clients did.",
                            .labels = "reason" });
    if (err == 0)
        err = edo_metrics_counter(
            &self->refused, m, "edo.http.refused",
            &(edo_metric_opts){ .help = "Heads that are no requests, too large or too slow.",
                                .labels = "http_response_status_code" });
    if (err == 0)
        err = edo_metrics_up_down(
            &connections, m, "edo.http.connections",
            &(edo_metric_opts){ .help = "Connections of HTTP servers.", .labels = "state" });
    for (size_t i = EDOI_HTTP_COUNTED_IDLE; i <= EDOI_HTTP_COUNTED_ACTIVE && err == 0; i++)
        err = edo_up_down_series(&self->connections[i], connections, &states[i]);
    if (err < 0) return err;
    return edo_metrics_gauge(
        &self->drain, m, "edo.http.drain",
        &(edo_metric_opts){ .help = "How long the last orderly end of a server took.",
                            .unit = "s" });
}

int edo_http_metrics_new(edo_http_metrics **out, edo_metrics *m) {
    edo_http_metrics *self = edo_rc_new(sizeof *self, metrics_deinit);
    if (!self) return -ENOMEM;
    memset(self, 0, sizeof *self); // not a literal, which may lie on the stack first
    self->registry = m;
    edoi_metrics_ref(m);
    int err = add_requests(self, m);
    if (err == 0) err = add_others(self, m);
    if (err < 0) {
        edo_http_metrics_unref(self);
        return err;
    }
    *out = self;
    return 0;
}

void edo_http_metrics_unref(edo_http_metrics *self) {
    edo_rc_unref(self);
}

/* ---- Series of a request --------------------------------------------------------------------- */

typedef enum request_end { ENDED, FAILED, BROKEN_OFF } request_end;

static request_key tls_bit(const edoi_http_exchange *x) {
    return x->server->opts.tls ? IS_TLS : 0;
}

static request_key http2_bit(const edoi_http_exchange *x) {
    return x->req.version == EDO_HTTP_2 ? IS_HTTP2 : 0;
}

static request_key exchange_key_of(const edoi_http_exchange *x, request_end end) {
    return (uint32_t)x->res.status << 12 | (uint32_t)x->req.method << 4 |
           (uint32_t)(x->req.version == EDO_HTTP_11) << 3 | (uint32_t)end << 1 | tls_bit(x) |
           http2_bit(x);
}

static edo_str method_text(const edoi_http_exchange *x) {
    return x->req.method == EDO_METHOD_OTHER ? EDO_STR("_OTHER") : edo_method_name(x->req.method);
}

static edo_str code_text(char *text, edo_status status) {
    int len = snprintf(text, CODE_TEXT, "%d", (int)status);
    return (edo_str){ text, (size_t)len };
}

/* Looks up the series of a request. Returns 0, or a negative code: then a series is NULL, and its
 * count is lost. */
static int metrics_look_up(edo_http_metrics *m, request_series *s, const edoi_http_exchange *x,
                           request_key key, request_end end) {
    char text[CODE_TEXT];
    edo_str code = code_text(text, x->res.status);
    const edo_str scheme = key & IS_TLS ? EDO_STR("https") : EDO_STR("http");
    if (key & IS_ACTIVE) {
        const edo_str values[] = { method_text(x), scheme };
        return edo_up_down_series(&s->active, m->active, values);
    }
    const edo_str failures[] = { EDO_STR(""), code, EDO_STR("broken_off") };
    const edo_str values[] = {
        method_text(x), x->req.route,  code, edoi_http_version_number(x->req.version),
        scheme,         failures[end],
    };
    int err = edo_hist_series(&s->duration, m->duration, values);
    if (err == 0) err = edo_hist_series(&s->request_bytes, m->request_bytes, values);
    return err < 0 ? err : edo_hist_series(&s->response_bytes, m->response_bytes, values);
}

static edo_str route_of(const edoi_http_exchange *x, request_key key) {
    return key & IS_ACTIVE ? EDO_STR("") : x->req.route;
}

static bool is_entry_of(const request_entry *e, request_key key, edo_str route) {
    return e->key == key && e->route_n == route.len &&
           (route.len == 0 || memcmp(e->route, route.ptr, route.len) == 0);
}

static uint32_t count_hash_of(request_key key, edo_str route) {
    uint32_t hash = key;
    for (size_t i = 0; i < route.len; i++) hash = hash * 31 + (unsigned char)route.ptr[i];
    return hash * UINT32_C(0x9e3779b1) >> 16;
}

static request_entry *new_entry(const request_series *series, request_key key, edo_str route) {
    request_entry *e = edo_rc_new(sizeof *e + route.len, NULL);
    if (!e) return NULL;
    *e = (request_entry){ .series = *series, .key = key, .route_n = route.len };
    if (route.len > 0) memcpy(e->route, route.ptr, route.len);
    return e;
}

/* Puts the series into an empty slot, unless another thread has just done so. Without memory a
 * later request tries again. */
static void add_to_slot(edo_atomic_ptr *slot, const request_series *series, request_key key,
                        edo_str route) {
    request_entry *entry = new_entry(series, key, route);
    void *empty = NULL;
    // HM1: pairs with HM2: the entry is whole when it is found
    if (entry && !edoi_cas_acqrel_ptr(slot, &empty, entry)) edo_rc_unref(entry);
}

static request_series exchange_series_of(edoi_http_exchange *x, request_key key, request_end end) {
    edo_http_metrics *m = x->server->opts.metrics;
    edo_str route = route_of(x, key);
    edo_atomic_ptr *empty = NULL;
    uint32_t at = count_hash_of(key, route);
    for (uint32_t i = 0; i < PROBES && !empty; i++) {
        edo_atomic_ptr *slot = &m->slots[(at + i) % SLOTS];
        const request_entry *entry = edoi_load_acq_ptr(slot); // HM2: pairs with HM1
        if (!entry) empty = slot;
        EDO_INV("count inv. 1", !entry || edoi_load_rlx_ptr(slot) == entry);
        if (entry && is_entry_of(entry, key, route)) return entry->series;
    }
    request_series found = { 0 };
    if (metrics_look_up(m, &found, x, key, end) == 0 && empty)
        add_to_slot(empty, &found, key, route);
    return found;
}

/* ---- Counting -------------------------------------------------------------------------------- */

void edoi_http_count_begin_slowly(edoi_http_exchange *x) {
    x->begun_at = edo_now();
    x->active =
        exchange_series_of(x, (uint32_t)x->req.method << 4 | IS_ACTIVE | tls_bit(x), ENDED).active;
    edo_up_down_add(x->active, 1);
}

void edoi_http_count_end_slowly(edoi_http_exchange *x) {
    request_end end = x->broken                                           ? BROKEN_OFF
                      : x->res.status >= EDO_STATUS_INTERNAL_SERVER_ERROR ? FAILED
                                                                          : ENDED;
    request_series s = exchange_series_of(x, exchange_key_of(x, end), end);
    edo_hist_record_time(s.duration, edo_instant_since(edo_now(), x->begun_at));
    edo_hist_record(s.request_bytes, (double)x->wire->body_taken(x));
    edo_hist_record(s.response_bytes, (double)x->reply.written);
    edo_up_down_add(x->active, -1);
}

void edoi_http_count_refused_as(edoi_http_exchange *x, edo_status status) {
    char text[CODE_TEXT];
    edo_counter *c = NULL;
    const edo_str code = code_text(text, status);
    (void)edo_counter_series(&c, x->server->opts.metrics->refused, &code); // NULL: not counted
    edo_counter_add(c, 1);
}

void edoi_http_count_http2_ended(edoi_http_server *s, const char *reason) {
    edo_counter *c = NULL;
    const edo_str value = edo_str_of(reason);
    if (!s->opts.metrics) return;
    (void)edo_counter_series(&c, s->opts.metrics->http2_ended, &value); // NULL: not counted
    edo_counter_add(c, 1);
}

void edoi_http_count_http2_reset(edoi_http_server *s, edoi_http2_verdict verdict) {
    if (s->opts.metrics) edo_counter_add(s->opts.metrics->http2_resets[verdict], 1);
}

void edoi_http_count_drain(edoi_http_server *s, edo_duration took) {
    edo_gauge *g = NULL; // there since the first end: a 0 before it would be a time
    if (!s->opts.metrics) return;
    (void)edo_gauge_series(&g, s->opts.metrics->drain, NULL); // NULL: not told
    edo_gauge_set(g, (double)took.ns * 1e-9);
}

void edoi_http_count_conn_as(edoi_http_conn *c, edoi_http_counted as) {
    edo_up_down *const *states = c->server->opts.metrics->connections;
    edo_up_down_add(states[c->counted], -1); // NULL: the first state of a connection
    edo_up_down_add(states[as], 1);
    c->counted = (uint8_t)as;
}
