/* SPDX-License-Identifier: MIT */
/* web/static/respond.c: makes the response for a file that was found. */
#include "base/assert.h"
#include "web/request/web.h"
#include "web/static/condition.h"
#include "web/static/mount.h"
#include "web/static/path.h"
#include "web/static/range.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#define FOR_EVER "public, max-age=31536000, immutable"

/* A file, in the form that the request wants. */
typedef struct reply {
    edo_web *w;
    const edo_static_file *file;
    edo_str type;
    edo_str coding;            /* no bytes: none */
    edo_str control;           /* Cache-Control; no bytes: none */
    edoi_static_source source; /* the file's; without a stream: none */
    int64_t now_s;
    edoi_static_version version;
    char tag[EDO_STATIC_TAG_BYTES + 16]; /* in quotes, with the coding; "": none */
} reply;

static edo_headers *headers_of(const reply *r) {
    return &edo_web_response(r->w)->headers;
}

static char *static_reply_put(char *to, edo_str s) {
    if (s.len > 0) memcpy(to, s.ptr, s.len);
    return to + s.len;
}

/* Makes the tag. Files of different codings are different versions, also with equal sizes and
 * times. */
static void make_tag(reply *r) {
    edo_str tag = edo_str_of(r->file->tag);
    char *to = static_reply_put(r->tag, EDO_STR("\""));
    to = static_reply_put(to, tag);
    if (r->coding.len > 0) to = static_reply_put(static_reply_put(to, EDO_STR("-")), r->coding);
    to = static_reply_put(to, EDO_STR("\""));
    EDO_ASSERT(to < r->tag + sizeof r->tag);
    *to = 0;
    r->version.tag.opaque = (edo_str){ r->tag + 1, (size_t)(to - r->tag) - 2 };
}

/* Sets the version. A date in the future is left out (RFC 9110 section 8.8.2.1). */
static void make_version(reply *r) {
    r->version.modified_s = r->file->modified_s;
    if (r->version.modified_s > r->now_s) r->version.modified_s = r->now_s;
    if (*r->file->tag) make_tag(r);
}

/* ---- Fields of all responses, also of 304 ---------------------------------------------------- */

static int set_version(const reply *r) {
    char date[EDO_HTTP_DATE_BYTES];
    int err = 0;
    if (*r->tag) err = edo_headers_set(headers_of(r), EDO_HEADER_ETAG, edo_str_of(r->tag));
    bool has_date =
        r->version.modified_s >= 0 && edo_http_date_print(r->version.modified_s, date) == 0;
    if (err == 0 && has_date)
        err = edo_headers_set(headers_of(r), EDO_HEADER_LAST_MODIFIED, edo_str_of(date));
    return err;
}

static int set_common(const reply *r) {
    int err = set_version(r);
    if (err < 0) return err;
    return edo_headers_set(headers_of(r), EDO_HEADER_ACCEPT_RANGES, EDO_STR("bytes"));
}

/* Sets how long the file may be kept. Not for a refusal or a failure: a cache would keep it for all
 * clients. */
static int set_control(const reply *r) {
    if (r->control.len == 0) return 0;
    return edo_headers_set(headers_of(r), EDO_HEADER_CACHE_CONTROL, r->control);
}

static edo_str control_of(const edo_static_opts *opts, edo_str name) {
    if (opts->hashed_names && edoi_static_name_is_hashed(edoi_static_last_segment(name)))
        return EDO_STR(FOR_EVER);
    return opts->cache_control ? edo_str_of(opts->cache_control) : EDO_STR("");
}

/* ---- The response ---------------------------------------------------------------------------- */

static int send_whole(reply *r) {
    edo_response *res = edo_web_response(r->w);
    const edo_static_file *file = r->file;
    res->status = EDO_STATUS_OK;
    if (file->source) return edoi_static_source_send(r->w, &r->source, r->type, 0, file->size);
    if (file->stream) return edo_response_file_part(res, r->type, file->stream, 0, file->size);
    edo_bytes all = edo_bytes_ref(&r->file->bytes);
    int err = edo_response_bytes(res, EDO_STATUS_OK, r->type, &all);
    edo_bytes_unref(&all);
    return err;
}

static int refuse_range(const reply *r) {
    char text[40];
    int n = snprintf(text, sizeof text, "bytes */%" PRIu64, edoi_static_size(r->file));
    int err =
        edo_headers_set(headers_of(r), EDO_HEADER_CONTENT_RANGE, (edo_str){ text, (size_t)n });
    if (err < 0) return err;
    return edoi_web_turn_away(r->w, -ERANGE, EDO_STATUS_RANGE_NOT_SATISFIABLE, NULL);
}

/* May the request have a range? Only GET may (RFC 9110 section 14.2). Of two fields neither one is
 * believed. */
static bool wants_range(const reply *r) {
    const edo_request *req = edo_web_request(r->w);
    const edo_headers *h = &req->headers;
    const edo_header *f = edo_headers_next(h, NULL, EDO_HEADER_RANGE);
    return req->method == EDO_METHOD_GET && f && !edo_headers_next(h, f, EDO_HEADER_RANGE) &&
           edoi_static_range_holds(h, &r->version, r->now_s);
}

/* Removes the fields that describe the file, before a failure is sent instead of it. */
static void static_reply_leave(const reply *r) {
    edo_headers *h = headers_of(r);
    if (r->control.len > 0) (void)edo_headers_remove(h, EDO_HEADER_CACHE_CONTROL);
    (void)edo_headers_remove(h, EDO_HEADER_CONTENT_ENCODING);
    (void)edo_headers_remove(h, EDO_HEADER_CONTENT_RANGE);
}

/* Returns how many ranges are wanted; 0: the whole file; or -ERANGE. */
static int wanted_ranges(const reply *r, edo_byte_range ranges[EDOI_RANGES_MAX]) {
    if (!wants_range(r)) return 0;
    int n = edo_ranges_parse(ranges, EDOI_RANGES_MAX,
                             edo_headers_get(&edo_web_request(r->w)->headers, EDO_HEADER_RANGE),
                             edoi_static_size(r->file));
    if (n <= 0) return n == -ERANGE ? n : 0;
    n = (int)edoi_ranges_merge(ranges, (size_t)n);
    return edoi_static_source_has(&r->source, ranges, (size_t)n) ? n : 0;
}

static int static_reply_send_file(reply *r) {
    edo_byte_range ranges[EDOI_RANGES_MAX];
    int n = wanted_ranges(r, ranges);
    if (n == -ERANGE) return refuse_range(r);
    int err = set_control(r);
    if (err == 0 && r->coding.len > 0)
        err = edo_headers_set(headers_of(r), EDO_HEADER_CONTENT_ENCODING, r->coding);
    if (err == 0)
        err = n == 0 ? send_whole(r)
                     : edoi_ranges_send(r->w, r->file, &r->source, r->type, ranges, (size_t)n);
    if (err < 0) static_reply_leave(r);
    return err;
}

/* Returns the status by the conditions, which count only for reads: a 412 could not undo what has
 * been done. */
static edo_status condition_of(const reply *r) {
    const edo_request *req = edo_web_request(r->w);
    bool is_read = req->method == EDO_METHOD_GET || req->method == EDO_METHOD_HEAD;
    return is_read ? edoi_static_condition(&req->headers, &r->version, r->now_s) : EDO_STATUS_OK;
}

static int static_reply_respond(reply *r) {
    edo_web *w = r->w;
    r->now_s = (int64_t)time(NULL);
    make_version(r);
    int err = edoi_static_source_begin(&r->source, r->file);
    if (err == 0) err = set_common(r);
    if (err < 0) return err;
    edo_status status = condition_of(r);
    if (status == EDO_STATUS_NOT_MODIFIED) {
        err = set_control(r);
        return err < 0 ? err : edo_web_reply_status(w, status);
    }
    if (status != EDO_STATUS_OK) return edoi_web_turn_away(w, -EINVAL, status, NULL);
    return static_reply_send_file(r);
}

int edoi_static_respond(edo_web *w, const edoi_static_mount *m, edo_static_file *file, edo_str name,
                        const char *coding) {
    reply r = { .w = w,
                .file = file,
                .type = file->type.len > 0 ? file->type : edo_content_type_of(name),
                .coding = coding ? edo_str_of(coding) : EDO_STR(""),
                .control = control_of(&m->opts, name) };
    int err = !m->opts.precompressed
                  ? 0
                  : edo_headers_append(headers_of(&r), EDO_HEADER_VARY, EDO_STR("accept-encoding"));
    return err < 0 ? err : static_reply_respond(&r);
}

int edo_web_reply_content(edo_web *w, const edo_static_file *what) {
    reply r = { .w = w,
                .file = what,
                .type = what->type.len > 0 ? what->type : edo_content_type_of(EDO_STR("")) };
    int err = static_reply_respond(&r);
    if (err == 0) w->is_refused = false;
    return err;
}
