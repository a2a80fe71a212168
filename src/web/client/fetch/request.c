/* SPDX-License-Identifier: MIT */
/* web/client/fetch/request.c: options become a request. */
#include "base/opts.h"
#include "web/client/fetch/fetch.h"

#include <edo/http_headers.h>
#include <edo/json.h>

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

/* ---- The body -------------------------------------------------------------------------------- */

static int fetch_set_type(edoi_fetch_request *f, edo_str type) {
    if (edo_headers_get(&f->headers, EDO_HEADER_CONTENT_TYPE).ptr) return 0;
    return edo_headers_append(&f->headers, EDO_HEADER_CONTENT_TYPE, type);
}

static bool fetch_has_body(const edo_fetch_opts *o) {
    return o->data.ptr || o->json || o->form || o->body;
}

static int fetch_set_body(edoi_fetch_request *f, const edo_fetch_opts *o) {
    edo_str type = o->type.len > 0 ? o->type : EDO_STR("application/octet-stream");
    int bodies = (o->data.ptr != NULL) + (o->json != NULL) + (o->form != NULL) + (o->body != NULL);
    int err = bodies > 1 ? -EINVAL : 0;
    if (o->json) {
        type = EDO_STR("application/json");
        if (err == 0) err = edo_json_encode(&f->body, o->json, o->json_desc);
    } else if (o->form) {
        type = EDO_STR("application/x-www-form-urlencoded");
        if (err == 0) err = edoi_form_print(&f->body, o->form, o->form_desc);
    }
    f->req.data = o->data.ptr ? o->data : (edo_str){ f->body.ptr, f->body.len };
    f->req.body = o->body;
    f->req.length = o->body_length > 0 ? o->body_length : -1;
    if (err < 0 || bodies == 0 || (o->body && o->type.len == 0)) return err;
    return fetch_set_type(f, type);
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
    if (o->bearer.len == 0 && !o->user.ptr) return 0;
    if (o->bearer.len > 0 && o->user.ptr) return -EINVAL;
    int err = fetch_print_auth(&f->auth, o);
    if (err == 0)
        err = edo_headers_set(&f->headers, EDO_HEADER_AUTHORIZATION,
                              (edo_str){ f->auth.ptr, f->auth.len });
    if (err == 0) (void)edo_headers_set_sensitive(&f->headers, EDO_STR("authorization"));
    return err;
}

/* ---- All ------------------------------------------------------------------------------------- */

static int fetch_copy_headers(edoi_fetch_request *f, const edo_headers *own) {
    int err = 0;
    for (size_t i = 0; own && err == 0 && i < edo_headers_count(own); i++)
        err = edo_headers_add(&f->headers, edo_headers_at(own, i));
    return err;
}

int edoi_fetch_request_init(edoi_fetch_request *f, edo_str url, const edo_fetch_opts *o) {
    *f = (edoi_fetch_request){
        .req = { .method = o->method, .timeout = o->timeout, .read_timeout = o->read_timeout }
    };
    edo_headers_init(&f->headers);
    f->req.headers = &f->headers;
    if (!edoi_all_zero(o->reserved, EDO_COUNT(o->reserved))) return -EINVAL;
    f->req.method_name = o->method_name;
    f->req.informational = o->before;
    f->req.arg = o->arg;
    if (o->method == EDO_METHOD_OTHER && o->method_name.len == 0)
        f->req.method = fetch_has_body(o) ? EDO_METHOD_POST : EDO_METHOD_GET;
    int err = fetch_set_url(f, url, o);
    if (err == 0) err = fetch_copy_headers(f, o->headers);
    if (err == 0) err = fetch_set_body(f, o);
    return err < 0 ? err : fetch_set_auth(f, o);
}

void edoi_fetch_request_deinit(edoi_fetch_request *f) {
    edo_headers_deinit(&f->headers);
    edo_buf_deinit(&f->url);
    edo_buf_deinit(&f->body);
    edo_buf_deinit(&f->auth);
}
