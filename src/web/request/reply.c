/* SPDX-License-Identifier: MIT */
/* web/request/reply.c: what a handler makes its response. */
#include "web/request/web.h"

#include "base/utf8.h"

#include <edo/json.h>
#include <edo/uri.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

/* A response that the handler makes replaces a refusal. */
static int made(edo_web *w, int err) {
    if (err == 0) w->is_refused = false;
    return err;
}

/* Takes what `json` has. */
static int reply_buf(edo_web *w, edo_status status, const char *type, edo_buf *json) {
    edo_bytes body = edo_buf_freeze(json);
    int err = edo_response_bytes(w->res, status, edo_str_of(type), &body);
    edo_bytes_unref(&body);
    return made(w, err);
}

int edo_web_reply_json(edo_web *w, edo_status status, const void *value, const edo_desc *desc) {
    edo_buf json = { 0 };
    int err = edo_json_encode(&json, value, desc);
    if (err == 0) err = reply_buf(w, status, "application/json", &json);
    edo_buf_deinit(&json);
    return err;
}

static int reply_copy(edo_web *w, edo_status status, const char *type, const char *text) {
    edo_str s = edo_str_of(text);
    s.ptr = edo_arena_copy(w->req->arena, text, s.len);
    if (!s.ptr) return -ENOMEM;
    return made(w, edo_response_data(w->res, status, edo_str_of(type), s));
}

int edo_web_reply_text(edo_web *w, edo_status status, const char *text) {
    return reply_copy(w, status, "text/plain; charset=utf-8", text);
}

int edo_web_reply_html(edo_web *w, edo_status status, const char *html) {
    return reply_copy(w, status, "text/html; charset=utf-8", html);
}

int edo_web_reply_bytes(edo_web *w, edo_status status, const char *type, edo_str body) {
    return made(w, edo_response_data(w->res, status, edo_str_of(type), body));
}

int edo_web_reply_status(edo_web *w, edo_status status) {
    int err = edo_response_data(w->res, status, EDO_STR("text/plain"), EDO_STR(""));
    if (err == 0) (void)edo_headers_remove(&w->res->headers, EDO_HEADER_CONTENT_TYPE);
    return made(w, err);
}

int edo_web_reply_redirect(edo_web *w, edo_status status, const char *to) {
    edo_uri uri;
    bool redirects = status == EDO_STATUS_SEE_OTHER || status == EDO_STATUS_TEMPORARY_REDIRECT ||
                     status == EDO_STATUS_PERMANENT_REDIRECT;
    if (!redirects || edo_uri_parse(&uri, edo_str_of(to)) < 0) return -EINVAL;
    int err = edo_headers_set(&w->res->headers, EDO_HEADER_LOCATION, edo_str_of(to));
    return err < 0 ? err : edo_web_reply_status(w, status);
}

int edo_web_set_header(edo_web *w, const char *name, const char *value) {
    return edo_headers_set_named(&w->res->headers, edo_str_of(name), edo_str_of(value));
}

/* ---- Failures -------------------------------------------------------------------------------- */

#define ESCAPED_BYTES 4u /* \xNN */

/* Copies a text; each byte that is not of a character becomes \xNN. Returns the length. */
static size_t escape(char *to, edo_str s) {
    size_t len = 0;
    for (size_t at = 0; at < s.len;) {
        uint32_t point;
        size_t n = edoi_utf8_decode((const unsigned char *)s.ptr + at, s.len - at, &point);
        if (n > 0)
            memcpy(to + len, s.ptr + at, n);
        else
            (void)snprintf(to + len, ESCAPED_BYTES + 1, "\\x%02x", (unsigned char)s.ptr[at]);
        at += n > 0 ? n : 1;
        len += n > 0 ? n : ESCAPED_BYTES;
    }
    return len;
}

/* A detail may quote the client, or be cut in the middle of a character: what is not UTF-8 is
 * escaped, since JSON has no place for it. */
static int print_detail(edo_json_writer *json, edo_str detail) {
    if (edo_str_is_utf8(detail)) return edo_json_writer_string(json, detail);
    edo_buf text = { 0 };
    int err = edo_buf_reserve(&text, detail.len * ESCAPED_BYTES + 1);
    if (err == 0) {
        text.len = escape(text.ptr, detail);
        err = edo_json_writer_string(json, (edo_str){ text.ptr, text.len });
    }
    edo_buf_deinit(&text);
    return err;
}

/* A type of "about:blank" is as if it was left out (RFC 9457 section 3.1.1). */
static int print_problem(edo_buf *out, edo_status status, const char *detail) {
    edo_json_writer json;
    int err = edo_json_writer_init(&json, out, NULL);
    if (err == 0) err = edo_json_writer_begin_object(&json);
    if (err == 0) err = edo_json_writer_name(&json, EDO_STR("title"));
    if (err == 0) err = edo_json_writer_string(&json, edo_status_reason(status));
    if (err == 0) err = edo_json_writer_name(&json, EDO_STR("status"));
    if (err == 0) err = edo_json_writer_int(&json, status);
    if (err == 0 && detail) err = edo_json_writer_name(&json, EDO_STR("detail"));
    if (err == 0 && detail) err = print_detail(&json, edo_str_of(detail));
    return err < 0 ? err : edo_json_writer_end_object(&json);
}

static int reply_problem(edo_web *w, edo_status status, const char *detail) {
    edo_buf json = { 0 };
    int err = print_problem(&json, status, detail);
    if (err == 0) err = reply_buf(w, status, "application/problem+json", &json);
    edo_buf_deinit(&json);
    return err;
}

int edo_web_reply_problem(edo_web *w, edo_status status, const char *detail, ...) {
    char text[512];
    if (!detail) return reply_problem(w, status, NULL);
    va_list args;
    va_start(args, detail);
    (void)vsnprintf(text, sizeof text, detail, args);
    va_end(args);
    return reply_problem(w, status, text);
}

int edoi_web_refuse(edo_web *w, int err, edo_status status, const char *detail) {
    if (reply_problem(w, status, detail) == 0) w->is_refused = true;
    return err;
}
