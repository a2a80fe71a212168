/* SPDX-License-Identifier: MIT */
/* tests/otlp/collector.c: see collector.h. */
#include "collector.h"
#include "messages.h"

#include <edo/sem.h>
#include <edo/web_compress.h>

#include <inttypes.h>
#include <string.h>

/* ---- As lines -------------------------------------------------------------------------------- */

static void say(collector *c, const char *format, ...) {
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

static void say_span(collector *c, const span *s, const scope_of *scope) {
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

/* ---- Requests -------------------------------------------------------------------------------- */

static int respond(edo_web *w, collector *c) {
    static const char rejected[] = "\x0a\x08\x08\x01\x12\x04"
                                   "late";
    static const char refused[] = "\x08\x03\x12\x0a"
                                  "not wanted";
    edo_str body = { NULL, 0 };
    edo_status status = EDO_STATUS_OK;
    if (c->busy_n > 0 || c->mood == COLLECTOR_IS_BUSY) {
        if (c->busy_n > 0) c->busy_n--;
        status = EDO_STATUS_SERVICE_UNAVAILABLE;
        int err = edo_web_set_header(w, "retry-after", "0");
        if (err < 0) return err;
    } else if (c->mood == COLLECTOR_REFUSES) {
        status = EDO_STATUS_BAD_REQUEST;
        body = (edo_str){ refused, sizeof refused - 1 };
    } else if (c->mood == COLLECTOR_REJECTS) {
        body = (edo_str){ rejected, sizeof rejected - 1 };
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

static int on_traces(edo_web *w) {
    collector *c = edo_web_state(w);
    spans_request r;
    int err = edo_web_protobuf(w, &r, &spans_request_desc);
    if (err < 0) return err;
    if (!begin_request(w, c)) return respond(w, c);
    for (size_t i = 0; i < r.resources_n; i++) {
        const spans_of_resource *of = &r.resources[i];
        say_resource(c, &of->resource);
        for (size_t j = 0; j < of->scopes_n; j++)
            for (size_t k = 0; k < of->scopes[j].items_n; k++)
                say_span(c, &of->scopes[j].items[k], &of->scopes[j].scope);
    }
    return respond(w, c);
}

static int on_logs(edo_web *w) {
    collector *c = edo_web_state(w);
    records_request r;
    int err = edo_web_protobuf(w, &r, &records_request_desc);
    if (err < 0) return err;
    if (!begin_request(w, c)) return respond(w, c);
    for (size_t i = 0; i < r.resources_n; i++)
        for (size_t j = 0; j < r.resources[i].scopes_n; j++)
            for (size_t k = 0; k < r.resources[i].scopes[j].items_n; k++)
                say_record(c, &r.resources[i].scopes[j].items[k], &r.resources[i].scopes[j].scope);
    return respond(w, c);
}

/* ---- The server ------------------------------------------------------------------------------ */

/* Notes how the body was coded, before that is undone. */
static int note_coding(edo_web *w, edo_next *next) {
    collector *c = edo_web_state(w);
    keep_header(w, "content-encoding", c->seen_coding, sizeof c->seen_coding);
    return edo_next_call(next, w);
}

static int serve(void *arg) {
    collector *c = arg;
    edo_router *r = edo_router_new();
    edo_router_post(r, "/v1/traces", on_traces);
    edo_router_post(r, "/v1/logs", on_logs);
    edo_router_wrap_all(r, edo_web_around(note_coding), edo_decompress_layer(NULL));
    const edo_http_server_opts http = { .listeners = &c->listener,
                                        .listeners_n = 1,
                                        .drain_max = edo_ms(1) };
    return edo_web_serve(r, &(edo_web_opts){ .http = &http, .state = c });
}

static void listen_at(collector *c, const char *address) {
    EDO_TEST_OK(edo_tcp_listen(&c->listener, address, NULL));
    CHECK((c->task = edo_spawn(serve, c)));
}

void collector_begin(collector *c) {
    listen_at(c, "127.0.0.1:0");
    (void)snprintf(c->url, sizeof c->url, "http://127.0.0.1:%u",
                   (unsigned)edo_listener_port(c->listener));
}

void collector_again(collector *c) {
    listen_at(c, c->url + strlen("http://"));
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
