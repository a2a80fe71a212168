/* SPDX-License-Identifier: MIT */
/* http2/stream/head.c: makes a request of the fields that the session has decompressed. nghttp2 has
 * checked them: names are in lower case and values without control characters, pseudo fields come
 * first and once, and there is no field of the connection. */
#include "base/memory/alloc.h"
#include "base/text/ascii.h"
#include "http/h1/fields.h"
#include "http/headers/map.h"
#include "http2/both/block.h"
#include "http2/h2.h"

#define EDO_TARGET "http"
#include <edo/log.h>

#include <edo/str.h>

#include <errno.h>
#include <string.h>

#define FRAMES_BOUGHT 4 /* by a request: see edoi_h2_guard */
#define TEXT_FIRST    512u
#define OPAQUE_MAX    4096u /* bytes of an authority that is no host: some hundred addresses */
#define FIELDS_FIRST  16u

/* Refuses one stream: of a field that is none, by PROTOCOL_ERROR, else by INTERNAL_ERROR. */
#define BAD_STREAM NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE

void edoi_h2_end_heading(edoi_h2_conn *h2) {
    h2->heading = NULL;
    h2->head_at = (edo_instant){ EDO_FOREVER_NS };
}

static void head_begin(edoi_h2_head *h) {
    static const edoi_h2_part none;
    h->text_n = h->fields_n = h->counted_n = h->list_bytes = 0;
    h->has_cookie = false;
    h->method = h->path = h->authority = h->protocol = none;
}

void edoi_h2_head_deinit(edoi_h2_head *h) {
    edoi_free(h->text);
    edoi_free(h->fields);
    *h = (edoi_h2_head){ 0 };
}

int edoi_h2_on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *arg) {
    edoi_h2_conn *h2 = arg;
    int32_t id = frame->hd.stream_id;
    h2->heading = nghttp2_session_get_stream_user_data(session, id);
    head_begin(&h2->head);
    if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0; // trailers
    edoi_h2_guard_opened(h2, id);
    edoi_h2_stream *s = edoi_h2_stream_new(h2, id);
    if (!s) return NGHTTP2_ERR_CALLBACK_FAILURE;
    h2->heading = s;
    return nghttp2_session_set_stream_user_data(session, id, s) == 0 ? 0
                                                                     : NGHTTP2_ERR_CALLBACK_FAILURE;
}

/* ---- Fields ---------------------------------------------------------------------------------- */

/* Is this one more field of the request? Pseudo fields are none, and the pieces of a cookie, which
 * head_join_cookies() joins, are one. */
static bool head_is_one_more(edoi_h2_head *h, edo_str name, bool is_pseudo) {
    bool is_cookie = edo_str_equal(name, EDO_STR("cookie"));
    bool is_joined = is_cookie && h->has_cookie;
    h->has_cookie |= is_cookie;
    return !is_pseudo && !is_joined;
}

/* Does the list become too long with this field? What is beyond the limit is not kept. Each field
 * is bytes of the list, as RFC 9113 counts them, also if it is not `one_more`. */
static bool head_is_too_long(edoi_h2_stream *s, size_t bytes, bool one_more) {
    const edo_http_server_opts *o = &s->x.server->opts;
    edoi_h2_head *h = &s->h2->head;
    h->counted_n += one_more;
    h->list_bytes += (uint32_t)bytes + EDOI_H2_FIELD_BYTES;
    return h->list_bytes > s->h2->shared->opts.header_list_max || h->counted_n > o->headers_max;
}

/* A few bytes can stand for many fields: so there is an end to what is decompressed, too. */
static int head_pass_over(edoi_h2_stream *s, size_t bytes) {
    edoi_h2_head *h = &s->h2->head;
    h->list_bytes += (uint32_t)bytes + EDOI_H2_FIELD_BYTES;
    if (h->list_bytes <= EDOI_H2_LISTS_MAX * s->h2->shared->opts.header_list_max) return 0;
    edoi_h2_calm(s->h2, "fields without end");
    return BAD_STREAM;
}

static bool head_grow_text(edoi_h2_head *h, size_t n) {
    size_t cap = 2 * ((size_t)h->text_n + n);
    if (cap < TEXT_FIRST) cap = TEXT_FIRST;
    if (cap > UINT32_MAX) return false;
    char *text = edoi_realloc(h->text, cap);
    if (!text) return false;
    h->text = text;
    h->text_cap = (uint32_t)cap;
    return true;
}

static bool head_grow_fields(edoi_h2_head *h) {
    size_t cap = h->fields_cap > 0 ? 2 * (size_t)h->fields_cap : FIELDS_FIRST;
    edoi_h2_field *fields = edoi_realloc(h->fields, cap * sizeof *fields);
    if (!fields) return false;
    h->fields = fields;
    h->fields_cap = (uint32_t)cap;
    return true;
}

/* Copies a text. Returns false without memory. */
static bool head_put(edoi_h2_head *h, const uint8_t *bytes, size_t n, edoi_h2_part *out) {
    if (EDOI_UNLIKELY(h->text_cap - h->text_n < n) && !head_grow_text(h, n)) return false;
    *out = (edoi_h2_part){ h->text_n, (uint32_t)n };
    if (n > 0) memcpy(h->text + h->text_n, bytes, n);
    h->text_n += (uint32_t)n;
    return true;
}

static int head_on_pseudo(edoi_h2_head *h, edo_str name, const uint8_t *value, size_t n) {
    edoi_h2_part *to = NULL;
    if (edo_str_equal(name, EDO_STR(":path"))) to = &h->path;
    if (edo_str_equal(name, EDO_STR(":method"))) to = &h->method;
    if (edo_str_equal(name, EDO_STR(":authority"))) to = &h->authority;
    if (edo_str_equal(name, EDO_STR(":protocol"))) to = &h->protocol;
    return !to || head_put(h, value, n, to) ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

static int head_add(edoi_h2_head *h, edo_str name, const uint8_t *value, size_t n, uint8_t flags) {
    edoi_h2_field f = { .id = (uint16_t)edo_header_id_of(name) };
    f.flags = flags & NGHTTP2_NV_FLAG_NO_INDEX ? EDO_HEADER_SENSITIVE : 0;
    bool is_put =
        f.id != EDO_HEADER_OTHER || head_put(h, (const uint8_t *)name.ptr, name.len, &f.name);
    if (!is_put || !head_put(h, value, n, &f.value)) return NGHTTP2_ERR_CALLBACK_FAILURE;
    if (h->fields_n == h->fields_cap && !head_grow_fields(h)) return NGHTTP2_ERR_CALLBACK_FAILURE;
    h->fields[h->fields_n++] = f;
    return 0;
}

/* Counts what the fields hold. */
static void head_count(edoi_h2_stream *s, uint32_t bytes) {
    s->in.counted += bytes;
    s->h2->guard.heads += bytes;
}

static void head_trailers_deinit(void *headers) {
    edo_headers_deinit(headers);
}

/* Copies a field: nghttp2 keeps its bytes until the next one comes only. */
static int head_put_trailer(edo_headers *h, edo_str name, edo_str value, uint8_t flags) {
    int err = edo_headers_append_named(h, name, value);
    if (err == 0 && flags & NGHTTP2_NV_FLAG_NO_INDEX)
        h->fields[h->n - 1].flags = EDO_HEADER_SENSITIVE;
    return err == 0 ? 0 : BAD_STREAM;
}

/* A handler may read the request at this moment, so trailers have a map of their own. */
static int head_add_trailer(edoi_h2_stream *s, edo_str name, edo_str value, uint8_t flags) {
    size_t bytes = name.len + value.len;
    if (s->in.has_bad_trailers) return head_pass_over(s, bytes);
    if (!s->in.trailers) {
        s->in.trailers = edo_rc_new(sizeof *s->in.trailers, head_trailers_deinit);
        if (!s->in.trailers) return BAD_STREAM;
        edo_headers_init(s->in.trailers);
    }
    head_count(s, (uint32_t)bytes + EDOI_H2_FIELD_BYTES);
    s->in.has_bad_trailers = head_is_too_long(s, bytes, true);
    return s->in.has_bad_trailers ? 0 : head_put_trailer(s->in.trailers, name, value, flags);
}

int edoi_h2_on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                      size_t name_n, const uint8_t *value, size_t value_n, uint8_t flags,
                      void *h2) {
    edoi_h2_stream *s = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    (void)h2;
    if (!s) return 0;
    if (s->fiber.refusal != 0) return head_pass_over(s, name_n + value_n);
    edo_str known = { (const char *)name, name_n };
    if (frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return head_add_trailer(s, known, (edo_str){ (const char *)value, value_n }, flags);
    bool is_pseudo = name_n > 0 && name[0] == ':';
    bool one_more = head_is_one_more(&s->h2->head, known, is_pseudo);
    if (head_is_too_long(s, name_n + value_n, one_more)) {
        s->fiber.refusal = EDO_STATUS_HEADERS_TOO_LARGE;
        return 0;
    }
    return is_pseudo ? head_on_pseudo(&s->h2->head, known, value, value_n)
                     : head_add(&s->h2->head, known, value, value_n, flags);
}

int edoi_h2_on_invalid_header(nghttp2_session *session, const nghttp2_frame *frame,
                              const uint8_t *name, size_t name_n, const uint8_t *value,
                              size_t value_n, uint8_t flags, void *h2) {
    (void)session, (void)frame, (void)value, (void)value_n, (void)flags, (void)h2;
    edo_debug("a field of a request breaks the rules of HTTP/2: %.*s", (int)name_n,
              (const char *)name);
    return BAD_STREAM;
}

/* ---- The end of the head --------------------------------------------------------------------- */

/* What is no field of the request, though it came with them. */
typedef struct head_ends {
    edo_str authority, protocol;
} head_ends;

static edo_str head_text(const char *text, edoi_h2_part part) {
    return (edo_str){ part.n > 0 ? text + part.at : NULL, part.n };
}

/* Puts the fields into the request's map, which has room for them. */
static int head_fill(edoi_h2_stream *s, const char *text) {
    const edoi_h2_head *h = &s->h2->head;
    int err = 0;
    for (uint32_t i = 0; i < h->fields_n && err == 0; i++) {
        const edoi_h2_field *f = &h->fields[i];
        edo_header field = { .id = f->id, .flags = f->flags };
        field.name = f->id != EDO_HEADER_OTHER ? edo_header_name(f->id) : head_text(text, f->name);
        field.value = (edo_str){ text + f->value.at, f->value.n };
        err = edoi_headers_push(&s->x.req.headers, &field);
    }
    return err;
}

/* As edo_arena_alloc(), of an empty arena, whose first chunk has no room for more: a request may
 * wait for long. */
static void *head_alloc(edo_arena *arena, size_t bytes) {
    size_t usual = arena->chunk_bytes;
    arena->chunk_bytes = 1;
    void *memory = edo_arena_alloc(arena, bytes);
    arena->chunk_bytes = usual;
    return memory;
}

/* Moves what has come to the request, in one piece of its arena, with room for the fields that are
 * made of others. */
static int head_settle(edoi_h2_stream *s, head_ends *ends) {
    const edoi_h2_head *h = &s->h2->head;
    edo_request *req = &s->x.req;
    uint32_t n = h->fields_n + (h->authority.n > 0) + (h->protocol.n > 0);
    edo_header *room = head_alloc(&s->x.arena, n * sizeof *room + h->text_n);
    if (!room) return -ENOMEM;
    char *text = (char *)(room + n);
    if (h->text_n > 0) memcpy(text, h->text, h->text_n);
    req->method_name = head_text(text, h->method);
    req->target = head_text(text, h->path);
    *ends = (head_ends){ head_text(text, h->authority), head_text(text, h->protocol) };
    int err = edoi_headers_move(&req->headers, room, n);
    return err < 0 ? err : head_fill(s, text);
}

/* A client may send a cookie in pieces, each of which its compression knows (RFC 9113, 8.2.3). */
static int head_join_cookies(edoi_h2_stream *s) {
    edo_headers *h = &s->x.req.headers;
    size_t bytes = 0, n = 0;
    for (const edo_header *f = NULL; (f = edo_headers_next(h, f, EDO_HEADER_COOKIE)); n++)
        bytes += f->value.len + 2;
    if (n < 2) return 0;
    char *text = edo_arena_text(&s->x.arena, bytes);
    if (!text) return -ENOMEM;
    edo_header joined = { .name = EDO_STR("cookie"), .id = EDO_HEADER_COOKIE };
    joined.value = (edo_str){ text, bytes - 2 };
    for (const edo_header *f = NULL; (f = edo_headers_next(h, f, EDO_HEADER_COOKIE));) {
        memcpy(text, f->value.ptr, f->value.len);
        memcpy(text + f->value.len, "; ", 2);
        text += f->value.len + 2;
    }
    (void)edo_headers_remove(h, EDO_HEADER_COOKIE);
    return edoi_headers_push(h, &joined);
}

/* Is it a call of gRPC, or of gRPC-Web? */
static bool head_is_rpc(const edo_request *req) {
    edo_str type = edo_headers_get(&req->headers, EDO_HEADER_CONTENT_TYPE);
    if (req->method != EDO_METHOD_POST || !edoi_skip_nocase(&type, EDO_STR("application/grpc")))
        return false;
    if (edoi_skip_nocase(&type, EDO_STR("-web"))) (void)edoi_skip_nocase(&type, EDO_STR("-text"));
    return type.len == 0 || strchr("+; ", type.ptr[0]) != NULL;
}

/* To gRPC an authority is what the client calls its target, such as "10.0.0.1:80,10.0.0.2:80":
 * no server reads it, and its libraries refuse none. nghttp2 has refused control characters, and
 * those that no part of a URL has. */
static bool head_is_authority(const edo_request *req, edo_str text) {
    return edoi_http_host_is_valid(text) || (text.len <= OPAQUE_MAX && head_is_rpc(req));
}

/* Makes Host, which handlers read, of :authority; both have to agree. */
static int head_check_host(edo_request *req, head_ends *ends) {
    edo_headers *h = &req->headers;
    const edo_header *host = edo_headers_next(h, NULL, EDO_HEADER_HOST);
    if (host && edo_headers_next(h, host, EDO_HEADER_HOST)) return -EPROTO;
    if (host && host->value.len > 0 && !head_is_authority(req, host->value)) return -EPROTO;
    if (ends->authority.len > 0 && !head_is_authority(req, ends->authority)) return -EPROTO;
    if (ends->authority.len == 0) {
        ends->authority = host ? host->value : ends->authority;
        return 0;
    }
    if (host) return edoi_equal_nocase(host->value, ends->authority) ? 0 : -EPROTO;
    const edo_header field = { .name = EDO_STR("host"),
                               .value = ends->authority,
                               .id = EDO_HEADER_HOST };
    return edoi_headers_push(h, &field);
}

/* The number was checked by nghttp2, which also compares it with the bytes that come. */
static int64_t head_length_of(const edo_headers *h) {
    edo_str text = edo_headers_get(h, EDO_HEADER_CONTENT_LENGTH);
    int64_t n = 0;
    if (!text.ptr) return -1;
    for (size_t i = 0; i < text.len; i++) n = n * 10 + (text.ptr[i] - '0');
    return n;
}

static bool head_expects_continue(const edo_headers *h) {
    return edoi_equal_nocase(edo_headers_get(h, EDO_HEADER_EXPECT), EDO_STR("100-continue"));
}

/* An extended CONNECT is what GET with Upgrade is in HTTP/1.1: so handlers and routes see it. */
static int head_make_get(edo_request *req, edo_str protocol) {
    const edo_header upgrade = { .name = EDO_STR("upgrade"),
                                 .value = protocol,
                                 .id = EDO_HEADER_UPGRADE };
    if (req->method != EDO_METHOD_CONNECT) return -EPROTO;
    if (!edo_header_name_is_valid(protocol)) return -EPROTO; // a token
    req->method = EDO_METHOD_GET;
    req->method_name = EDO_STR("GET");
    return edoi_headers_push(&req->headers, &upgrade);
}

/* Has :path one of its forms, and bytes that HTTP/1.1 has, too? nghttp2 looks at the form with the
 * schemes that it knows only; a URL would be another host's to who reads it behind us. */
static bool head_path_is_good(const edo_request *req) {
    const edo_str path = req->target;
    if (edo_str_equal(path, EDO_STR("*"))) return req->method == EDO_METHOD_OPTIONS;
    if (path.len == 0 || path.ptr[0] != '/') return false;
    for (size_t i = 0; i < path.len; i++)
        if ((unsigned char)(path.ptr[i] - '!') > '~' - '!') return false;
    return true;
}

static int head_finish(edoi_h2_stream *s, bool is_last) {
    edo_request *req = &s->x.req;
    head_ends ends;
    if (head_settle(s, &ends) < 0) return -ENOMEM;
    if (edo_method_parse(&req->method, req->method_name) < 0) return -EPROTO;
    s->in.is_extended = ends.protocol.len > 0;
    bool is_plain_connect = req->method == EDO_METHOD_CONNECT && !s->in.is_extended;
    if (is_plain_connect) req->target = ends.authority;
    if (!is_plain_connect && !head_path_is_good(req)) return -EPROTO;
    if (s->in.is_extended && head_make_get(req, ends.protocol) < 0) return -EPROTO;
    req->version = EDO_HTTP_2;
    req->route = (edo_str){ 0 };
    req->body = NULL;
    req->arena = &s->x.arena;
    req->is_tls = edoi_http_came_by_tls(&s->x);
    req->length = is_last ? 0 : head_length_of(&req->headers);
    s->in.has_ended = is_last;
    s->in.wants_continue = !is_last && head_expects_continue(&req->headers);
    if (!s->h2->has_grpc) s->h2->has_grpc = head_is_rpc(req);
    int err = head_join_cookies(s);
    if (err == 0) err = head_check_host(req, &ends);
    uint32_t target_max = s->x.server->opts.target_bytes_max;
    if (err == 0 && target_max > 0 && req->target.len > target_max)
        s->fiber.refusal = EDO_STATUS_URI_TOO_LONG;
    if (err == 0 && s->fiber.refusal == 0 &&
        edoi_http_is_misdirected(&s->x, req->target, ends.authority))
        s->fiber.refusal = EDO_STATUS_MISDIRECTED_REQUEST;
    return err;
}

void edoi_h2_end_trailers(edoi_h2_stream *s) {
    if (!s->in.has_bad_trailers) {
        edoi_h2_end_body(s);
        return;
    }
    edo_debug("the trailers of a request of HTTP/2 are beyond the limit");
    (void)nghttp2_submit_rst_stream(s->h2->session, NGHTTP2_FLAG_NONE, s->id,
                                    NGHTTP2_PROTOCOL_ERROR);
}

void edoi_h2_end_head(edoi_h2_stream *s, bool is_last) {
    edoi_h2_conn *h2 = s->h2;
    int err = s->fiber.refusal == 0 ? head_finish(s, is_last) : 0;
    head_count(s, h2->head.list_bytes);
    if (err == 0 && !edoi_h2_guard_has_room(h2)) err = -EUSERS;
    if (err < 0) {
        (void)nghttp2_submit_rst_stream(h2->session, NGHTTP2_FLAG_NONE, s->id,
                                        err == -EPROTO ? NGHTTP2_PROTOCOL_ERROR
                                                       : NGHTTP2_REFUSED_STREAM);
        return;
    }
    s->x.conn->requests++;
    edoi_h2_guard_buy(h2, FRAMES_BOUGHT);
    edoi_h2_stream_put_fresh(s);
}
