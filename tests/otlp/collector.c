/* SPDX-License-Identifier: MIT */
/* tests/otlp/collector.c: see collector.h. */
#include "collector.h"
#include "messages.h"

#include <edo/grpc_details.h>
#include <edo/headers.h>
#include <edo/sem.h>
#include <edo/web_compress.h>

#include <inttypes.h>
#include <string.h>

/* ---- As lines -------------------------------------------------------------------------------- */

static EDO_PRINTF(2, 3) void say(collector *c, const char *format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    size_t bytes = (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
    EDO_TEST_OK(edo_buf_append(&c->lines, text, bytes));
}

static void say_value(collector *c, const any_value *v) {
    if (v->text.ptr) say(c, "\"%.*s\"", (int)v->text.len, v->text.ptr);
    if (v->boolean) say(c, "true");
    if (v->whole != 0) say(c, "%" PRId64, v->whole);
    if (v->number < 0 || v->number > 0) say(c, "%g", v->number);
}

static void say_attrs(collector *c, const attribute *attrs, size_t n) {
    for (size_t i = 0; i < n; i++) {
        say(c, " %.*s=", (int)attrs[i].key.len, attrs[i].key.ptr);
        say_value(c, &attrs[i].value);
    }
}

static void say_scope(collector *c, const scope_of *scope) {
    say(c, " @%.*s\n", (int)scope->name.len, scope->name.ptr);
    c->items_n++;
}

static void say_resource(collector *c, const resource_of *r) {
    say(c, "resource");
    say_attrs(c, r->attrs, r->attrs_n);
    say(c, "\n");
}

/* Its own calls are spans of the same process, and so exported, too. */
static void say_span(collector *c, const span *s, const scope_of *scope) {
    if (edo_str_equal(scope->name, EDO_STR("grpc.server"))) return;
    CHECK(s->trace.str.len == 16 && s->id.str.len == 8);
    CHECK(s->parent.str.len == 0 || s->parent.str.len == 8);
    CHECK(s->began_ns > 0 && s->ended_ns >= s->began_ns);
    say(c, "span %.*s kind=%d parent=%d", (int)s->name.len, s->name.ptr, s->kind,
        s->parent.str.len > 0);
    if (s->status.code) say(c, " code=%d", s->status.code);
    if (s->flags & 0x200) say(c, " remote");
    say_attrs(c, s->attrs, s->attrs_n);
    if (s->links_n > 0) say(c, " links=%zu", s->links_n);
    say_scope(c, scope);
}

static void say_record(collector *c, const record *r, const scope_of *scope) {
    CHECK(r->at_ns > 0 && r->severity > 0);
    CHECK(r->trace.str.len == 0 || (r->trace.str.len == 16 && r->span.str.len == 8));
    say(c, "event %.*s ", (int)r->severity_text.len, r->severity_text.ptr);
    say_value(c, &r->body);
    say_attrs(c, r->attrs, r->attrs_n);
    say(c, " traced=%d", r->trace.str.len > 0);
    say_scope(c, scope);
}

static void say_points_end(collector *c, const attribute *attrs, size_t attrs_n,
                           const exemplar *exemplars, size_t exemplars_n, const scope_of *scope) {
    say_attrs(c, attrs, attrs_n);
    if (exemplars_n > 0) say(c, " exemplars=%zu", exemplars_n);
    for (size_t i = 0; i < exemplars_n; i++) {
        CHECK(exemplars[i].at_ns > 0 && exemplars[i].trace.str.len == 16);
        CHECK(exemplars[i].span.str.len == 8);
    }
    say_scope(c, scope);
}

static void say_name(collector *c, const metric *m) {
    say(c, "metric %.*s %.*s ", (int)m->name.len, m->name.ptr, (int)m->unit.len, m->unit.ptr);
}

static void say_numbers(collector *c, const metric *m, const scope_of *scope) {
    const numbers_of *of = m->gauge ? m->gauge : m->sum;
    for (size_t i = 0; i < of->points_n; i++) {
        const number_point *p = &of->points[i];
        CHECK(p->at_ns > 0 && (m->gauge || (p->began_ns > 0 && of->temporality == 2)));
        say_name(c, m);
        say(c, "%s=%g%s", m->gauge ? "gauge" : "sum", p->number + (double)p->whole,
            of->only_grows ? " grows" : "");
        say_points_end(c, p->attrs, p->attrs_n, p->exemplars, p->exemplars_n, scope);
    }
}

static void say_hists(collector *c, const metric *m, const scope_of *scope) {
    for (size_t i = 0; i < m->hist->points_n; i++) {
        const hist_point *p = &m->hist->points[i];
        CHECK(p->at_ns > 0 && p->began_ns > 0 && m->hist->temporality == 2);
        CHECK(p->counts_n == p->bounds_n + 1);
        say_name(c, m);
        say(c, "hist=%" PRIu64 " %g ", p->count, p->sum);
        for (size_t k = 0; k < p->counts_n; k++)
            say(c, "%s%" PRIu64, k > 0 ? "," : "", p->counts[k]);
        say_points_end(c, p->attrs, p->attrs_n, p->exemplars, p->exemplars_n, scope);
    }
}

static void say_metric(collector *c, const metric *m, const scope_of *scope) {
    if (m->hist)
        say_hists(c, m, scope);
    else
        say_numbers(c, m, scope);
}

/* ---- Requests -------------------------------------------------------------------------------- */

static const edo_str rejected = { "\x0a\x08\x08\x01\x12\x04late", 10 }; /* one */
static const edo_str refused = { "\x08\x03\x12\x0anot wanted", 14 };

static int respond(edo_web *w, collector *c) {
    edo_str body = { NULL, 0 };
    edo_status status = EDO_STATUS_OK;
    if (c->busy_n > 0 || c->mood == COLLECTOR_IS_BUSY) {
        if (c->busy_n > 0) c->busy_n--;
        status = EDO_STATUS_SERVICE_UNAVAILABLE;
        char after[16];
        (void)snprintf(after, sizeof after, "%u", c->busy_s);
        int err = edo_web_set_header(w, "retry-after", after);
        if (err < 0) return err;
    } else if (c->mood == COLLECTOR_REFUSES) {
        status = EDO_STATUS_BAD_REQUEST;
        body = refused;
    } else if (c->mood == COLLECTOR_REJECTS) {
        body = rejected;
    } else if (c->mood == COLLECTOR_LEADS) {
        status = c->leads;
        int err = edo_web_set_header(w, "location", "/moved/v1/traces");
        if (err < 0) return err;
    } else if (c->mood == COLLECTOR_IS_NONE) {
        return edo_web_reply_html(w, EDO_STATUS_OK, "<html>log in</html>");
    }
    return edo_web_reply_bytes(w, status, "application/x-protobuf", body);
}

static void keep_header(edo_web *w, const char *name, char *to, size_t bytes) {
    edo_str value = edo_web_header(w, name);
    (void)snprintf(to, bytes, "%.*s", (int)value.len, value.ptr ? value.ptr : "");
}

/* True: it is to be written down. */
static bool begin_request(edo_web *w, collector *c) {
    c->requests_n++;
    keep_header(w, "x-key", c->seen_header, sizeof c->seen_header);
    CHECK(edo_web_header(w, "traceparent").ptr == NULL);
    edo_sem_release(&c->asked, 1);
    if (c->mood == COLLECTOR_IS_SLOW && edo_sem_acquire(&c->go, 1) < 0) return false;
    return c->busy_n == 0 && (c->mood == COLLECTOR_TAKES || c->mood == COLLECTOR_IS_SLOW);
}

static void say_spans(collector *c, const spans_request *r) {
    for (size_t i = 0; i < r->resources_n; i++) {
        const spans_of_resource *of = &r->resources[i];
        say_resource(c, &of->resource);
        for (size_t j = 0; j < of->scopes_n; j++)
            for (size_t k = 0; k < of->scopes[j].items_n; k++)
                say_span(c, &of->scopes[j].items[k], &of->scopes[j].scope);
    }
}

static void say_records(collector *c, const records_request *r) {
    for (size_t i = 0; i < r->resources_n; i++)
        for (size_t j = 0; j < r->resources[i].scopes_n; j++)
            for (size_t k = 0; k < r->resources[i].scopes[j].items_n; k++)
                say_record(c, &r->resources[i].scopes[j].items[k],
                           &r->resources[i].scopes[j].scope);
}

static void say_metrics(collector *c, const metrics_request *r) {
    for (size_t i = 0; i < r->resources_n; i++)
        for (size_t j = 0; j < r->resources[i].scopes_n; j++)
            for (size_t k = 0; k < r->resources[i].scopes[j].items_n; k++)
                say_metric(c, &r->resources[i].scopes[j].items[k],
                           &r->resources[i].scopes[j].scope);
}

static int on_traces(edo_web *w) {
    collector *c = edo_web_state(w);
    spans_request r;
    int err = edo_web_protobuf(w, &r, &spans_request_desc);
    if (err < 0) return err;
    if (begin_request(w, c)) say_spans(c, &r);
    return respond(w, c);
}

static int on_logs(edo_web *w) {
    collector *c = edo_web_state(w);
    records_request r;
    int err = edo_web_protobuf(w, &r, &records_request_desc);
    if (err < 0) return err;
    if (begin_request(w, c)) say_records(c, &r);
    return respond(w, c);
}

static int on_metrics(edo_web *w) {
    collector *c = edo_web_state(w);
    metrics_request r;
    int err = edo_web_protobuf(w, &r, &metrics_request_desc);
    if (err < 0) return err;
    if (begin_request(w, c)) say_metrics(c, &r);
    return respond(w, c);
}

static int on_moved(edo_web *w) {
    collector *c = edo_web_state(w);
    c->mood = COLLECTOR_TAKES;
    return on_traces(w);
}

static int on_page(edo_web *w) {
    collector *c = edo_web_state(w);
    c->pages_n++;
    return edo_web_reply_html(w, EDO_STATUS_OK, "<html>log in</html>");
}

/* ---- gRPC ------------------------------------------------------------------------------------ */

static int grpc_respond(edo_grpc_call *call, collector *c) {
    google_protobuf_duration after = { .nanos = c->busy_ns > 0 ? (int32_t)c->busy_ns : 1 };
    const edo_grpc_retry_info info = { &after };
    if (c->busy_n > 0) {
        c->busy_n--;
        EDO_TEST_OK(edo_grpc_detail(call, EDO_GRPC_RETRY_INFO, &info, &edo_grpc_retry_info_desc));
        return edo_grpc_fail(call, EDO_GRPC_RESOURCE_EXHAUSTED, "later");
    }
    if (c->mood == COLLECTOR_REFUSES)
        return edo_grpc_fail(call, EDO_GRPC_INVALID_ARGUMENT, "not wanted");
    return edo_grpc_send_bytes(call, c->mood == COLLECTOR_REJECTS ? rejected : EDO_STR(""));
}

/* Receives the one message, and decodes it. */
static bool grpc_begin(edo_grpc_call *call, collector *c, void *request, const edo_desc *desc) {
    edo_str key = edo_grpc_metadata(call, "x-key");
    CHECK_EQ(edo_grpc_recv(call, request, desc), 1);
    c->requests_n++;
    (void)snprintf(c->seen_header, sizeof c->seen_header, "%.*s", (int)key.len,
                   key.ptr ? key.ptr : "");
    (void)snprintf(c->seen_coding, sizeof c->seen_coding, "%s",
                   edo_grpc_was_compressed(call) ? "gzip" : "");
    CHECK(!edo_headers_get(edo_grpc_headers(call), EDO_HEADER_TRACEPARENT).ptr);
    return c->busy_n == 0 && c->mood == COLLECTOR_TAKES;
}

static int grpc_traces(edo_grpc_call *call) {
    collector *c = edo_grpc_arg(call);
    spans_request r = { 0 };
    if (grpc_begin(call, c, &r, &spans_request_desc)) say_spans(c, &r);
    return grpc_respond(call, c);
}

static int grpc_logs(edo_grpc_call *call) {
    collector *c = edo_grpc_arg(call);
    records_request r = { 0 };
    if (grpc_begin(call, c, &r, &records_request_desc)) say_records(c, &r);
    return grpc_respond(call, c);
}

static int grpc_metrics(edo_grpc_call *call) {
    collector *c = edo_grpc_arg(call);
    metrics_request r = { 0 };
    if (grpc_begin(call, c, &r, &metrics_request_desc)) say_metrics(c, &r);
    return grpc_respond(call, c);
}

/* ---- The server ------------------------------------------------------------------------------ */

/* Notes how the body was coded, before that is undone. */
static int note_coding(edo_web *w, edo_next *next) {
    collector *c = edo_web_state(w);
    keep_header(w, "content-encoding", c->seen_coding, sizeof c->seen_coding);
    return edo_next_call(next, w);
}

#define SERVICE(kind, name) "/opentelemetry.proto.collector." kind ".v1." name "Service/Export"

static int serve(void *arg) {
    static const edo_grpc_opts grpc = { .accept_codings = EDO_CODING_GZIP };
    collector *c = arg;
    edo_router *r = edo_router_new();
    edo_router_post(r, "/v1/traces", on_traces);
    edo_router_post(r, "/moved/v1/traces", on_moved);
    edo_router_get(r, "/moved/v1/traces", on_page);
    edo_router_post(r, "/v1/logs", on_logs);
    edo_router_post(r, "/v1/metrics", on_metrics);
    edo_grpc_route(r, SERVICE("trace", "Trace"), grpc_traces, c, &grpc);
    edo_grpc_route(r, SERVICE("logs", "Logs"), grpc_logs, c, &grpc);
    edo_grpc_route(r, SERVICE("metrics", "Metrics"), grpc_metrics, c, &grpc);
    edo_router_wrap_all(r, edo_web_around(note_coding), edo_decompress_layer(NULL));
    const edo_http_server_opts http = {
        .listeners = &c->listener, .listeners_n = 1, .tls = c->tls, .drain_max = edo_ms(1)
    };
    return edo_web_serve(r, &(edo_web_opts){ .http = &http, .state = c });
}

static void listen_at(collector *c, const char *address) {
    EDO_TEST_OK(edo_tcp_listen(&c->listener, address, NULL));
    CHECK((c->task = edo_spawn(serve, c)));
}

void collector_begin(collector *c) {
    listen_at(c, "127.0.0.1:0");
    (void)snprintf(c->url, sizeof c->url, "%s://127.0.0.1:%u", c->tls ? "https" : "http",
                   (unsigned)edo_listener_port(c->listener));
}

void collector_again(collector *c) {
    listen_at(c, strstr(c->url, "://") + strlen("://"));
}

void collector_end(collector *c) {
    if (c->task) {
        edo_task_cancel(c->task);
        (void)edo_task_join(c->task);
        edo_listener_close(c->listener);
        c->task = NULL;
    }
    edo_buf_deinit(&c->lines);
}

bool collector_has(const collector *c, const char *text) {
    return c->lines.len > 0 && memmem(c->lines.ptr, c->lines.len, text, strlen(text));
}
