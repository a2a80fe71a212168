/* SPDX-License-Identifier: MIT */
/* web/request/extract/extract.c: described structs from the parts of a request. */
#include "base/text/ascii.h"
#include "web/request/web.h"

#include <edo/config.h>
#include <edo/json.h>
#include <edo/streams.h>

#include <errno.h>

static bool extract_is_of_the_client(int err) {
    return err == -EDO_EVALUE || err == -EDO_EJSON;
}

static bool has_capture(const edo_web *w, edo_str name) {
    uint32_t n = edo_web_params_count(w);
    for (uint32_t i = 0; i < n; i++)
        if (edo_str_equal(w->to.captured->names[i], name)) return true;
    return false;
}

int edoi_web_lacks_capture(const edo_web *w, const edo_faults *faults) {
    for (uint32_t i = 0; i < faults->n; i++) {
        edo_str name = faults->all[i].field;
        if (faults->all[i].in == EDO_IN_PATH && !has_capture(w, name))
            return edo_fail(-EDO_EVALUE, "the route has no capture {%.*s}", (int)name.len,
                            name.ptr);
    }
    return 0;
}

int edo_web_params(edo_web *w, void *out, const edo_desc *desc) {
    edo_param params[EDOI_CAPTURES_MAX];
    uint32_t n = edo_web_params_count(w);
    for (uint32_t i = 0; i < n; i++)
        params[i] = (edo_param){ .name = w->to.captured->names[i], .text = w->match.values[i] };
    edo_faults faults = { .arena = w->req->arena };
    const edo_config_opts opts = { .arena = w->req->arena, .faults = &faults };
    size_t before = edoi_web_decode_begin(w, w->req->arena);
    int err = edoi_web_decode_end(w, w->req->arena, before,
                                  edo_params_decode(out, desc, params, n, &opts));
    if (!extract_is_of_the_client(err) || edoi_web_lacks_capture(w, &faults)) return err;
    return edoi_web_refuse_fields(w, err, EDO_STATUS_BAD_REQUEST, &faults);
}

int edo_web_query(edo_web *w, void *out, const edo_desc *desc) {
    edo_faults faults = { .arena = w->req->arena };
    const edo_config_opts opts = { .arena = w->req->arena, .faults = &faults };
    size_t before = edoi_web_decode_begin(w, w->req->arena);
    int err =
        edoi_web_decode_end(w, w->req->arena, before, edo_query_decode(out, desc, w->query, &opts));
    if (!extract_is_of_the_client(err)) return err;
    return edoi_web_refuse_fields(w, err, EDO_STATUS_BAD_REQUEST, &faults);
}

/* ---- Memory ---------------------------------------------------------------------------------- */

#define DECODED_TIMES 16u /* the longest body: what it may be decoded into, unless an option says */
#define DECODED_MIN   4096u /* for short bodies: what is said of their faults is memory, too */

static size_t body_max(const edo_web *w) {
    return w->to.settings->body_max ? w->to.settings->body_max : w->app->body_max;
}

static size_t decoded_max(const edo_web *w) {
    size_t most = w->to.settings->decoded_max ? w->to.settings->decoded_max : w->app->decoded_max;
    if (most > 0) return most;
    if (body_max(w) < DECODED_MIN / DECODED_TIMES) return DECODED_MIN;
    return body_max(w) > SIZE_MAX / DECODED_TIMES ? SIZE_MAX : body_max(w) * DECODED_TIMES;
}

size_t edoi_web_decode_begin(const edo_web *w, edo_arena *arena) {
    size_t before = arena->bytes_max, most = decoded_max(w);
    size_t bound = most > SIZE_MAX - arena->bytes ? 0 : arena->bytes + most;
    if (before == 0 || (bound > 0 && bound < before)) arena->bytes_max = bound;
    arena->is_full = false;
    return before;
}

EDOI_NOINLINE static int refuse_decoded(edo_web *w) {
    return edoi_web_refuse(w, -EMSGSIZE, EDO_STATUS_CONTENT_TOO_LARGE,
                           "what it says would take too much memory");
}

int edoi_web_decode_end(edo_web *w, edo_arena *arena, size_t arena_max, int err) {
    arena->bytes_max = arena_max;
    return EDOI_UNLIKELY(err == -ENOMEM && arena->is_full) ? refuse_decoded(w) : err;
}

/* ---- Bodies ---------------------------------------------------------------------------------- */

/* Returns the content type without its parameters. */
static edo_str media_type(const edo_web *w) {
    edo_str type = edo_headers_get(&w->req->headers, EDO_HEADER_CONTENT_TYPE);
    size_t n = 0;
    while (n < type.len && type.ptr[n] != ';') n++;
    while (n > 0 && (type.ptr[n - 1] == ' ' || type.ptr[n - 1] == '\t')) n--;
    return (edo_str){ type.ptr, n };
}

static bool extract_is_word(edo_str s, const char *word) {
    return edoi_equal_nocase(s, edo_str_of(word));
}

bool edoi_web_is_of_type(const edo_web *w, const char *type) {
    return extract_is_word(media_type(w), type);
}

static bool is_json(edo_str type) {
    if (extract_is_word(type, "application/json")) return true;
    if (type.len <= 5 || !memchr(type.ptr, '/', type.len)) return false;
    return extract_is_word((edo_str){ type.ptr + type.len - 5, 5 }, "+json");
}

static void drop_stream(void *stream) {
    edo_close(stream);
}

/* Puts the body back into the stream, for a handler behind a layer that has read it. */
EDOI_NOINLINE static int put_back(edo_web *w) {
    static const edo_ext_tag tag = { .name = "edo_web_body", .drop = drop_stream };
    edo_stream *again;
    int err = edo_stream_mem(&again, w->body.ptr, w->body.len);
    if (err < 0) return err;
    err = edo_ext_set(&w->req->ext, &tag, again);
    if (err < 0)
        edo_close(again);
    else
        edo_request_set_body(w->req, again, w->req->length);
    return err;
}

EDOI_NOINLINE int edoi_web_refuse_body(edo_web *w, int err) {
    w->body_failure = err;
    if (err == -EMSGSIZE)
        return edoi_web_refuse(w, err, EDO_STATUS_CONTENT_TOO_LARGE, "the body is too long");
    if (err == -ETIMEDOUT)
        return edoi_web_refuse(w, err, EDO_STATUS_REQUEST_TIMEOUT, "the body came too slowly");
    if (err == -EBADMSG || err == -EDO_EEOF)
        return edoi_web_refuse(w, err, EDO_STATUS_BAD_REQUEST, "the body is broken");
    return err;
}

EDOI_INLINE int collect(edo_web *w, edo_str *body) {
    int err = edo_budget_consume();
    if (err < 0) return err;
    err = w->body_failure;
    if (err == 0 && !w->has_body) {
        err = edo_request_collect(w->req, &w->body, body_max(w));
        if (err == 0 && EDOI_UNLIKELY(!w->in_handler)) err = put_back(w);
    }
    if (err < 0) return edoi_web_refuse_body(w, err);
    w->has_body = true;
    *body = w->body;
    return 0;
}

int edo_web_body(edo_web *w, edo_str *out) {
    return collect(w, out);
}

int edo_web_text(edo_web *w, edo_str *out) {
    int err = collect(w, out);
    if (err < 0 || edo_str_is_utf8(*out)) return err;
    return edoi_web_refuse(w, -EILSEQ, EDO_STATUS_BAD_REQUEST, "the body is not UTF-8");
}

edo_stream *edo_web_body_stream(edo_web *w) {
    return edo_request_body(w->req);
}

/* Is the type "application/json", as nearly all clients write it? That spares the parsing. */
static bool is_plain_json(const edo_web *w) {
    edo_str type = edo_headers_get(&w->req->headers, EDO_HEADER_CONTENT_TYPE);
    return type.len == 16 && memcmp(type.ptr, "application/json", 16) == 0; // no call
}

int edoi_web_json_text(edo_web *w, edo_str *out) {
    if (is_plain_json(w) || is_json(media_type(w))) return collect(w, out);
    return edoi_web_refuse(w, -EINVAL, EDO_STATUS_UNSUPPORTED_MEDIA_TYPE,
                           "the content type is not application/json");
}

int edoi_web_form_text(edo_web *w, edo_str *out) {
    if (extract_is_word(media_type(w), "application/x-www-form-urlencoded")) return collect(w, out);
    return edoi_web_refuse(w, -EINVAL, EDO_STATUS_UNSUPPORTED_MEDIA_TYPE,
                           "the content type is not application/x-www-form-urlencoded");
}

int edo_web_json(edo_web *w, void *out, const edo_desc *desc) {
    edo_str body = { 0 };
    int err = edoi_web_json_text(w, &body);
    if (err < 0) return err;
    edo_faults faults = { .arena = w->req->arena };
    const edo_json_opts opts = { .arena = w->req->arena,
                                 .borrows = true,
                                 .refuses_unknown = w->to.settings->refuses_unknown,
                                 .faults = &faults };
    size_t before = edoi_web_decode_begin(w, w->req->arena);
    err =
        edoi_web_decode_end(w, w->req->arena, before, edo_json_decode_with(out, desc, body, &opts));
    if (!extract_is_of_the_client(err)) return err;
    bool is_json = faults.n > 0 || faults.is_cut; // otherwise no field is at fault
    return edoi_web_refuse_fields(
        w, err, is_json ? EDO_STATUS_UNPROCESSABLE_CONTENT : EDO_STATUS_BAD_REQUEST, &faults);
}

int edo_web_form(edo_web *w, void *out, const edo_desc *desc) {
    edo_str body = { 0 };
    int err = edo_budget_consume();
    if (err < 0) return err;
    if (w->req->method == EDO_METHOD_GET || w->req->method == EDO_METHOD_HEAD)
        return edo_web_query(w, out, desc);
    err = edoi_web_form_text(w, &body);
    if (err < 0) return err;
    edo_faults faults = { .arena = w->req->arena };
    const edo_config_opts opts = { .arena = w->req->arena, .faults = &faults, .yields = true };
    size_t before = edoi_web_decode_begin(w, w->req->arena);
    err = edoi_web_decode_end(w, w->req->arena, before, edo_form_decode(out, desc, body, &opts));
    if (!extract_is_of_the_client(err)) return err;
    return edoi_web_refuse_fields(w, err, EDO_STATUS_UNPROCESSABLE_CONTENT, &faults);
}
