/* SPDX-License-Identifier: MIT */
/* web/request/reply/problem.c: describes what is wrong with a request as application/problem+json
 * (RFC 9457). */
#include "web/request/web.h"

#include "base/text/hex.h"
#include "base/text/utf8.h"

#include <edo/json.h>

#define EDO_TARGET "web.rejection"
#include <edo/log.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#define DETAIL_MAX 512

/* ---- Text of the client ---------------------------------------------------------------------- */

#define ESCAPED_BYTES 4u /* \xNN */

static void problem_escape_byte(char to[ESCAPED_BYTES], const char *byte) {
    memcpy(to, "\\x", 2);
    edoi_hex_print(to + 2, (const unsigned char *)byte, 1);
}

/* Copies a text; each byte that belongs to no character becomes \xNN. Returns the length. */
static size_t escape(char *to, edo_str s) {
    size_t len = 0;
    for (size_t at = 0; at < s.len;) {
        uint32_t point;
        size_t n = edoi_utf8_decode((const unsigned char *)s.ptr + at, s.len - at, &point);
        if (n > 0)
            memcpy(to + len, s.ptr + at, n);
        else
            problem_escape_byte(to + len, s.ptr + at);
        at += n > 0 ? n : 1;
        len += n > 0 ? n : ESCAPED_BYTES;
    }
    return len;
}

/* Prints a text. It may quote the client, or be cut within a character: what is not UTF-8 is
 * escaped, since JSON must be UTF-8. */
static int problem_print_text(edo_json_writer *json, edo_str s) {
    if (edo_str_is_utf8(s)) return edo_json_writer_string(json, s);
    edo_buf text = { 0 };
    int err = edo_buf_reserve(&text, s.len * ESCAPED_BYTES + 1);
    if (err == 0) {
        text.len = escape(text.ptr, s);
        err = edo_json_writer_string(json, (edo_str){ text.ptr, text.len });
    }
    edo_buf_deinit(&text);
    return err;
}

/* ---- The problem ----------------------------------------------------------------------------- */

static int print_member(edo_json_writer *json, const char *name, edo_str value) {
    int err = edo_json_writer_name(json, edo_str_of(name));
    return err < 0 ? err : problem_print_text(json, value);
}

/* May the byte stand in a fragment as it is (RFC 3986 section 3.5)? */
static bool is_of_fragment(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("-._~!$&'()*+,;=:@/?", c));
}

/* Prints a pointer as the fragment of a URI (RFC 6901 section 6). */
static int print_pointer(edo_json_writer *json, edo_str pointer) {
    edo_buf text = { 0 };
    int err = edo_buf_reserve(&text, 1 + 3 * pointer.len);
    for (size_t i = 0; i < pointer.len && err == 0; i++) {
        unsigned char c = (unsigned char)pointer.ptr[i];
        if (i == 0) text.ptr[text.len++] = '#';
        if (is_of_fragment((char)c)) {
            text.ptr[text.len++] = (char)c;
        } else {
            text.len = (size_t)(edoi_percent_put(text.ptr + text.len, c) - text.ptr);
        }
    }
    edo_str whole = pointer.len > 0 ? (edo_str){ text.ptr, text.len } : EDO_STR("#");
    if (err == 0) err = print_member(json, "pointer", whole);
    edo_buf_deinit(&text);
    return err;
}

static int print_parameter(edo_json_writer *json, const edo_fault *f) {
    static const char *const parts[] = { "query", "path", "header", "cookie", "body", "form" };
    int err = print_member(json, "parameter", f->field);
    return err < 0 ? err : print_member(json, "in", edo_str_of(parts[f->in]));
}

static int print_fault(edo_json_writer *json, const edo_fault *f) {
    int err = edo_json_writer_begin_object(json);
    if (err == 0)
        err = f->in == EDO_IN_BODY ? print_pointer(json, f->field) : print_parameter(json, f);
    if (err == 0) err = print_member(json, "detail", f->detail);
    return err < 0 ? err : edo_json_writer_end_object(json);
}

static int print_faults(edo_json_writer *json, const edo_web_rejection *why) {
    int err = edo_json_writer_name(json, EDO_STR("errors"));
    if (err == 0) err = edo_json_writer_begin_array(json);
    for (size_t i = 0; i < why->faults_n && err == 0; i++) err = print_fault(json, &why->faults[i]);
    return err < 0 ? err : edo_json_writer_end_array(json);
}

/* Prints the problem. The type "about:blank" is left out, which means the same (RFC 9457 section
 * 3.1.1). */
static int print_problem(edo_buf *out, const edo_web_rejection *why) {
    edo_json_writer json;
    int err = edo_json_writer_init(&json, out, NULL);
    if (err == 0) err = edo_json_writer_begin_object(&json);
    if (err == 0) err = print_member(&json, "title", edo_status_reason(why->status));
    if (err == 0) err = edo_json_writer_name(&json, EDO_STR("status"));
    if (err == 0) err = edo_json_writer_int(&json, why->status);
    if (err == 0 && why->detail.len > 0) err = print_member(&json, "detail", why->detail);
    if (err == 0 && why->faults_n > 0) err = print_faults(&json, why);
    return err < 0 ? err : edo_json_writer_end_object(&json);
}

static int reply_problem(edo_web *w, const edo_web_rejection *why) {
    edo_buf json = { 0 };
    int err = print_problem(&json, why);
    if (err == 0) err = edoi_web_reply_buf(w, why->status, "application/problem+json", &json);
    edo_buf_deinit(&json);
    return err;
}

int edo_web_reply_problem(edo_web *w, edo_status status, const char *detail, ...) {
    char text[DETAIL_MAX] = "";
    va_list args;
    va_start(args, detail);
    if (detail) (void)vsnprintf(text, sizeof text, detail, args);
    va_end(args);
    return reply_problem(w, &(edo_web_rejection){ .status = status, .detail = edo_str_of(text) });
}

/* ---- Rejections ------------------------------------------------------------------------------ */

static void log_rejection(const edo_web *w, const edo_web_rejection *why) {
    edo_str at = edo_web_matched_path(w), method = w->req->method_name;
    if (at.len == 0) at = w->path; // no route has the path
    edo_debug("%.*s %.*s: %d %.*s", (int)method.len, method.ptr, (int)at.len, at.ptr,
              (int)why->status, (int)why->detail.len, why->detail.ptr);
}

static int reply_rejection(edo_web *w, const edo_web_rejection *why) {
    w->own_type = NULL; // it was the type of the response that is not made
    bool is_made = w->to.settings->on_reject && w->to.settings->on_reject(w, why) == 0;
    return is_made ? 0 : reply_problem(w, why);
}

/* Keeps the rejection, and makes its response. Without memory the code alone makes one. */
static int problem_refuse(edo_web *w, const edo_web_rejection *why) {
    log_rejection(w, why);
    edo_web_rejection *own = edo_arena_alloc(w->req->arena, sizeof *own);
    char *detail = edo_arena_copy(w->req->arena, why->detail.ptr, why->detail.len);
    if (!own || !detail) return why->code;
    *own = *why;
    own->detail.ptr = detail;
    w->rejection = own;
    if (reply_rejection(w, own) == 0) w->is_refused = true;
    return why->code;
}

int edoi_web_turn_away(edo_web *w, int code, edo_status status, const char *detail, ...) {
    char text[DETAIL_MAX] = "";
    va_list args;
    va_start(args, detail);
    if (detail) (void)vsnprintf(text, sizeof text, detail, args);
    va_end(args);
    edo_web_rejection why = { .code = code, .status = status, .detail = edo_str_of(text) };
    why.detail.ptr =
        edo_arena_copy(w->req->arena, text, why.detail.len); // the response may borrow it
    if (!why.detail.ptr) return -ENOMEM;
    log_rejection(w, &why);
    return reply_rejection(w, &why);
}

int edoi_web_refuse(edo_web *w, int err, edo_status status, const char *detail) {
    edo_str text = detail ? edo_str_of(detail) : EDO_STR("");
    return problem_refuse(w, &(edo_web_rejection){ .code = err, .status = status, .detail = text });
}

/* Refuses fields. The newest line of the trail says what is wrong, in words for the client. */
int edoi_web_refuse_fields(edo_web *w, int err, edo_status status, const edo_faults *faults) {
    const edo_trail_entry *entry = edo_trail_find(err);
    return problem_refuse(
        w, &(edo_web_rejection){ .code = err,
                                 .status = status,
                                 .detail = entry ? edo_str_of(entry->text) : EDO_STR(""),
                                 .faults = faults->all,
                                 .faults_n = faults->n,
                                 .is_cut = faults->is_cut });
}

int edo_web_reject(edo_web *w, int code, edo_status status, const char *detail, ...) {
    char text[DETAIL_MAX] = "";
    va_list args;
    va_start(args, detail);
    if (detail) (void)vsnprintf(text, sizeof text, detail, args);
    va_end(args);
    return edoi_web_refuse(w, code, status, text);
}
