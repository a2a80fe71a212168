/* SPDX-License-Identifier: MIT */
/* h2_client_plan.h: what happens in a model of a client's connection of HTTP/2: its socket, and a
 * session that knows no frames. */
#ifndef EDOI_MODEL_H2_CLIENT_PLAN_H
#define EDOI_MODEL_H2_CLIENT_PLAN_H

#include "model.h"

#include "base/atomic.h"
#include "http2/client/client.h"

#include <errno.h>
#include <stdlib.h>

#define STREAMS_MAX 2u
#define SCRIPT_MAX  6u

/* ---- What a model is ------------------------------------------------------------------------- */

/* What the server does. */
typedef enum event {
    NOTHING,
    ONE_STREAM, /* its SETTINGS: one stream at once, and tunnels */
    RESPONSE,   /* the head and the end of a response, to the oldest request without one */
    PIECE,      /* a byte of the body of the first one, with its head */
    RESET,      /* of the first stream */
    GOAWAY,
    READS, /* takes what its socket has not taken yet */
    LEAVES,
} event;

static struct {
    event script[SCRIPT_MAX];
    bool is_clogged; /* the socket takes nothing until READS */
    bool cancels;    /* waits for a stream are cut short */
} plan;

static edo_atomic_u32 arrived;  /* events that the connection may read */
static edo_atomic_u32 asked_n;  /* requests that the server has */
static edo_atomic_u32 opened_n; /* windows that the server has seen to open */
static edo_atomic_u32 reads;    /* the server takes what comes */
static edo_atomic_u32 is_over;  /* the connection's task has ended */
static edo_atomic_u32 rung;     /* that task is to be polled */
static uint32_t taken;          /* events that it has read */
static uint32_t conns;          /* that are there */

static void ring(void) {
    (void)edoi_swap_acqrel_u32(&rung, 1);
}

/* ---- A session without frames ---------------------------------------------------------------- */

typedef struct session_stream {
    edoi_h2_call *call; /* NULL: the session does not know it */
    bool has_gone;      /* its request */
    bool resets, is_deferred;
    bool has_output; /* bytes, or their end, may follow */
    bool has_response;
} session_stream;

struct nghttp2_session {
    edo_http2 *c;
    session_stream streams[STREAMS_MAX];
    uint32_t streams_n, most;
    bool has_said_goodbye, has_heard_goodbye;
    bool has_frames; /* of the connection */
    bool opens;      /* among them one that opens a window */
};

int edoi_http2_session_new(edo_http2 *c) {
    c->session = calloc(1, sizeof *c->session);
    c->session->c = c;
    c->session->most = STREAMS_MAX;
    return 0;
}

void nghttp2_session_del(nghttp2_session *session) {
    free(session);
}

static void session_close(session_stream *at, uint32_t code) {
    edoi_h2_call *k = at->call;
    at->call = NULL;
    edoi_h2_call_close(k, code, false);
}

/* As call_end_final(). */
static void session_put_head(edoi_h2_call *k) {
    if (!edoi_h2_call_has_head(k) && k->end.failed == 0) edoi_h2_call_on_final(k);
}

static void session_respond(session_stream *at) {
    at->has_response = true;
    session_put_head(at->call);
    edoi_h2_call_end_input(at->call);
    edoi_h2_call_wake_reader(at->call);
    if (!at->has_output) session_close(at, NGHTTP2_NO_ERROR);
}

static void session_on_piece(nghttp2_session *session) {
    session_stream *at = &session->streams[0];
    if (!at->call) return;
    session_put_head(at->call);
    MODEL_CHECK(edoi_h2_call_on_data(session, 0, 0, (const uint8_t *)"x", 1, session->c) == 0);
}

static void session_on_response(nghttp2_session *session) {
    for (uint32_t i = 0; i < session->streams_n; i++) {
        session_stream *at = &session->streams[i];
        if (!at->call || !at->has_gone || at->has_response) continue;
        session_respond(at);
        return;
    }
}

static void session_on_reset(session_stream *at) {
    if (!at->call) return;
    at->call->end.error = NGHTTP2_CANCEL;
    session_close(at, NGHTTP2_CANCEL);
}

ssize_t nghttp2_session_mem_recv(nghttp2_session *session, const uint8_t *bytes, size_t n) {
    (void)bytes;
    switch (plan.script[taken++]) {
    case ONE_STREAM:
        session->most = 1;
        session->c->has_settings = true;
        break;
    case RESPONSE: session_on_response(session); break;
    case PIECE: session_on_piece(session); break;
    case RESET: session_on_reset(&session->streams[0]); break;
    case GOAWAY: // as client_on_goaway()
        session->has_heard_goodbye = session->c->is_going = true;
        session->c->goaway = NGHTTP2_NO_ERROR;
        break;
    case READS: break;
    case NOTHING:
    case LEAVES: MODEL_CHECK(false); break;
    }
    return (ssize_t)n;
}

static bool session_has_streams(const nghttp2_session *session) {
    for (uint32_t i = 0; i < session->streams_n; i++)
        if (session->streams[i].call) return true;
    return false;
}

static bool session_has_more(const session_stream *at) {
    return at->call && (!at->has_gone || at->resets || (at->has_output && !at->is_deferred));
}

int nghttp2_session_want_write(nghttp2_session *session) {
    bool has_more = session->has_frames;
    for (uint32_t i = 0; i < session->streams_n; i++)
        has_more |= session_has_more(&session->streams[i]);
    return has_more;
}

int nghttp2_session_want_read(nghttp2_session *session) {
    if (session->has_said_goodbye && !session->has_frames) return 0;
    return session_has_streams(session) || !session->has_heard_goodbye;
}

uint32_t nghttp2_session_get_remote_settings(nghttp2_session *session, nghttp2_settings_id id) {
    return id == NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL ? 1 : session->most;
}

int32_t nghttp2_submit_request(nghttp2_session *session, const nghttp2_priority_spec *spec,
                               const nghttp2_nv *nv, size_t n, const nghttp2_data_provider *body,
                               void *call) {
    (void)spec, (void)nv, (void)n;
    MODEL_CHECK(session->streams_n < STREAMS_MAX);
    session_stream *at = &session->streams[session->streams_n];
    *at = (session_stream){ .call = call, .has_output = body != NULL };
    return (int32_t)session->streams_n++;
}

int nghttp2_submit_rst_stream(nghttp2_session *session, uint8_t flags, int32_t id, uint32_t code) {
    (void)flags, (void)code;
    MODEL_CHECK(session->streams[id].call);
    session->streams[id].resets = true;
    return 0;
}

int nghttp2_submit_ping(nghttp2_session *session, uint8_t flags, const uint8_t *data) {
    (void)flags, (void)data;
    session->has_frames = true;
    return 0;
}

int nghttp2_session_terminate_session(nghttp2_session *session, uint32_t code) {
    (void)code;
    session->has_said_goodbye = session->has_frames = true;
    return 0;
}

int nghttp2_session_consume_connection(nghttp2_session *session, size_t n) {
    (void)n;
    session->has_frames = session->opens = true;
    return 0;
}

int nghttp2_session_consume(nghttp2_session *session, int32_t id, size_t n) {
    (void)id;
    return nghttp2_session_consume_connection(session, n);
}

int nghttp2_session_resume_data(nghttp2_session *session, int32_t id) {
    session->streams[id].is_deferred = false;
    return 0;
}

void *nghttp2_session_get_stream_user_data(nghttp2_session *session, int32_t id) {
    return session->streams[id].call;
}

int nghttp2_submit_trailer(nghttp2_session *session, int32_t id, const nghttp2_nv *nv, size_t n) {
    (void)session, (void)id, (void)nv, (void)n;
    return -1;
}

const char *nghttp2_strerror(int code) {
    (void)code;
    return "";
}

const char *nghttp2_http2_strerror(uint32_t code) {
    (void)code;
    return "";
}

/* ---- One write ------------------------------------------------------------------------------- */

static edoi_h2_out out;

edoi_h2_out *edoi_h2_out_here(void) {
    return &out;
}

void edoi_h2_out_begin(edoi_h2_out *o) {
    o->vecs_n = o->pinned_n = 0;
    o->spent = NULL;
}

bool edoi_h2_out_is_full(const edoi_h2_out *o) {
    (void)o;
    return false;
}

bool edoi_h2_out_data(edoi_h2_out *o, const void *head, edo_str piece, void *holder) {
    (void)head;
    if (piece.len == 0) return false;
    o->vecs[o->vecs_n++] = (struct iovec){ (void *)(uintptr_t)piece.ptr, piece.len };
    o->pinned[o->pinned_n++] = holder;
    return true;
}

static void session_send_data(nghttp2_session *session, session_stream *at) {
    uint32_t flags = 0;
    nghttp2_data_source source = { .ptr = at->call };
    ssize_t n =
        edoi_h2_call_next_data(session, at->call->life.id, NULL, 16384, &flags, &source, NULL);
    at->is_deferred = n == NGHTTP2_ERR_DEFERRED;
    if (at->is_deferred) return;
    MODEL_CHECK(n >= 0 &&
                edoi_h2_call_send_data(session, NULL, NULL, (size_t)n, &source, session->c) == 0);
    at->has_output = !(flags & NGHTTP2_DATA_FLAG_EOF);
    if (!at->has_output && at->has_response) session_close(at, NGHTTP2_NO_ERROR);
}

static void session_send_request(nghttp2_session *session, session_stream *at) {
    if (session->has_heard_goodbye) { // nghttp2 does not send it
        session_close(at, NGHTTP2_REFUSED_STREAM);
        return;
    }
    at->has_gone = true;
    edoi_h2_call_on_sent(at->call);
    (void)edoi_add_acqrel_u32(&asked_n, 1);
}

/* All that there is goes into one write. */
int edoi_h2_out_gather(edoi_h2_out *o, nghttp2_session *session) {
    static char frame[] = "x";
    if (nghttp2_session_want_write(session)) o->vecs[o->vecs_n++] = (struct iovec){ frame, 1 };
    if (session->opens) (void)edoi_add_acqrel_u32(&opened_n, 1);
    session->has_frames = session->opens = false;
    for (uint32_t i = 0; i < session->streams_n; i++) {
        session_stream *at = &session->streams[i];
        if (at->call && at->resets) session_close(at, NGHTTP2_CANCEL);
        if (at->call && !at->has_gone) session_send_request(session, at);
        if (session_has_more(at)) session_send_data(session, at);
    }
    return 0;
}

int edoi_h2_sink_rest(edoi_h2_sink *s, edo_cx *cx) {
    (void)cx;
    if (s->rest.len > 0 && !edoi_load_acq_u32(&reads)) return 0;
    s->rest.len = 0;
    return 1;
}

int edoi_h2_sink_write(edoi_h2_sink *s, edo_cx *cx, edoi_h2_out *o) {
    (void)cx;
    for (size_t i = 0; i < o->vecs_n; i++) MODEL_CHECK(*(const char *)o->vecs[i].iov_base == 'x');
    s->rest.len = plan.is_clogged && !edoi_load_acq_u32(&reads);
    return s->rest.len == 0;
}

void edoi_h2_sink_unwait(edoi_h2_sink *s) {
    (void)s;
}

/* ---- The socket ------------------------------------------------------------------------------ */

/* As io/stream.c, without its records. */
edo_stream *edo_stream_ref(edo_stream *s) {
    edoi_add_rlx_u32(&s->refs, 1);
    return s;
}

void edo_stream_unref(edo_stream *s) {
    if (s && edoi_sub_acqrel_u32(&s->refs, 1) == 1) (s->ops->free)(s);
}

void edo_close(edo_stream *s) {
    if (!s) return;
    if (edoi_load_rlx_u32(&s->refs) > 1) (s->ops->close)(s); // relaxed: as there
    edo_stream_unref(s);
}

static edo_polled socket_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                              size_t n, uint32_t flags, int *result) {
    (void)s, (void)cx, (void)wait, (void)to, (void)n, (void)flags;
    if (taken == edoi_load_acq_u32(&arrived)) return EDO_PENDING;
    *result = plan.script[taken] == LEAVES ? 0 : 1;
    return EDO_READY;
}

static edo_polled socket_shutdown(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    (void)s, (void)cx, (void)wait;
    *result = 0;
    return EDO_READY;
}

static void socket_unwait(edo_stream *s, edo_io_wait *wait) {
    (void)s, (void)wait;
}

static void socket_close(edo_stream *s) {
    (void)s; // wakes nobody: the connection does not count on that
}

static void socket_free(edo_stream *s) {
    conns--;
    free(s);
}

static const edo_stream_ops socket_ops = { .name = "socket",
                                           .poll_read = socket_read,
                                           .poll_shutdown = socket_shutdown,
                                           .unwait = socket_unwait,
                                           .close = socket_close,
                                           .free = socket_free };

/* ---- The server ------------------------------------------------------------------------------ */

/* Waits until `*n` is at least `least`. Returns false if that is not to the end. */
static bool await_number(const edo_atomic_u32 *n, uint32_t least) {
    for (;;) {
        bool is_last_look = edoi_load_acq_u32(&is_over);
        if (edoi_load_acq_u32(n) >= least) return true;
        if (is_last_look) return false;
        MODEL_AROUND();
    }
}

/* Follows the script: a response, or a reset, comes behind its request, and a second piece when the
 * first was read. */
static void serve(void *arg) {
    uint32_t responses_n = 0, pieces_n = 0;
    (void)arg;
    for (uint32_t i = 0; i < SCRIPT_MAX && plan.script[i] != NOTHING; i++) {
        event e = plan.script[i];
        if (e == RESPONSE && !await_number(&asked_n, ++responses_n)) return;
        if ((e == PIECE || e == RESET) && !await_number(&asked_n, 1)) return;
        if (e == PIECE && !await_number(&opened_n, pieces_n++)) return;
        if (e == READS) edoi_store_rel_u32(&reads, 1);
        (void)edoi_add_acqrel_u32(&arrived, 1);
        ring();
    }
}

#endif
