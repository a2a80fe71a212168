/* SPDX-License-Identifier: MIT */
/* web/static/respond.c: the response of a file that was found. */
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

/* A file, as the request wants it. */
typedef struct reply {
    edo_web *w;
    const edo_static_file *file;
    edo_str type;
    edo_str coding;  /* no bytes: none */
    edo_str control; /* Cache-Control; likewise */
    uint64_t size;
    int64_t now_s;
    edoi_static_version version;
    char tag[EDO_STATIC_TAG_BYTES + 16]; /* in its quotes, with the coding in it; "": none */
} reply;

static edo_headers *headers_of(const reply *r) {
    return &edo_web_response(r->w)->headers;
}

static char *put(char *to, edo_str s) {
    if (s.len > 0) memcpy(to, s.ptr, s.len);
    return to + s.len;
}

/* Versions of different codings are different ones, also with equal sizes and times. */
static void make_tag(reply *r) {
    edo_str tag = edo_str_of(r->file->tag);
    char *to = put(r->tag, EDO_STR("\""));
    to = put(to, tag);
    if (r->coding.len > 0) to = put(put(to, EDO_STR("-")), r->coding);
    to = put(to, EDO_STR("\""));
    *to = 0;
    r->version.tag.opaque = (edo_str){ r->tag + 1, (size_t)(to - r->tag) - 2 };
}

/* A date that has still to come says nothing (RFC 9110 section 8.8.2.1). */
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

static int set_common(const reply *r, const edo_static_opts *opts) {
    edo_headers *h = headers_of(r);
    int err = set_version(r);
    if (err == 0) err = edo_headers_set(h, EDO_HEADER_ACCEPT_RANGES, EDO_STR("bytes"));
    if (err == 0 && opts->precompressed)
        err = edo_headers_append(h, EDO_HEADER_VARY, EDO_STR("accept-encoding"));
    return err;
}

/* Says how long the file may be kept. Not of a refusal or a failure: a cache would keep that, for
 * all clients, which one client alone has asked for. */
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

static int send_whole(const reply *r) {
    edo_response *res = edo_web_response(r->w);
    res->status = EDO_STATUS_OK;
    if (r->file->stream) return edo_response_file_part(res, r->type, r->file->stream, 0, r->size);
    edo_bytes all = edo_bytes_ref(&r->file->bytes);
    int err = edo_response_bytes(res, EDO_STATUS_OK, r->type, &all);
    edo_bytes_unref(&all);
    return err;
}

static int refuse_range(const reply *r) {
    char text[40];
    int n = snprintf(text, sizeof text, "bytes */%" PRIu64, r->size);
    int err =
        edo_headers_set(headers_of(r), EDO_HEADER_CONTENT_RANGE, (edo_str){ text, (size_t)n });
    if (err < 0) return err;
    return edoi_web_turn_away(r->w, -ERANGE, EDO_STATUS_RANGE_NOT_SATISFIABLE, NULL);
}

/* Only GET has ranges (RFC 9110 section 14.2). */
static bool wants_range(const reply *r) {
    const edo_request *req = edo_web_request(r->w);
    return req->method == EDO_METHOD_GET && edo_headers_get(&req->headers, EDO_HEADER_RANGE).ptr &&
           edoi_static_range_holds(&req->headers, &r->version, r->now_s);
}

/* Fields that describe a file are not true of the failure that is sent instead of it. */
static void leave(const reply *r) {
    edo_headers *h = headers_of(r);
    if (r->control.len > 0) (void)edo_headers_remove(h, EDO_HEADER_CACHE_CONTROL);
    (void)edo_headers_remove(h, EDO_HEADER_CONTENT_ENCODING);
    (void)edo_headers_remove(h, EDO_HEADER_CONTENT_RANGE);
}

static int send_file(const reply *r) {
    edo_byte_range ranges[EDOI_RANGES_MAX];
    int n = 0;
    if (wants_range(r))
        n = edo_ranges_parse(ranges, EDO_COUNT(ranges),
                             edo_headers_get(&edo_web_request(r->w)->headers, EDO_HEADER_RANGE),
                             r->size);
    if (n == -ERANGE) return refuse_range(r);
    int err = set_control(r);
    if (err == 0 && r->coding.len > 0)
        err = edo_headers_set(headers_of(r), EDO_HEADER_CONTENT_ENCODING, r->coding);
    if (err == 0)
        err = n <= 0 ? send_whole(r)
                     : edoi_ranges_send(r->w, r->file, r->type, ranges,
                                        edoi_ranges_merge(ranges, (size_t)n));
    if (err < 0) leave(r);
    return err;
}

int edoi_static_respond(edo_web *w, const edoi_static_mount *m, edo_static_file *file, edo_str name,
                        const char *coding) {
    reply r = { .w = w,
                .file = file,
                .type = file->type.len > 0 ? file->type : edo_content_type_of(name),
                .coding = coding ? edo_str_of(coding) : EDO_STR(""),
                .control = control_of(&m->opts, name),
                .size = file->stream ? file->size : file->bytes.str.len,
                .now_s = (int64_t)time(NULL) };
    make_version(&r);
    int err = set_common(&r, &m->opts);
    if (err < 0) return err;
    edo_status status = edoi_static_condition(&edo_web_request(w)->headers, &r.version, r.now_s);
    if (status == EDO_STATUS_NOT_MODIFIED) {
        err = set_control(&r);
        return err < 0 ? err : edo_web_reply_status(w, status);
    }
    if (status != EDO_STATUS_OK) return edoi_web_turn_away(w, -EINVAL, status, NULL);
    return send_file(&r);
}
