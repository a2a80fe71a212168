/* SPDX-License-Identifier: MIT */
/* http2/stream/response.c: what a handler's response becomes: the wire of HTTP/2. */
#include "base/text/decimal.h"
#include "http/h1/trailers.h"
#include "http/headers/map.h"
#include "http/server/exchange/date.h"
#include "http/server/exchange/length.h"
#include "http2/both/block.h"
#include "http2/h2.h"

#include <edo/error.h>
#include <edo/task.h>

#include <errno.h>
#include <limits.h>
#include <string.h>

#define WHOLE_MAX 16384u /* bytes of a body that nobody waits for; it lies in memory anyway */

/* ---- Fields ---------------------------------------------------------------------------------- */

/* Is this a field of the connection, which HTTP/2 forbids, or one that the server makes? */
static bool response_is_left_out(uint16_t id) {
    return id == EDO_HEADER_CONTENT_LENGTH || id == EDO_HEADER_TRANSFER_ENCODING ||
           id == EDO_HEADER_CONNECTION || id == EDO_HEADER_KEEP_ALIVE || id == EDO_HEADER_UPGRADE ||
           id == EDO_HEADER_PROXY_CONNECTION || id == EDO_HEADER_DATE;
}

static bool response_is_secret(const edo_header *f) {
    return f->flags & EDO_HEADER_SENSITIVE || f->id == EDO_HEADER_AUTHORIZATION ||
           f->id == EDO_HEADER_PROXY_AUTHORIZATION || f->id == EDO_HEADER_COOKIE ||
           f->id == EDO_HEADER_SET_COOKIE;
}

#define OWN_FIELDS    4u /* :status, date, server, content-length */
#define FIELDS_PLACED 12u
#define LINE_BYTES    4u /* that a field counts beside its texts, as in HTTP/1.1 */

/* A list of fields that is made for nghttp2, which copies their texts, and makes names small that a
 * handler has set with capitals. */
typedef struct response_list {
    nghttp2_nv *nv;
    size_t n, bytes;
    char status[8]; /* what the printer writes */
    char length[EDOI_HTTP_LENGTH_TEXT];
    nghttp2_nv placed[FIELDS_PLACED];
} response_list;

static void list_put(response_list *l, edo_str name, edo_str value, uint8_t flags) {
    l->nv[l->n++] = (nghttp2_nv){ (uint8_t *)(uintptr_t)name.ptr, (uint8_t *)(uintptr_t)value.ptr,
                                  name.len, value.len, flags };
    l->bytes += name.len + value.len + LINE_BYTES;
}

/* Puts a field whose name is a constant. */
static void list_put_own(response_list *l, edo_str name, edo_str value) {
    list_put(l, name, value, NGHTTP2_NV_FLAG_NO_COPY_NAME);
}

static void list_put_field(response_list *l, const edo_header *f) {
    uint8_t flags = response_is_secret(f) ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE;
    if (f->id == EDO_HEADER_OTHER)
        list_put(l, f->name, f->value, flags);
    else
        list_put(l, edo_header_name(f->id), f->value, flags | NGHTTP2_NV_FLAG_NO_COPY_NAME);
}

/* A list that stays as long as the stream. */
static int list_begin_kept(edoi_http_exchange *x, response_list *l, const edo_headers *h) {
    l->n = l->bytes = 0;
    l->nv = edo_arena_alloc(&x->arena, (edo_headers_count(h) + OWN_FIELDS) * sizeof *l->nv);
    return l->nv ? 0 : -ENOMEM;
}

static int list_begin(edoi_http_exchange *x, response_list *l, const edo_headers *h) {
    if (edo_headers_count(h) + OWN_FIELDS > FIELDS_PLACED) return list_begin_kept(x, l, h);
    l->n = l->bytes = 0;
    l->nv = l->placed;
    return 0;
}

static void list_put_status(response_list *l, edo_status status) {
    (void)edoi_decimal_print_fixed(l->status, (uint64_t)status, 3);
    list_put_own(l, EDO_STR(":status"), (edo_str){ l->status, 3 });
}

static void list_put_headers(response_list *l, const edo_headers *h) {
    const edo_header *f = h->fields;
    for (uint32_t i = h->n; i > 0; i--, f++)
        if (!response_is_left_out(f->id)) list_put_field(l, f);
}

static int list_put_length(edoi_http_exchange *x, response_list *l, edoi_framing framing,
                           uint64_t length) {
    edo_str text;
    int err = edoi_http_length_text(x, framing, length, l->length, &text);
    if (err == 0 && text.len > 0) list_put_own(l, EDO_STR("content-length"), text);
    return err;
}

static void list_put_server(const edoi_http_exchange *x, response_list *l) {
    const edo_http_server_opts *o = &x->server->opts;
    if (o->server_name) list_put_own(l, EDO_STR("server"), edo_str_of(o->server_name));
    if (o->no_date) return;
    edo_str date = { edoi_http_date_line() + EDOI_DATE_PREFIX,
                     EDOI_DATE_BYTES - EDOI_DATE_PREFIX - 2 };
    list_put_own(l, EDO_STR("date"), date);
}

static int list_end(const edoi_http_exchange *x, const response_list *l) {
    size_t most = x->server->opts.response_head_bytes_max;
    if (l->bytes > most)
        return edo_fail(-EMSGSIZE, "the head of the response is larger than %zu bytes", most);
    if (!edoi_h2_block_fits(l->n, l->bytes - LINE_BYTES * l->n))
        return edo_fail(-EMSGSIZE, "the fields are larger than the 64 KiB of HTTP/2");
    return 0;
}

/* ---- The head -------------------------------------------------------------------------------- */

static int response_code(int rv) {
    if (rv == 0) return 0;
    return rv == NGHTTP2_ERR_NOMEM ? -ENOMEM : -ECONNRESET;
}

/* Is no response possible any more? Called with the lock held. */
static bool response_is_cut(const edoi_h2_stream *s) {
    return !s->in_session || s->is_reset;
}

/* A client that has asked for a tunnel takes each 2xx for one: a handler that has made none has
 * not understood the request. */
static edo_status response_status(const edoi_http_exchange *x) {
    bool is_tunnel = edoi_h2_of(x)->in.is_extended;
    bool is_granted = x->res.status >= 200 && x->res.status < 300;
    return is_tunnel && is_granted && !x->upgraded ? EDO_STATUS_NOT_IMPLEMENTED : x->res.status;
}

static int response_submit(edoi_h2_stream *s, const response_list *l, bool has_body) {
    const nghttp2_data_provider body = { .source = { .ptr = s },
                                         .read_callback = edoi_h2_next_data };
    edoi_h2_lock(s->h2);
    s->in.wants_continue = false; // it says what became of the request
    s->out.has_ended = !has_body;
    s->out.is_deferred = false;
    if (has_body && s->x.reply.sends_whole && !s->x.reply.is_remade) {
        s->out.whole = s->x.reply.whole;
        s->out.has_ended = true;
    }
    int err = -ECONNRESET;
    if (!response_is_cut(s))
        err = response_code(
            nghttp2_submit_response(s->h2->session, s->id, l->nv, l->n, has_body ? &body : NULL));
    edoi_h2_unlock_and_kick(s->h2);
    return err;
}

static int response_send_head(edoi_http_exchange *x, edoi_framing framing, uint64_t length) {
    edoi_h2_stream *s = edoi_h2_of(x);
    response_list l;
    // a stream of no bytes may have trailers behind it
    bool may_trail = x->reply.trailers && !x->reply.sends_whole;
    bool has_body = framing == EDOI_FRAMING_CHUNKED ||
                    (framing == EDOI_FRAMING_LENGTH && (length > 0 || may_trail));
    int err = list_begin(x, &l, &x->res.headers);
    x->res.status = response_status(x);
    if (err == 0) list_put_status(&l, x->res.status);
    if (err == 0) list_put_headers(&l, &x->res.headers);
    if (err == 0) err = list_put_length(x, &l, framing, length);
    if (err == 0) list_put_server(x, &l);
    if (err == 0) err = list_end(x, &l);
    return err < 0 ? err : response_submit(s, &l, has_body);
}

static int response_send_informational(edoi_http_exchange *x, edo_status status) {
    edoi_h2_stream *s = edoi_h2_of(x);
    response_list l;
    int err = list_begin(x, &l, &x->res.headers);
    if (err == 0) list_put_status(&l, status);
    if (err == 0) list_put_headers(&l, &x->res.headers);
    if (err == 0) err = list_end(x, &l);
    if (err < 0) return err;
    edoi_h2_lock(s->h2);
    err = -ECONNRESET;
    if (!response_is_cut(s)) {
        int32_t rv =
            nghttp2_submit_headers(s->h2->session, NGHTTP2_FLAG_NONE, s->id, NULL, l.nv, l.n, NULL);
        err = response_code(rv < 0 ? rv : 0);
    }
    edoi_h2_unlock_and_kick(s->h2);
    return err;
}

void edoi_h2_refuse(edoi_h2_stream *s) {
    edoi_http_exchange *x = &s->x;
    response_list l;
    int err = list_begin(x, &l, &x->res.headers);
    if (err == 0) list_put_status(&l, s->fiber.refusal);
    s->out.has_ended = true;
    if (err == 0 && s->in_session &&
        nghttp2_submit_response(s->h2->session, s->id, l.nv, l.n, NULL) == 0)
        return;
    (void)nghttp2_submit_rst_stream(s->h2->session, NGHTTP2_FLAG_NONE, s->id,
                                    NGHTTP2_INTERNAL_ERROR);
}

/* ---- The body -------------------------------------------------------------------------------- */

/* Lets the session ask again for bytes. Called with the lock held. */
static void response_resume(edoi_h2_stream *s) {
    if (!s->out.is_deferred || !s->in_session) return;
    s->out.is_deferred = false;
    (void)nghttp2_session_resume_data(s->h2->session, s->id);
}

/* A hook may have made the bytes, and free them when the response is over: so they are copied. */
static int response_write_whole(edoi_http_exchange *x, edo_str whole) {
    int err = 0;
    x->reply.left = whole.len;
    x->reply.written = 0;
    while (err == 0 && whole.len > 0) {
        size_t n = whole.len < INT_MAX ? whole.len : INT_MAX;
        err = edo_write_all(&x->reply.stream, whole.ptr, n);
        whole.ptr += n;
        whole.len -= n;
    }
    return err;
}

static int response_begin_body(edoi_http_exchange *x) {
    (void)x;
    return 0;
}

/* Makes the list of trailers, which the session sends behind the last byte. */
static int response_make_tail(edoi_http_exchange *x, response_list *l) {
    const edo_header *f;
    l->n = 0;
    if (!x->reply.trailers || edoi_h2_of(x)->out.has_ended) return 0;
    int err = list_begin_kept(x, l, x->reply.trailers);
    for (size_t i = 0; err == 0 && (f = edo_headers_at(x->reply.trailers, i)); i++)
        if (!edoi_trailer_is_forbidden(f)) list_put_field(l, f);
    return err < 0 ? err : list_end(x, l);
}

int edoi_h2_end_output(edoi_h2_stream *s) {
    edoi_h2_lock(s->h2);
    s->out.has_ended = true;
    int err = s->is_reset ? -ECONNRESET : 0;
    response_resume(s);
    edoi_h2_unlock_and_kick(s->h2);
    return err;
}

static int response_end_body(edoi_http_exchange *x) {
    edoi_h2_stream *s = edoi_h2_of(x);
    response_list l;
    int err = response_make_tail(x, &l);
    if (err < 0) return err;
    if (l.n > 0) { // then the output has not ended, and the session does not look at it
        s->out.tail = l.nv;
        s->out.tail_n = (uint32_t)l.n;
    }
    return edoi_h2_end_output(s);
}

/* Trailers, where they were asked for, keep the last byte from being the end. */
static int response_write_and_end(edoi_http_exchange *x, edo_str whole) {
    int err = response_write_whole(x, whole);
    return err < 0 || !x->reply.trailers ? err : response_end_body(x);
}

static int response_send_whole(edoi_http_exchange *x, edo_str whole) {
    if (x->reply.is_remade || !x->reply.sends_whole) return response_write_and_end(x, whole);
    if (whole.len <= WHOLE_MAX) return 0; // response_submit() has left it to the session
    return edo_flush(&x->reply.stream);
}

static void response_break_off(edoi_http_exchange *x) {
    edoi_h2_stream *s = edoi_h2_of(x);
    edoi_h2_lock(s->h2);
    if (s->in_session)
        (void)nghttp2_submit_rst_stream(s->h2->session, NGHTTP2_FLAG_NONE, s->id,
                                        NGHTTP2_INTERNAL_ERROR);
    edoi_h2_unlock_and_kick(s->h2);
}

/* ---- The request's body ---------------------------------------------------------------------- */

static edo_stream *response_request_body(edoi_http_exchange *x) {
    return &edoi_h2_of(x)->in.body;
}

static int response_body_failure(const edoi_http_exchange *x) {
    return edoi_h2_of(x)->in.failed;
}

static uint64_t response_body_taken(const edoi_http_exchange *x) {
    return edoi_h2_of(x)->in.taken;
}

static const edo_headers *response_request_trailers(edoi_http_exchange *x) {
    static const edo_headers none;
    edoi_h2_stream *s = edoi_h2_of(x);
    edoi_h2_lock(s->h2);
    bool is_over = s->in.has_ended && s->in.queue.bytes == 0 && s->in.failed == 0;
    edoi_h2_unlock(s->h2);
    if (!is_over) return NULL;
    return s->in.trailers ? s->in.trailers : &none;
}

static bool response_skip_body(edoi_http_exchange *x) {
    (void)x; // what is left is dropped with the stream
    return true;
}

static bool response_is_lost(const edoi_http_exchange *x) {
    edoi_h2_stream *s = edoi_h2_of(x);
    edoi_h2_lock(s->h2);
    bool is_lost = s->is_reset;
    edoi_h2_unlock(s->h2);
    return is_lost;
}

static edo_ext *response_conn_ext(edoi_http_exchange *x) {
    return &x->req.ext;
}

static void response_lift_limits(edoi_http_exchange *x) {
    edoi_h2_of(x)->fiber.is_unlimited = true;
}

/* A client is asked for its body when the response begins, as it is when that is read. */
static int response_invite(edoi_http_exchange *x) {
    edoi_h2_stream *s = edoi_h2_of(x);
    edoi_h2_lock(s->h2); // the body may be read by another task
    bool wants_continue = s->in.wants_continue;
    s->in.wants_continue = false;
    edoi_h2_unlock(s->h2);
    return wants_continue ? response_send_informational(x, EDO_STATUS_CONTINUE) : 0;
}

/* ---- The table ------------------------------------------------------------------------------- */

const edoi_http_wire edoi_h2_wire = { .body = response_request_body,
                                      .body_failure = response_body_failure,
                                      .body_taken = response_body_taken,
                                      .trailers = response_request_trailers,
                                      .skip_body = response_skip_body,
                                      .is_lost = response_is_lost,
                                      .conn_ext = response_conn_ext,
                                      .lift_limits = response_lift_limits,
                                      .reply = &edoi_h2_reply_ops,
                                      .invite = response_invite,
                                      .send_informational = response_send_informational,
                                      .send_head = response_send_head,
                                      .send_whole = response_send_whole,
                                      .send_file = edoi_h2_send_file,
                                      .begin_body = response_begin_body,
                                      .put_rest = edoi_h2_put_rest,
                                      .end_body = response_end_body,
                                      .break_off = response_break_off,
                                      .upgrade = edoi_h2_upgrade,
                                      .upgrade_raw = edoi_h2_upgrade_raw,
                                      .response_raw = edoi_h2_response_raw,
                                      .detach = edoi_h2_detach };
