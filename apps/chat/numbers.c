/* SPDX-License-Identifier: MIT */
/* numbers.c: see numbers.h. Most are asked for when they are printed, so that counting costs
 * nothing. */
#include "numbers.h"

#include "server.h"

#include <edo/openapi.h>
#include <edo/runtime.h>

#include <errno.h>
#include <stdlib.h>

struct numbers {
    edo_metrics *all;
    edo_http_metrics *http;
};

static void people(void *arg, edo_metrics_sink *to) {
    server *at = arg;
    edo_metrics_emit(to, (double)sessions_len(&at->sessions), NULL);
}

static void open_pages(void *arg, edo_metrics_sink *to) {
    server *at = arg;
    edo_metrics_emit(to, (double)pages_len(&at->pages), NULL);
}

static void full_pages(void *arg, edo_metrics_sink *to) {
    (void)arg;
    edo_metrics_emit(to, (double)wire_full_n(), NULL);
}

static void rooms(void *arg, edo_metrics_sink *to) {
    server *at = arg;
    size_t n = 0;
    free(directory_rooms(&at->directory, &n));
    edo_metrics_emit(to, (double)n, NULL);
}

static void stored(void *arg, edo_metrics_sink *to) {
    const server *at = arg;
    edo_metrics_emit(to, (double)storage_stored_n(at->storage), NULL);
}

static void unstored(void *arg, edo_metrics_sink *to) {
    const server *at = arg;
    edo_metrics_emit(to, (double)storage_unstored_n(at->storage), NULL);
}

static int add_own(edo_metrics *m, server *of) {
    static const struct {
        const char *name, *help;
        edo_metrics_fn *fn;
        edo_metric_kind kind;
    } rows[] = {
        { "chat.people.web", "People on pages, those without a connection included.", people,
          EDO_METRIC_GAUGE },
        { "chat.pages", "WebSockets.", open_pages, EDO_METRIC_GAUGE },
        { "chat.pages.full", "WebSockets that were closed since they did not read.", full_pages,
          EDO_METRIC_COUNTER },
        { "chat.rooms", "Rooms that somebody is in.", rooms, EDO_METRIC_GAUGE },
        { "chat.messages.stored", "Messages in the store.", stored, EDO_METRIC_COUNTER },
        { "chat.messages.unstored", "Messages that were said and are not in the store.", unstored,
          EDO_METRIC_COUNTER },
    };
    int err = 0;
    for (size_t i = 0; i < EDO_COUNT(rows) && err == 0; i++) {
        err = edo_metrics_callback(m, rows[i].kind, rows[i].name, rows[i].fn, of,
                                   &(edo_metric_opts){ .help = rows[i].help });
    }
    return err;
}

int numbers_new(numbers **out, server *of) {
    numbers *self = calloc(1, sizeof *self);
    if (!self) return -ENOMEM;
    *out = self;
    int err = edo_metrics_new(&self->all, NULL);
    if (err == 0) err = add_own(self->all, of);
    if (err == 0) err = edo_metrics_add_process(self->all);
    if (err == 0) err = edo_metrics_add_runtime(self->all, edo_runtime_current(), "chat");
    return err < 0 ? err : edo_http_metrics_new(&self->http, self->all);
}

void numbers_free(numbers *self) {
    if (!self) return;
    edo_http_metrics_unref(self->http);
    edo_metrics_free(self->all);
    free(self);
}

edo_http_metrics *numbers_of_http(numbers *self) {
    return self->http;
}

static int get_metrics(edo_web *w) {
    const server *at = edo_web_state(w);
    edo_buf text = { 0 };
    int err = edo_metrics_print(at->numbers->all, &text, EDO_METRICS_PROMETHEUS);
    edo_str body = { 0 };
    if (err == 0) {
        body = (edo_str){ edo_arena_copy(edo_web_request(w)->arena, text.ptr, text.len), text.len };
        err = body.ptr ? 0 : -ENOMEM;
    }
    edo_buf_deinit(&text);
    if (err < 0) return err;
    return edo_web_reply_bytes(w, EDO_STATUS_OK, edo_metrics_content_type(EDO_METRICS_PROMETHEUS),
                               body);
}

void numbers_routes(edo_router *r) {
    edo_router_get(r, "/metrics", get_metrics);
    edo_router_doc(r, &(edo_route_doc){ .summary = "Numbers for Prometheus", .tag = "Operations" });
}
