/* SPDX-License-Identifier: MIT */
/* client/fetch/request.c: options become a request. */
#include "base/opts.h"
#include "client/client.h"
#include "client/fetch/fetch.h"
#include "http/headers/ids.h"

#include <edo/http_fields.h>
#include <edo/http_server.h>

#include <errno.h>
#include <string.h>

/* ---- The URL --------------------------------------------------------------------------------- */

static int fetch_set_url(edoi_fetch_request *f, edo_str url, const edo_fetch_opts *o) {
    const char *hash = url.len > 0 ? memchr(url.ptr, '#', url.len) : NULL;
    size_t n = hash ? (size_t)(hash - url.ptr) : url.len;
    int err = edo_buf_append(&f->url, url.ptr, n);
    if (err == 0 && o->query) {
        bool has_query = n > 0 && memchr(url.ptr, '?', n);
        size_t begun = f->url.len;
        err = edo_buf_append(&f->url, has_query ? "&" : "?", 1);
        if (err == 0) err = edoi_form_print(&f->url, o->query, o->query_desc);
        if (err == 0 && f->url.len == begun + 1) f->url.len = begun; // no field has a value
    }
    if (err == 0 && hash) err = edo_buf_append(&f->url, hash, url.len - n);
    f->req.url = (edo_str){ f->url.ptr, f->url.len };
    return err;
}

/* ---- Authorization --------------------------------------------------------------------------- */

static int fetch_print_auth(edo_buf *out, const edo_fetch_opts *o) {
    edo_buf plain = { 0 };
    if (o->bearer.len > 0) {
        int err = edo_buf_append(out, "Bearer ", 7);
        return err < 0 ? err : edo_buf_append(out, o->bearer.ptr, o->bearer.len);
    }
    int err = edo_buf_append(out, "Basic ", 6);
    if (err == 0) err = edo_buf_append(&plain, o->user.ptr, o->user.len);
    if (err == 0) err = edo_buf_append(&plain, ":", 1);
    if (err == 0 && o->password.len > 0)
        err = edo_buf_append(&plain, o->password.ptr, o->password.len);
    if (err == 0) err = edo_base64_encode((edo_str){ plain.ptr, plain.len }, out);
    edo_buf_deinit(&plain);
    return err;
}

static int fetch_set_auth(edoi_fetch_request *f, const edo_fetch_opts *o) {
    if (!o->user.ptr && o->password.len > 0) return edo_fail(-EINVAL, "`password` without `user`");
    if (o->bearer.len == 0 && !o->user.ptr) return 0;
    if (o->bearer.len > 0 && o->user.ptr) return -EINVAL;
    int err = fetch_print_auth(&f->auth, o);
    if (err == 0)
        err = edo_headers_set(&f->headers, EDO_HEADER_AUTHORIZATION,
                              (edo_str){ f->auth.ptr, f->auth.len });
    if (err == 0) (void)edo_headers_set_sensitive(&f->headers, EDO_STR("authorization"));
    return err;
}

/* ---- A range --------------------------------------------------------------------------------- */

/* Spec: RFC 9110 sections 13.1.5 and 14.2. */
static int fetch_set_range(edoi_fetch_request *f, const edo_fetch_opts *o) {
    edo_buf text = { 0 };
    edo_str since = o->if_range;
    bool is_weak = since.len >= 2 && memcmp(since.ptr, "W/", 2) == 0;
    if (!o->range) return since.len > 0 ? edo_fail(-EINVAL, "`if_range` without `range`") : 0;
    if (is_weak) return edo_fail(-EINVAL, "`if_range` is a weak tag, which no bytes belong to");
    int err = edo_ranges_print(o->range, 1, &text);
    if (err == 0)
        err = edo_headers_set(&f->headers, EDO_HEADER_RANGE, (edo_str){ text.ptr, text.len });
    if (err == 0 && since.len > 0) err = edo_headers_set(&f->headers, EDO_HEADER_IF_RANGE, since);
    edo_buf_deinit(&text);
    return err;
}

/* ---- All ------------------------------------------------------------------------------------- */

static int fetch_copy_headers(edoi_fetch_request *f, const edo_headers *own) {
    int err = 0;
    for (size_t i = 0; own && err == 0 && i < edo_headers_count(own); i++)
        err = edo_headers_add(&f->headers, edo_headers_at(own, i));
    return err;
}

/* Passes on the ids by which logs show which calls belong together. */
static int fetch_pass_ids(edoi_fetch_request *f, const edo_fetch_opts *o) {
    const edo_request *served = o->served;
    int err = 0;
    if (served) {
        const edoi_ids ids = { edo_request_id(served),
                               edo_headers_get(&served->headers, EDO_HEADER_TRACEPARENT),
                               edo_headers_get(&served->headers, EDO_HEADER_TRACESTATE) };
        err = edoi_ids_pass_on(&f->headers, &ids);
    }
    if (err < 0 || (o->client && o->client->no_context)) return err;
    f->req.edoi_steps = !edoi_headers_has(&f->headers, EDO_HEADER_TRACEPARENT);
    return edoi_ids_pass_here(&f->headers);
}

int edoi_fetch_request_init(edoi_fetch_request *f, edo_str url, const edo_fetch_opts *o) {
    *f = (edoi_fetch_request){ .req = { .method = o->method,
                                        .timeout = o->timeout,
                                        .read_timeout = o->read_timeout,
                                        .attempts = o->attempts } };
    edo_headers_init(&f->headers);
    edoi_headers_lend(&f->headers, &f->room);
    f->req.headers = &f->headers;
    int err = edoi_fetch_own_items(f, o); // first, as it is taken in any case
    if (err < 0) return err;
    if (!edoi_all_zero(o->reserved, EDO_COUNT(o->reserved))) return -EINVAL;
    f->req.method_name = o->method_name;
    f->req.informational = o->before;
    f->req.arg = o->arg;
    if (o->method == EDO_METHOD_OTHER && o->method_name.len == 0)
        f->req.method = edoi_fetch_has_body(o) ? EDO_METHOD_POST : EDO_METHOD_GET;
    err = fetch_set_url(f, url, o);
    if (err == 0) err = fetch_copy_headers(f, o->headers);
    if (err == 0) err = fetch_set_range(f, o);
    if (err == 0) err = fetch_pass_ids(f, o);
    if (err == 0) err = edoi_fetch_set_body(f, o);
    if (err == 0) err = edoi_fetch_code_body(f, o);
    return err < 0 ? err : fetch_set_auth(f, o);
}

void edoi_fetch_request_deinit(edoi_fetch_request *f) {
    edo_headers_deinit(&f->headers);
    edo_buf_deinit(&f->url);
    edoi_sent_body_deinit(&f->sent);
    edo_buf_deinit(&f->auth);
}
