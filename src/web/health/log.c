/* SPDX-License-Identifier: MIT */
/* web/health/log.c: shows and sets what the log, and each receiver, is told of. */
#include "web/request/web.h"

#include <edo/error.h>
#include <edo/json.h>
#include <edo/openapi.h>
#include <edo/receiver.h>
#include <edo/web_log.h>

#include <errno.h>

/* A filter that the environment has set may have any bytes. */
static int log_put_text(edo_json_writer *j, edo_str name, edo_str value) {
    int err = edo_json_writer_name(j, name);
    if (err < 0) return err;
    return edo_str_is_utf8(value) ? edo_json_writer_string(j, value) : edo_json_writer_null(j);
}

static int log_put_filter(void *arg, const char *name, edo_str filter) {
    edo_json_writer *j = arg;
    int err = edo_json_writer_begin_object(j);
    if (err == 0) err = log_put_text(j, EDO_STR("name"), edo_str_of(name));
    if (err == 0) err = log_put_text(j, EDO_STR("filter"), filter);
    return err < 0 ? err : edo_json_writer_end_object(j);
}

static int print_filters(edo_buf *json) {
    edo_json_writer j;
    int err = edo_json_writer_init(&j, json, NULL);
    if (err == 0) err = edo_json_writer_begin_array(&j);
    if (err == 0) err = edo_log_each_filter(log_put_filter, &j);
    return err < 0 ? err : edo_json_writer_end_array(&j);
}

static int get_filters(edo_web *w) {
    edo_buf json = { 0 };
    int err = print_filters(&json);
    if (err == 0) err = edo_web_reply_buf(w, EDO_STATUS_OK, "application/json", &json);
    edo_buf_deinit(&json);
    return err;
}

static int put_filter(edo_web *w) {
    char reason[256];
    edo_str name = edo_web_param(w, "name"), filter;
    int err = edo_web_text(w, &filter);
    if (err < 0) return err;
    err = edo_log_set_filter_of(name.ptr ? name : EDO_STR("log"), filter);
    if (err == 0) return edo_web_reply_status(w, EDO_STATUS_NO_CONTENT);
    (void)edo_trail_print_text(reason, sizeof reason, err, EDO_TRAIL_LINE);
    edo_trail_clear();
    edo_status status = err == -ENOENT ? EDO_STATUS_NOT_FOUND : EDO_STATUS_BAD_REQUEST;
    return edo_web_reply_problem(w, status, "%s", reason);
}

void edo_log_routes(edo_router *r) {
    static const edo_route_doc shows = { .summary = "What is logged", .tag = "Operations" };
    static const edo_route_doc sets = { .summary = "Choose what is logged", .tag = "Operations" };
    edo_router_get(r, "/log", get_filters);
    edo_router_doc(r, &shows);
    edo_router_put(r, "/log", put_filter);
    edo_router_doc(r, &sets);
    edo_router_put(r, "/log/{name}", put_filter);
    edo_router_doc(r, &sets);
}
