/* SPDX-License-Identifier: MIT */
/* web/health/dump.c: serves dumps of tasks, and of what is open, as routes. */
#include "web/request/web.h"

#include <edo/dump.h>
#include <edo/http_fields.h>
#include <edo/openapi.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

typedef void dump_fn(FILE *out);

static void dump_open_text(FILE *out) {
    edo_dump_open(out, EDO_DUMP_TEXT);
}

static void dump_open_json(FILE *out) {
    edo_dump_open(out, EDO_DUMP_JSON);
}

static int reply_dump(edo_web *w, dump_fn *fn, const char *type) {
    char *text = NULL;
    size_t n = 0;
    edo_bytes body = { 0 };
    FILE *out = open_memstream(&text, &n);
    if (!out) return -ENOMEM;
    fn(out);
    bool is_whole = !ferror(out);
    if (fclose(out) != 0) is_whole = false;
    int err = is_whole ? edo_bytes_copy(&body, text, n) : -ENOMEM;
    free(text);
    if (err == 0) err = edo_web_set_header(w, "cache-control", "no-store");
    if (err == 0)
        err = edo_response_bytes(edo_web_response(w), EDO_STATUS_OK, edo_str_of(type), &body);
    edo_bytes_unref(&body);
    return err;
}

static int get_open(edo_web *w) {
    static const edo_str json = { "application/json", 16 };
    edo_str accept;
    int err = edoi_web_accept(w, &accept);
    if (err < 0) return err;
    bool wants_json = edo_accept_media_weight(accept, json) >
                      edo_accept_media_weight(accept, EDO_STR("text/plain"));
    err = edo_web_append_header(w, "vary", "accept");
    if (err < 0) return err;
    return reply_dump(w, wants_json ? dump_open_json : dump_open_text,
                      wants_json ? "application/json" : "text/plain; charset=utf-8");
}

static int get_tasks(edo_web *w) {
    return reply_dump(w, edo_dump_tasks, "text/plain; charset=utf-8");
}

void edo_dump_routes(edo_router *r) {
    static const edo_route_doc open = { .summary = "What is open", .tag = "Operations" };
    static const edo_route_doc tasks = { .summary = "What each task does", .tag = "Operations" };
    edo_router_get(r, "/open", get_open);
    edo_router_doc(r, &open);
    edo_router_get(r, "/tasks", get_tasks);
    edo_router_doc(r, &tasks);
}
