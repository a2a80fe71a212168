/* SPDX-License-Identifier: MIT */
/* web/request/request.c: what a handler asks about its request. */
#include "web/request/origin.h"
#include "web/request/web.h"

#include <string.h>

void *edo_web_state(const edo_web *w) {
    return w->to.settings->state ? w->to.settings->state : w->app->state;
}

const edo_web_rejection *edo_web_get_rejection(const edo_web *w) {
    return w->rejection;
}

bool edo_web_has_body(const edo_web *w) {
    return w->req->length != 0;
}

void *edo_web_route_arg(const edo_web *w) {
    return w->to.route ? w->to.route->arg : NULL;
}

edo_request *edo_web_request(edo_web *w) {
    return w->req;
}

edo_response *edo_web_response(edo_web *w) {
    return w->res;
}

edo_str edo_web_matched_path(const edo_web *w) {
    return w->to.place ? w->to.place->leaf.pattern->text : EDO_STR("");
}

edo_str edo_web_nested_path(const edo_web *w) {
    edo_str rest = w->path;
    for (uint32_t i = 0; i < w->to.nested_n && rest.len > 0; i++) {
        const char *slash = memchr(rest.ptr + 1, '/', rest.len - 1);
        size_t n = slash ? (size_t)(slash - rest.ptr) : rest.len;
        rest = (edo_str){ rest.ptr + n, rest.len - n };
    }
    return rest.len > 0 ? rest : EDO_STR("/");
}

edo_str edo_web_host(const edo_web *w) {
    return edoi_request_host(w->req);
}

edo_str edo_web_path(const edo_web *w) {
    return w->path;
}

edo_str edo_web_query_text(const edo_web *w) {
    return w->query;
}

uint32_t edo_web_params_count(const edo_web *w) {
    return w->to.captured ? w->match.n : 0;
}

edo_str edo_web_param_at(const edo_web *w, uint32_t i, edo_str *name) {
    if (i >= edo_web_params_count(w)) return (edo_str){ 0 };
    if (name) *name = w->to.captured->names[i];
    return w->match.values[i];
}

edo_str edo_web_header(const edo_web *w, const char *name) {
    return edo_headers_get_named(&w->req->headers, edo_str_of(name));
}

int edo_web_connect_info(edo_web *w, edo_connect_info *out) {
    int err = edo_request_peer(w->req, &out->peer);
    return err < 0 ? err : edo_request_local(w->req, &out->local);
}

edo_str edo_web_param(const edo_web *w, const char *name) {
    edo_str wanted = edo_str_of(name);
    for (uint32_t i = 0; i < edo_web_params_count(w); i++)
        if (edo_str_equal(w->to.captured->names[i], wanted)) return w->match.values[i];
    return (edo_str){ 0 };
}
