/* SPDX-License-Identifier: MIT */
/* grpc/server/transcode.c: methods over HTTP and JSON, by their option google.api.http: each
 * binding is a route. A stream is a line for each reply, {"result":…}; a failure behind the first
 * line is the last one, {"error":…}. */
#include "grpc/server/transcode.h"
#include "grpc/transcode/request.h"
#include "grpc/wire/timeout.h"
#include "web/router/router.h"

#include <edo/error.h>
#include <edo/web_routes.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a route has. The router owns it. */
typedef struct transcode_route {
    edoi_grpc_route route; /* first */
    const edo_grpc_binding *binding;
    edoi_template template;
} transcode_route;

static const transcode_route *transcode_of(const edoi_grpc_server_call *c) {
    return (const transcode_route *)(const void *)c->route;
}

/* ---- The message ----------------------------------------------------------------------------- */

static bool transcode_has_json(const edoi_grpc_server_call *c) {
    const edoi_grpc_type t = edoi_grpc_type_of(edo_web_header(c->web, "content-type"));
    return t.form == EDOI_GRPC_CONNECT && t.codec == EDOI_GRPC_JSON;
}

/* What the client has done wrong is told. */
static int transcode_refuse(edo_grpc_call *call, int err) {
    const edo_trail_entry *told = edo_trail_find(err);
    switch (err) {
    case -EDO_EJSON:
        return edo_grpc_fail(call, EDO_GRPC_INVALID_ARGUMENT, "%s",
                             told ? told->text : "the message is not valid");
    case -EINVAL:
        return edo_grpc_fail(call, EDO_GRPC_INVALID_ARGUMENT, "a '%%' without two digits");
    case -EMSGSIZE:
        return edo_grpc_fail(call, EDO_GRPC_RESOURCE_EXHAUSTED,
                             "a message stands for too much memory");
    default: return err;
    }
}

static int transcode_recv(edo_grpc_call *call, const edoi_grpc_want *want) {
    edoi_grpc_server_call *c = edoi_grpc_server_of(call);
    const transcode_route *t = transcode_of(c);
    edoi_transcode_request r = { .binding = t->binding,
                                 .template = &t->template,
                                 .path = edo_web_nested_path(c->web),
                                 .query = edo_web_query_text(c->web),
                                 .body = EDO_STR("") };
    if (c->has_read) return 0;
    int err = t->binding->body ? edoi_grpc_plain_body(call, &r.body) : 0;
    c->has_read = true;
    call->reader.from = NULL;
    if (err < 0) return err;
    if (r.body.len > 0 && !transcode_has_json(c))
        return edo_grpc_fail(call, EDO_GRPC_INVALID_ARGUMENT, "the body is not application/json");
    err = edoi_transcode_read(&r, want->out, want->desc, want->arena);
    return err < 0 ? transcode_refuse(call, err) : 1;
}

/* ---- The reply ------------------------------------------------------------------------------- */

/* Puts a reply, or the field of it that the response is, behind what is in `out`. */
static int transcode_print(const edoi_grpc_server_call *c, edo_buf *out, edo_str reply) {
    const char *field = transcode_of(c)->binding->response_body;
    return field ? edoi_transcode_pick(out, reply, c->route->method->out, field)
                 : edo_buf_append(out, reply.ptr, reply.len);
}

/* Puts the bytes into the arena. */
static int transcode_keep(edo_arena *arena, edo_buf *b, edo_str *out) {
    const char *copy = edo_arena_copy(arena, b->len > 0 ? b->ptr : "", b->len);
    *out = (edo_str){ copy, b->len };
    edo_buf_deinit(b);
    return copy ? 0 : -ENOMEM;
}

static int transcode_write(edo_grpc_call *call, edo_str frame) {
    const edoi_grpc_server_call *c = edoi_grpc_server_of(call);
    edo_buf picked = { 0 };
    if (!transcode_of(c)->binding->response_body) return edoi_grpc_plain_write(call, frame);
    int err = edo_buf_append(&picked, frame.ptr, EDOI_GRPC_HEAD_BYTES);
    if (err == 0)
        err = transcode_print(
            c, &picked,
            (edo_str){ frame.ptr + EDOI_GRPC_HEAD_BYTES, frame.len - EDOI_GRPC_HEAD_BYTES });
    if (err == 0) err = edoi_grpc_plain_write(call, (edo_str){ picked.ptr, picked.len });
    edo_buf_deinit(&picked);
    return err;
}

int edoi_grpc_transcode_refuse(edo_web *w, const edoi_grpc_fault *how) {
    edo_buf text = { 0 };
    edo_str body = EDO_STR("");
    int err = edoi_grpc_json_status(&text, how);
    if (err == 0) err = transcode_keep(edo_web_request(w)->arena, &text, &body);
    edo_buf_deinit(&text);
    return err < 0 ? err
                   : edo_response_data(edo_web_response(w), edoi_grpc_http_of(how->status),
                                       EDO_STR("application/json"), body);
}

static int transcode_end(edoi_grpc_server_call *c, const edoi_grpc_fault *how) {
    int err = how->status == EDO_GRPC_OK ? edoi_grpc_plain_end(c)
                                         : edoi_grpc_transcode_refuse(c->web, how);
    return err < 0 ? err : edoi_grpc_plain_trailers(c);
}

const edoi_grpc_dialect edoi_grpc_transcode_dialect = {
    .side = { .open = edoi_grpc_plain_open,
              .write = transcode_write,
              .recv = transcode_recv,
              .invalid = EDO_GRPC_INVALID_ARGUMENT },
    .timeout = "grpc-timeout",
    .timeout_parse = edoi_grpc_timeout_parse,
    .encoding = "content-encoding",
    .accept_encoding = "accept-encoding",
    .end = transcode_end,
};

/* ---- Streams --------------------------------------------------------------------------------- */

static int transcode_write_line(edo_grpc_call *call, edo_str frame) {
    const edo_str reply = { frame.ptr + EDOI_GRPC_HEAD_BYTES, frame.len - EDOI_GRPC_HEAD_BYTES };
    edo_buf line = { 0 };
    int err = edo_buf_printf(&line, "{\"result\":");
    if (err == 0) err = transcode_print(edoi_grpc_server_of(call), &line, reply);
    if (err == 0) err = edo_buf_append(&line, "}\n", 2);
    if (err == 0) err = edoi_grpc_reply_write(call, (edo_str){ line.ptr, line.len });
    edo_buf_deinit(&line);
    return err;
}

static int transcode_write_error(edoi_grpc_server_call *c, const edoi_grpc_fault *how) {
    edo_buf line = { 0 };
    int err = edo_buf_printf(&line, "{\"error\":");
    if (err == 0) err = edoi_grpc_json_status(&line, how);
    if (err == 0) err = edo_buf_append(&line, "}\n", 2);
    if (err == 0) err = edoi_grpc_reply_write(&c->call, (edo_str){ line.ptr, line.len });
    edo_buf_deinit(&line);
    return err;
}

static int transcode_end_lines(edoi_grpc_server_call *c, const edoi_grpc_fault *how) {
    const bool is_ok = how->status == EDO_GRPC_OK;
    if (!c->out && !is_ok) return edoi_grpc_transcode_refuse(c->web, how);
    if (!is_ok) return transcode_write_error(c, how);
    return edoi_grpc_open(&c->call);
}

const edoi_grpc_dialect edoi_grpc_transcode_lines_dialect = {
    .side = { .open = edoi_grpc_reply_open,
              .write = transcode_write_line,
              .recv = transcode_recv,
              .invalid = EDO_GRPC_INVALID_ARGUMENT },
    .timeout = "grpc-timeout",
    .timeout_parse = edoi_grpc_timeout_parse,
    .encoding = "content-encoding",
    .accept_encoding = "accept-encoding",
    .end = transcode_end_lines,
};

/* ---- Routes ---------------------------------------------------------------------------------- */

int edoi_grpc_transcode_serve(edo_web *w) {
    transcode_route *t = edo_web_route_arg(w);
    const edo_grpc_method *m = t->route.method;
    edoi_grpc_type type = { .form = EDOI_GRPC_TRANSCODED,
                            .codec = EDOI_GRPC_JSON,
                            .has_codec = true,
                            .text = EDO_STR("application/json") };
    edo_str values[EDOI_TEMPLATE_VARIABLES_MAX];
    if (m && m->streams_out) {
        type.form = EDOI_GRPC_TRANSCODED_LINES;
        type.text = EDO_STR("application/x-ndjson");
    }
    if (!edoi_template_match(&t->template, edo_web_nested_path(w), values))
        return edo_web_reply_status(w, EDO_STATUS_NOT_FOUND);
    return edoi_grpc_serve_as(w, &t->route, &type);
}

/* The set of methods of HTTP; 0: there is no such one. */
static uint32_t transcode_methods(const char *verb) {
    edo_method method;
    if (strcmp(verb, "*") == 0) return EDO_METHODS_ANY;
    if (edo_method_parse(&method, edo_str_of(verb)) < 0 || method == EDO_METHOD_OTHER) return 0;
    return EDO_METHOD_BIT(method);
}

/* Why the binding is none; NULL: it is one. */
static const char *transcode_fault(transcode_route *t, const edo_grpc_method *m) {
    const edo_grpc_binding *b = t->binding;
    const char *why = NULL;
    if (edoi_template_parse(&t->template, edo_str_of(b->path), &why) < 0) return why;
    for (uint32_t i = 0; i < t->template.variables_n; i++)
        if (!edoi_transcode_has_field(m->in, t->template.variables[i].field))
            return "a variable is no field of the message";
    if (b->body && strcmp(b->body, "*") != 0 && !edo_desc_find(m->in, edo_str_of(b->body)))
        return "the body is no field of the message";
    if (b->response_body && !edo_desc_find(m->out, edo_str_of(b->response_body)))
        return "the body of the response is no field of the reply";
    return transcode_methods(b->verb) == 0 ? "there is no such method of HTTP" : NULL;
}

static void transcode_free(void *arg) {
    transcode_route *t = arg;
    edoi_grpc_counts_deinit(&t->route.counts);
    free(t);
}

/* A route of its own, with what it counts under the method's name. Returns 0 or a code. */
static int transcode_copy(transcode_route **out, const edoi_grpc_route *route,
                          const edo_grpc_method *m) {
    const size_t n = strlen(route->service->name) + strlen(m->name) + 2;
    transcode_route *t = (transcode_route *)malloc(sizeof *t + n + 1);
    if (!t) return -ENOMEM;
    char *name = (char *)(t + 1);
    (void)snprintf(name, n + 1, "/%s/%s", route->service->name, m->name);
    *t = (transcode_route){ .route = *route };
    t->route.name = (edo_str){ name, n };
    int err = edoi_grpc_counts_init(&t->route.counts, route->opts.metrics, true);
    if (err < 0) {
        transcode_free(t);
        return err;
    }
    *out = t;
    return 0;
}

static void transcode_add(edo_router *r, transcode_route *t) {
    const edo_grpc_binding *b = t->binding;
    edo_buf path = { 0 };
    int err = edoi_template_route(&t->template, &path);
    if (err == 0) err = edo_buf_append(&path, "", 1);
    if (err == 0) {
        edo_router_add_with(r, transcode_methods(b->verb), path.ptr, edoi_grpc_transcode_serve, t,
                            transcode_free);
    } else {
        edoi_router_fail(r, err, "no memory for a route of JSON");
        transcode_free(t);
    }
    edo_buf_deinit(&path);
}

void edoi_grpc_transcode_routes(edo_router *r, const edoi_grpc_route *route,
                                edoi_grpc_has_fn *has_handler) {
    const edo_grpc_service *s = route->service;
    for (size_t i = 0; r && i < s->bindings_n; i++) {
        const edo_grpc_binding *b = &s->bindings[i];
        const edo_grpc_method *m = &s->methods[b->method];
        if (m->streams_in) continue;
        transcode_route *t;
        int err = transcode_copy(&t, route, m);
        if (err < 0) {
            edoi_router_fail(r, err, "a route of JSON");
            return;
        }
        t->route.method = has_handler(route->ops, m) ? m : NULL;
        t->binding = b;
        const char *why = transcode_fault(t, m);
        if (!why) {
            transcode_add(r, t);
            continue;
        }
        edoi_router_fail(r, -EINVAL, "%s %s of %s.%s: %s", b->verb, b->path, s->name, m->name, why);
        transcode_free(t);
    }
}
