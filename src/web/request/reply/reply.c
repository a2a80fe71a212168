/* SPDX-License-Identifier: MIT */
/* web/request/reply/reply.c: makes responses for a handler. */
#include "base/text/ascii.h"
#include "web/request/web.h"

#include <edo/http_fields.h>
#include <edo/json.h>
#include <edo/protobuf.h>
#include <edo/uri.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Notes that the handler has made a response, which replaces a refusal. */
static int reply_made(edo_web *w, int err) {
    if (err == 0) w->is_refused = false;
    return err;
}

int edoi_web_reply_buf(edo_web *w, edo_status status, const char *type, edo_buf *text) {
    edo_bytes body = edo_buf_freeze(text);
    int err = edo_response_bytes(w->res, status, edo_str_of(type), &body);
    edo_bytes_unref(&body);
    return reply_made(w, err);
}

const char *edoi_web_type(const edo_web *w, const char *usual) {
    return w->own_type ? w->own_type : usual;
}

int edo_web_reply_json(edo_web *w, edo_status status, const void *value, const edo_desc *desc) {
    edo_buf json = { 0 };
    int err = edo_json_encode_reply(&json, value, desc);
    if (err == 0) err = edoi_web_reply_buf(w, status, edoi_web_type(w, "application/json"), &json);
    edo_buf_deinit(&json);
    return err;
}

int edo_web_reply_protobuf(edo_web *w, edo_status status, const void *value, const edo_desc *desc) {
    edo_buf message = { 0 };
    int err = edo_protobuf_encode(&message, value, desc);
    if (err == 0)
        err = edoi_web_reply_buf(w, status, edoi_web_type(w, "application/protobuf"), &message);
    edo_buf_deinit(&message);
    return err;
}

static int reply_copy(edo_web *w, edo_status status, const char *type, const char *text) {
    edo_str s = edo_str_of(text);
    s.ptr = edo_arena_copy(w->req->arena, text, s.len);
    if (!s.ptr) return -ENOMEM;
    return reply_made(w, edo_response_data(w->res, status, edo_str_of(edoi_web_type(w, type)), s));
}

int edo_web_reply_text(edo_web *w, edo_status status, const char *text) {
    return reply_copy(w, status, "text/plain; charset=utf-8", text);
}

int edo_web_reply_html(edo_web *w, edo_status status, const char *html) {
    return reply_copy(w, status, "text/html; charset=utf-8", html);
}

int edo_web_reply_bytes(edo_web *w, edo_status status, const char *type, edo_str body) {
    return reply_made(w,
                      edo_response_data(w->res, status, edo_str_of(edoi_web_type(w, type)), body));
}

int edo_web_reply_buf(edo_web *w, edo_status status, const char *type, edo_buf *body) {
    return edoi_web_reply_buf(w, status, edoi_web_type(w, type), body);
}

int edo_web_reply_status(edo_web *w, edo_status status) {
    const char *type = edoi_web_type(w, "text/plain");
    int err = edo_response_data(w->res, status, edo_str_of(type), EDO_STR(""));
    if (err == 0 && !w->own_type)
        (void)edo_headers_remove(&w->res->headers, EDO_HEADER_CONTENT_TYPE);
    return reply_made(w, err);
}

int edo_web_reply_redirect(edo_web *w, edo_status status, edo_str to) {
    edo_uri uri;
    bool redirects = status == EDO_STATUS_SEE_OTHER || status == EDO_STATUS_TEMPORARY_REDIRECT ||
                     status == EDO_STATUS_PERMANENT_REDIRECT;
    if (!redirects || edo_uri_parse(&uri, to) < 0) return -EINVAL;
    int err = edo_headers_set(&w->res->headers, EDO_HEADER_LOCATION, to);
    return err < 0 ? err : edo_web_reply_status(w, status);
}

/* Keeps a content type that was set, for a response that is made later. */
static int keep_type(edo_web *w, const char *name, const char *value) {
    if (!edoi_equal_nocase(edo_str_of(name), EDO_STR("content-type"))) return 0;
    const char *own = edo_arena_copy(w->req->arena, value, strlen(value));
    if (own) w->own_type = own;
    return own ? 0 : -ENOMEM;
}

int edo_web_set_header(edo_web *w, const char *name, const char *value) {
    int err = keep_type(w, name, value);
    if (err < 0) return err;
    return edo_headers_set_named(&w->res->headers, edo_str_of(name), edo_str_of(value));
}

int edo_web_append_header(edo_web *w, const char *name, const char *value) {
    int err = keep_type(w, name, value);
    if (err < 0) return err;
    return edo_headers_append_named(&w->res->headers, edo_str_of(name), edo_str_of(value));
}

int edo_web_set_retry_after(edo_web *w, edo_duration after) {
    const int64_t second = 1000000000;
    char text[24];
    if (after.ns < 0) return -EINVAL;
    int64_t seconds = after.ns / second + (after.ns % second > 0);
    int n = snprintf(text, sizeof text, "%" PRId64, seconds);
    return edo_headers_set(&w->res->headers, EDO_HEADER_RETRY_AFTER, (edo_str){ text, (size_t)n });
}

int edo_web_set_attachment(edo_web *w, edo_str filename) {
    edo_buf value = { 0 };
    int err = edo_disposition_print_file(EDO_STR("attachment"), filename, &value);
    if (err == 0)
        err = edo_headers_set(&w->res->headers, EDO_HEADER_CONTENT_DISPOSITION,
                              (edo_str){ value.ptr, value.len });
    edo_buf_deinit(&value);
    return err;
}
