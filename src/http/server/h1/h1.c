/* SPDX-License-Identifier: MIT */
/* http/server/h1/h1.c: see h1.h. */
#include "http/server/h1/h1.h"

#include "base/assert.h"

#include "http/server/h1/response_head.h"
#include "net/tcp/taken.h"

#include <edo/scope.h>
#include <edo/streams.h>

#include <errno.h>

/* ---- The request's body ---------------------------------------------------------------------- */

static edo_stream *h1_body(edoi_http_exchange *x) {
    return &x->h1->body.base.stream;
}

static int h1_body_failure(const edoi_http_exchange *x) {
    return x->h1->body.base.failed;
}

static uint64_t h1_body_taken(const edoi_http_exchange *x) {
    return x->h1->body.base.taken;
}

static const edo_headers *h1_trailers(edoi_http_exchange *x) {
    edoi_body *b = &x->h1->body.base;
    return b->is_over && b->failed == 0 ? &b->trailers : NULL;
}

static bool h1_skip_body(edoi_http_exchange *x) {
    return edoi_request_body_skip(&x->h1->body);
}

static bool h1_is_lost(const edoi_http_exchange *x) {
    // an end within the body, which a read may meet before the state machine does
    bool ends_early = x->h1->body.base.failed == -EDO_EEOF && !x->server->opts.half_close;
    return edoi_load_rlx_u32(&x->h1->out.is_lost) || x->h1->in.is_lost || // relaxed: a flag
           ends_early || edoi_http_has_left(x);
}

static edo_ext *h1_conn_ext(edoi_http_exchange *x) {
    return &x->conn->ext;
}

/* ---- The response ---------------------------------------------------------------------------- */

#define BODY_WAIT_S 1

/* Sends "100 Continue" to a client that waits for it, before the final head: later none is sent,
 * and the client would wait on. The head waits until the body begins to arrive, since HAProxy 2.6
 * takes a final response that it reads together with a 100 for one without a body. */
static int h1_invite(edoi_http_exchange *x) {
    edoi_h1_side *h1 = x->h1;
    if (!h1->body.wants_continue) return 0;
    edoi_output_take_back(&h1->out);
    int err = edoi_request_body_may_invite(&h1->body, &h1->out) ? 0 : edoi_output_flush(&h1->out);
    if (err < 0) return err;
    edoi_request_body_invite(&h1->body);
    err = edoi_output_flush(&h1->out);
    if (err < 0 || h1->in.begin < h1->in.end) return err;
    edo_io_ready_future input;
    err = edo_timeout(edo_io_ready_init(&input, x->conn->stream, EDO_IO_READ), edo_s(BODY_WAIT_S));
    return err == -ECANCELED ? err : 0; // without the body, too, the head goes out
}

static int h1_send_informational(edoi_http_exchange *x, edo_status status) {
    if (x->req.version < EDO_HTTP_11) return 0;
    edoi_output_take_back(&x->h1->out);
    int err = edoi_http_print_informational(x, status, &x->res.headers);
    return err < 0 ? err : edoi_output_flush(&x->h1->out);
}

static int h1_send_head(edoi_http_exchange *x, edoi_framing framing, uint64_t length) {
    edoi_output_take_back(&x->h1->out);
    return edoi_http_print_head(x, framing, length);
}

static int h1_send_whole(edoi_http_exchange *x, edo_str whole) {
    return edoi_output_send(&x->h1->out, whole.ptr, whole.len);
}

static int h1_send_file(edoi_http_exchange *x, edo_stream *file, uint64_t offset, uint64_t n) {
    return edoi_output_sendfile(&x->h1->out, file, offset, n);
}

static int h1_begin_body(edoi_http_exchange *x) {
    edoi_h1_side *h1 = x->h1;
    // from here on reads of the body leave the output alone: another task may read it
    if (!h1->body.base.is_over) return edoi_output_flush(&h1->out);
    return edoi_output_lend(&h1->out); // the handler may wait before it writes
}

static int h1_end_body(edoi_http_exchange *x) {
    return x->reply.framing == EDOI_FRAMING_CHUNKED ? edoi_h1_end_chunks(x) : 0;
}

#define BREAK_OFF_S 2 /* s: how long earlier responses have to arrive */

/* Ends the connection by a reset, so that the client does not take a part of the response for the
 * whole; over TLS without close_notify, which would say that it is; in memory only where nothing
 * else tells it. Waits before that until responses to earlier requests have arrived. */
static void h1_break_off(edoi_http_exchange *x) {
    edo_stream *socket = edoi_http_socket(x->conn);
    EDO_DEADLINE(limit, edo_s(BREAK_OFF_S));
    if (edoi_output_flush(&x->h1->out) == 0 && edo_flush(x->conn->stream) == 0)
        (void)edoi_tcp_await_taken(socket); // a reset discards the rest
    (void)edo_deadline_end(&limit, 0);
    x->h1->out.begin = x->h1->out.end = 0;
    (void)edo_tcp_set_reset_on_close(socket, true);
    if (x->reply.framing == EDOI_FRAMING_CLOSE) (void)edo_duplex_reset(socket);
    if (socket != x->conn->stream) edo_close(edo_stream_ref(socket));
}

const edoi_http_wire edoi_h1_wire = { .body = h1_body,
                                      .body_failure = h1_body_failure,
                                      .body_taken = h1_body_taken,
                                      .trailers = h1_trailers,
                                      .skip_body = h1_skip_body,
                                      .is_lost = h1_is_lost,
                                      .conn_ext = h1_conn_ext,
                                      .reply = &edoi_h1_reply_ops,
                                      .invite = h1_invite,
                                      .send_informational = h1_send_informational,
                                      .send_head = h1_send_head,
                                      .send_whole = h1_send_whole,
                                      .send_file = h1_send_file,
                                      .begin_body = h1_begin_body,
                                      .end_body = h1_end_body,
                                      .break_off = h1_break_off,
                                      .upgrade = edoi_h1_upgrade,
                                      .upgrade_raw = edoi_h1_upgrade_raw,
                                      .response_raw = edoi_h1_response_raw,
                                      .detach = edoi_h1_detach };

/* ---- The pool -------------------------------------------------------------------------------- */

static int h1_construct(void *arg, void *object) {
    (void)arg;
    edoi_h1_exchange *e = object;
    edoi_http_exchange_construct(&e->x);
    e->x.wire = &edoi_h1_wire;
    e->x.h1 = &e->h1;
    e->x.room = &e->h1.response_room;
    e->h1.x = &e->x;
    return 0;
}

int edoi_h1_exchanges_new(edo_slab **out) {
    return edoi_http_exchanges_new(out, sizeof(edoi_h1_exchange), "HTTP exchanges", h1_construct);
}

void edoi_h1_exchange_init(edoi_http_exchange *x, edoi_http_conn *c) {
    const edo_http_server_opts *o = &c->server->opts;
    edoi_h1_side *h1 = x->h1;
    x->conn = c;
    x->server = c->server;
    x->broken = false;
    x->upgraded = false;
    h1->half = NULL;
    edoi_output_begin(&h1->out, &c->lease, c->stream);
    edoi_stall_begin(&h1->out.stall, o->write_timeout, o->rate_min, o->rate_grace);
    edoi_input_init(&h1->in, c->stream);
}

void edoi_h1_exchange_deinit(edoi_http_exchange *x) {
    EDO_ASSERT(!x->h1->half); // a half has bytes of a head, which is read on
    edoi_input_deinit(&x->h1->in);
    edoi_http_exchange_trim(x);
}
