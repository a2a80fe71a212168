/* SPDX-License-Identifier: MIT */
/* http2/client/call/head.c: makes responses of the fields that the session has decompressed.
 * nghttp2 has checked them: names are in lower case and values without control characters, pseudo
 * fields come first and once, and there is no field of the connection. */
#include "http/headers/map.h"
#include "http2/both/block.h"
#include "http2/client/client.h"

#include <errno.h>

#define EARLY_MAX 1000u /* informational responses of a call */

/* Resets one stream. */
#define BAD_STREAM NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE

void edoi_h2_early_free(edoi_h2_early *first) {
    for (edoi_h2_early *e = first, *next; e; e = next) {
        next = e->next;
        edo_headers_deinit(&e->res.headers);
        edo_ext_deinit(&e->res.ext);
        edo_rc_unref(e);
    }
}

/* ---- Limits ---------------------------------------------------------------------------------- */

static void call_is_too_long(edoi_h2_call *k, const char *why) {
    edoi_h2_call_refuse(k, NGHTTP2_CANCEL, -EDO_ETOOLONG, why);
    k->head.into = NULL;
}

/* Counts a field. A few bytes can stand for many fields: so there is an end to what is
 * decompressed, too. */
static void call_count_field(edoi_h2_call *k, size_t bytes) {
    const edo_http2_opts *o = &k->conn->opts;
    k->head.fields_n++;
    k->head.list_bytes += (uint32_t)bytes + EDOI_H2_FIELD_BYTES;
    if (k->head.list_bytes > EDOI_H2_LISTS_MAX * o->header_list_max)
        edoi_http2_guard_end(k->conn, NGHTTP2_ENHANCE_YOUR_CALM, "fields without end");
    if (k->head.list_bytes > o->header_list_max)
        call_is_too_long(k, "the fields of the response are longer than header_list_max");
    else if (k->head.fields_n > o->headers_max)
        call_is_too_long(k, "the fields of the response are more than headers_max");
}

static int call_lacks_memory(edoi_h2_call *k) {
    edoi_h2_call_fail(k, -ENOMEM, NULL);
    return BAD_STREAM;
}

/* ---- Fields ---------------------------------------------------------------------------------- */

int edoi_h2_call_on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *c) {
    edoi_h2_call *k = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    (void)c;
    if (!k) return 0;
    bool has_head = edoi_h2_call_has_head(k);
    k->head.into = has_head ? &k->in.tail : NULL; // the status says which map it is
    k->head.fields_n = 0;
    k->head.list_bytes = has_head ? 0 : k->head.early_bytes;
    return 0;
}

static int call_begin_early(edoi_h2_call *k, edo_status status) {
    if (++k->head.early_n > EARLY_MAX) call_is_too_long(k, "too many informational responses");
    k->head.has_continue |= status == EDO_STATUS_CONTINUE;
    if (!k->asked.informational || k->end.failed < 0 || !edoi_h2_call_is_kept(k)) return 0;
    edoi_h2_early *e = edo_rc_new(sizeof *e, NULL);
    if (!e) return call_lacks_memory(k);
    *e = (edoi_h2_early){ .res = { .status = status, .version = EDO_HTTP_2 } };
    e->res.edoi_ops = k->res.edoi_ops;
    e->res.body = &k->stream;
    edo_headers_init(&e->res.headers);
    *k->head.early_end = e;
    k->head.early_end = &e->next;
    k->head.into = &e->res.headers;
    return 0;
}

/* nghttp2 has seen that there are three digits. */
static int call_on_status(edoi_h2_call *k, const uint8_t *digits) {
    int n = (digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0');
    edo_status status = (edo_status)n;
    k->res.status = status;
    if (status < 100) { // which nghttp2 lets pass
        edoi_h2_call_refuse(k, NGHTTP2_PROTOCOL_ERROR, -EPROTO, "the status is none");
        return 0;
    }
    if (status < 200) return call_begin_early(k, status);
    k->head.into = &k->res.headers;
    return 0;
}

static int call_copy_text(edoi_h2_call *k, const uint8_t *bytes, size_t n, edo_str *out) {
    char *copy = edo_arena_text(&k->head.arena, n);
    if (!copy) return -ENOMEM;
    if (n > 0) memcpy(copy, bytes, n);
    *out = (edo_str){ copy, n };
    return 0;
}

static int call_add_field(edoi_h2_call *k, edo_str name, edo_str value, uint8_t flags) {
    edo_header field = { .id = (uint16_t)edo_header_id_of(name) };
    int err = 0;
    field.flags = flags & NGHTTP2_NV_FLAG_NO_INDEX ? EDO_HEADER_SENSITIVE : 0;
    field.name = edo_header_name(field.id);
    if (field.id == EDO_HEADER_OTHER)
        err = call_copy_text(k, (const uint8_t *)name.ptr, name.len, &field.name);
    if (err == 0) err = call_copy_text(k, (const uint8_t *)value.ptr, value.len, &field.value);
    return err == 0 ? edoi_headers_push(k->head.into, &field) : err;
}

int edoi_h2_call_on_header(nghttp2_session *session, const nghttp2_frame *frame,
                           const uint8_t *name, size_t name_n, const uint8_t *value, size_t value_n,
                           uint8_t flags, void *c) {
    edoi_h2_call *k = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    (void)c;
    if (!k) return 0;
    call_count_field(k, name_n + value_n);
    if (k->end.failed < 0 || !edoi_h2_call_is_kept(k)) return 0;
    if (name_n > 0 && name[0] == ':')
        return edoi_h2_call_has_head(k) ? 0 : call_on_status(k, value);
    if (!k->head.into) return 0;
    edo_str n = { (const char *)name, name_n }, v = { (const char *)value, value_n };
    return call_add_field(k, n, v, flags) == 0 ? 0 : call_lacks_memory(k);
}

/* ---- The end of a head ----------------------------------------------------------------------- */

/* The number was checked by nghttp2, which also compares it with the bytes that come. */
static int64_t call_length_of(const edoi_h2_call *k, bool is_last) {
    edo_str text = edo_headers_get(&k->res.headers, EDO_HEADER_CONTENT_LENGTH);
    bool is_of_get = k->asked.method == EDO_METHOD_HEAD || k->res.status == EDO_STATUS_NOT_MODIFIED;
    int64_t n = 0;
    if (is_last && !is_of_get) return 0;
    if (!text.ptr) return -1;
    for (size_t i = 0; i < text.len; i++) n = n * 10 + (text.ptr[i] - '0');
    return n;
}

static void call_end_final(edoi_h2_call *k, bool is_last) {
    edoi_h2_call_on_final(k);
    k->res.headers.arena = NULL; // the caller may change the map while trailers come
    k->res.reason = edo_status_reason(k->res.status);
    k->res.length = call_length_of(k, is_last);
    k->res.is_upgraded =
        k->asked.method == EDO_METHOD_CONNECT && edo_status_class(k->res.status) == 2 && !is_last;
    if (k->res.is_upgraded) k->out.can_write = true;
}

void edoi_h2_call_end_head(edoi_h2_call *k, bool is_last) {
    if (k->end.failed < 0) return;
    bool has_head = edoi_h2_call_has_head(k);
    bool is_early = !has_head && k->res.status < 200;
    if (is_early) k->head.early_bytes = k->head.list_bytes;
    if (!is_early && !has_head) call_end_final(k, is_last);
    if (is_last) edoi_h2_call_end_input(k);
    edoi_h2_call_wake_reader(k);
}
