/* SPDX-License-Identifier: MIT */
/* Goal: the record of a stream of HTTP/2 is freed once, and behind everybody who uses it, whichever
 * of these comes first: its handler's end, a reset by the client, the end of the client, a cancel,
 * a drain, the write that its bytes lie in, the end of its tunnel, the end of the connection's own
 * task. The connection is freed with the last of its streams, and sleeps through no end of one.
 * Method: the real state machine, stream, write, tunnel and drain, over a session that knows no
 * frames: a script says what the client sends. Thread 0 is the connection's task, and others are a
 * handler's task, the client, and who has a tunnel. Records and tasks lie on the heap, so that a
 * use behind the end is found. */
#include "h2_around.h"
#include "h2_plan.h"

#include "http/server/exchange/hooks.h"

#include <errno.h>
#include <stdlib.h>

/* ---- Tasks ----------------------------------------------------------------------------------- */

/* A handler's task, which one of the model's threads runs. */
typedef struct hand {
    edo_atomic_u32 refs, is_cancelled;
    edo_task_fn *fn;
    void *arg;
} hand;

static edo_atomic_ptr spawned[STREAMS_MAX];
static uint32_t spawned_n;
static edo_atomic_u32 tasks; /* that are there */

edo_task *__wrap_edo_spawn_at(edo_task_fn *fn, void *arg, const char *site);
edo_task *__wrap_edo_task_ref(edo_task *t);
void __wrap_edo_task_unref(edo_task *t);
void __wrap_edo_task_cancel(edo_task *t);

static hand *hand_of(edo_task *t) {
    return (hand *)(void *)t;
}

edo_task *__wrap_edo_spawn_at(edo_task_fn *fn, void *arg, const char *site) {
    hand *h = malloc(sizeof *h);
    (void)site;
    (void)edoi_add_rlx_u32(&tasks, 1);
    h->fn = fn;
    h->arg = arg;
    edoi_store_rlx_u32(&h->refs, 2);
    edoi_store_rlx_u32(&h->is_cancelled, 0);
    edoi_store_rel_ptr(&spawned[spawned_n++], h);
    return (edo_task *)(void *)h;
}

edo_task *__wrap_edo_task_ref(edo_task *t) {
    edoi_add_rlx_u32(&hand_of(t)->refs, 1);
    return t;
}

void __wrap_edo_task_unref(edo_task *t) {
    if (!t || edoi_sub_acqrel_u32(&hand_of(t)->refs, 1) != 1) return;
    (void)edoi_sub_rlx_u32(&tasks, 1);
    free(t);
}

void __wrap_edo_task_cancel(edo_task *t) {
    edoi_store_rlx_u32(&hand_of(t)->is_cancelled, 1);
}

/* Returns what comes there; NULL: nothing to the end. */
static void *await_given(const edo_atomic_ptr *at) {
    for (;;) {
        bool is_last_look = edoi_load_acq_u32(&is_over);
        void *there = edoi_load_acq_ptr(at);
        if (there || is_last_look) return there;
        MODEL_AROUND();
    }
}

/* Runs the handler of the stream `i`, unless there is none to the end. */
static void run_hand(uint32_t i) {
    hand *h = await_given(&spawned[i]);
    if (!h) return;
    (void)h->fn(h->arg);
    __wrap_edo_task_unref((edo_task *)(void *)h);
}

static void run_first(void *arg) {
    (void)arg;
    run_hand(0);
}

static void run_second(void *arg) {
    (void)arg;
    run_hand(1);
}

/* ---- The socket ------------------------------------------------------------------------------ */

/* As io/stream.c, without its records. */
edo_stream *edo_stream_ref(edo_stream *s) {
    edoi_add_rlx_u32(&s->refs, 1);
    return s;
}

void edo_close(edo_stream *s) {
    if (!s) return;
    if (edoi_load_rlx_u32(&s->refs) > 1) (s->ops->close)(s); // relaxed: as there
    if (edoi_sub_acqrel_u32(&s->refs, 1) == 1) (s->ops->free)(s);
}

/* The rest of the script comes, one event after the other. */
static void send_rest(void *arg) {
    (void)arg;
    for (uint32_t i = plan.at_once; plan.script[i] != NOTHING; i++) {
        (void)edoi_add_acqrel_u32(&arrived, 1);
        ring();
    }
}

/* ---- A session without frames ---------------------------------------------------------------- */

typedef struct session_stream {
    void *user; /* NULL: the session does not know it */
    bool resets;
} session_stream;

struct nghttp2_session {
    edoi_h2_conn *h2;
    session_stream streams[STREAMS_MAX];
    uint32_t streams_n;
    bool has_said_goodbye;
    bool has_frames; /* of the connection */
    uint8_t ping[8]; /* of the last PING */
};

int edoi_h2_session_new(edoi_h2_conn *h2) {
    h2->session = calloc(1, sizeof *h2->session);
    h2->session->h2 = h2;
    return 0;
}

void nghttp2_session_del(nghttp2_session *session) {
    free(session);
}

/* As head.c does it when the fields of a request are there. */
static void session_on_request(nghttp2_session *session) {
    edoi_h2_conn *h2 = session->h2;
    uint32_t id = session->streams_n++;
    edoi_h2_stream *s = edoi_h2_stream_new(h2, (int32_t)id);
    session->streams[id] = (session_stream){ .user = s };
    s->x.req.method = EDO_METHOD_CONNECT;
    edoi_h2_stream_put_fresh(s);
}

static void session_close(session_stream *at, uint32_t error) {
    edoi_h2_stream *s = at->user;
    if (!s) return;
    at->user = NULL;
    edoi_h2_stream_close(s, error);
}

ssize_t nghttp2_session_mem_recv(nghttp2_session *session, const uint8_t *bytes, size_t n) {
    (void)bytes;
    switch (plan.script[taken++]) {
    case REQUEST: session_on_request(session); break;
    case RESET: session_close(&session->streams[0], NGHTTP2_CANCEL); break;
    case ACK: edoi_h2_drain_on_ack(session->h2, session->ping); break;
    case NOTHING:
    case LEAVES: MODEL_CHECK(false); break;
    }
    return (ssize_t)n;
}

static bool session_has_streams(const nghttp2_session *session) {
    for (uint32_t i = 0; i < session->streams_n; i++)
        if (session->streams[i].user) return true;
    return false;
}

static bool session_has_more(const session_stream *at) {
    const edoi_h2_stream *s = at->user;
    return s && (at->resets || (s->out.has_ended && !plan.is_shut));
}

int nghttp2_session_want_write(nghttp2_session *session) {
    bool has_more = session->has_frames;
    for (uint32_t i = 0; i < session->streams_n; i++)
        has_more |= session_has_more(&session->streams[i]);
    return has_more;
}

int nghttp2_session_want_read(nghttp2_session *session) {
    return !session->has_said_goodbye || session_has_streams(session);
}

int nghttp2_submit_rst_stream(nghttp2_session *session, uint8_t flags, int32_t id, uint32_t error) {
    (void)flags, (void)error;
    session->streams[id].resets = true;
    return 0;
}

static int session_say(nghttp2_session *session) {
    session->has_frames = true;
    return 0;
}

int nghttp2_submit_ping(nghttp2_session *session, uint8_t flags, const uint8_t *data) {
    (void)flags;
    if (data) memcpy(session->ping, data, sizeof session->ping);
    return session_say(session);
}

int nghttp2_submit_shutdown_notice(nghttp2_session *session) {
    session->has_said_goodbye = true;
    return session_say(session);
}

int nghttp2_submit_goaway(nghttp2_session *session, uint8_t flags, int32_t last, uint32_t error,
                          const uint8_t *data, size_t n) {
    (void)flags, (void)last, (void)error, (void)data, (void)n;
    return nghttp2_submit_shutdown_notice(session);
}

int nghttp2_session_terminate_session(nghttp2_session *session, uint32_t error) {
    return nghttp2_submit_goaway(session, 0, 0, error, NULL, 0);
}

int32_t nghttp2_session_get_last_proc_stream_id(nghttp2_session *session) {
    return (int32_t)session->streams_n;
}

int32_t nghttp2_session_get_stream_remote_window_size(nghttp2_session *session, int32_t id) {
    (void)session, (void)id;
    return 65535;
}

int32_t nghttp2_session_get_remote_window_size(nghttp2_session *session) {
    (void)session;
    return 65535;
}

int nghttp2_session_get_stream_local_close(nghttp2_session *session, int32_t id) {
    return session->streams[id].user ? 0 : -1;
}

const char *nghttp2_strerror(int code) {
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

/* All that there is goes into one write; a stream that has no more to send is closed. */
int edoi_h2_out_gather(edoi_h2_out *o, nghttp2_session *session) {
    (void)o; // the stream's callback asks for it by itself
    session->has_frames = false;
    for (uint32_t i = 0; i < session->streams_n; i++) {
        session_stream *at = &session->streams[i];
        nghttp2_data_source source = { .ptr = at->user };
        if (!session_has_more(at)) continue;
        edo_str piece = edoi_h2_piece(at->user);
        if (!at->resets)
            MODEL_CHECK(
                edoi_h2_on_send_data(session, NULL, NULL, piece.len, &source, session->h2) == 0);
        session_close(at, at->resets ? NGHTTP2_CANCEL : NGHTTP2_NO_ERROR);
    }
    return 0;
}

int edoi_h2_sink_rest(edoi_h2_sink *s, edo_cx *cx) {
    (void)s, (void)cx;
    return 1;
}

int edoi_h2_sink_write(edoi_h2_sink *s, edo_cx *cx, edoi_h2_out *o) {
    (void)s, (void)cx;
    for (size_t i = 0; i < o->vecs_n; i++) MODEL_CHECK(*(const char *)o->vecs[i].iov_base == 'x');
    return 1;
}

void edoi_h2_sink_unwait(edoi_h2_sink *s) {
    (void)s;
}

edo_str edoi_h2_piece(const edoi_h2_stream *s) {
    return s->out.whole;
}

void edoi_h2_advance(edoi_h2_stream *s, size_t n, edoi_h2_chunk **spent) {
    (void)n, (void)spent;
    s->out.whole.len = 0;
}

void edoi_h2_chunks_free(edoi_h2_chunk *first) {
    (void)first;
}

/* ---- A response ------------------------------------------------------------------------------ */

int edoi_h2_end_output(edoi_h2_stream *s) {
    edoi_h2_lock(s->h2);
    s->out.has_ended = true;
    edoi_h2_unlock_and_kick(s->h2);
    return 0;
}

const edo_stream_ops edoi_h2_body_ops = { .name = "body", .unwait = socket_unwait };

static int handle(edo_request *req, edo_response *res, void *arg) {
    edoi_http_exchange *x = edoi_exchange_of_request(req);
    const hand *me = edoi_load_rlx_ptr(&spawned[edoi_h2_of(x)->id]);
    edo_stream *tunnel;
    (void)res, (void)arg;
    while (plan.does == WAITS && !edoi_load_rlx_u32(&me->is_cancelled)) MODEL_AROUND();
    if (plan.does == UPGRADES) {
        MODEL_CHECK(edoi_h2_upgrade(x, &tunnel) == 0);
        edoi_store_rel_ptr(&given, edo_stream_ref(tunnel));
    }
    return 0;
}

void edoi_http_exchange_begin(edoi_http_exchange *x) {
    x->reply.stream.ops = &edoi_h2_body_ops;
}

/* The body is one byte, which lies in the memory of the exchange. */
int edoi_http_exchange_respond(edoi_http_exchange *x, int code) {
    edoi_h2_stream *s = edoi_h2_of(x);
    if (x->upgraded) return code;
    char *body = malloc(1);
    *body = 'x';
    edoi_h2_lock(s->h2);
    s->out.whole = (edo_str){ body, 1 };
    edoi_h2_unlock(s->h2);
    (void)edoi_h2_end_output(s);
    return code;
}

/* What a program drops here may use the connection. */
void edoi_http_exchange_release(edoi_http_exchange *x) {
    const edoi_h2_stream *s = edoi_h2_of(x);
    edoi_h2_lock(s->h2);
    edoi_h2_unlock(s->h2);
    free((void *)(uintptr_t)s->out.whole.ptr);
}

static int send_head(edoi_http_exchange *x, edoi_framing framing, uint64_t length) {
    (void)x, (void)framing, (void)length;
    return 0;
}

void edoi_h2_drop_body(edoi_h2_stream *s) {
    s->in.queue.bytes = 0;
}

/* ---- What lies around ------------------------------------------------------------------------ */

static edoi_http_server server;
static edoi_h2_server shared;

void *__wrap_edo_slab_get_at(edo_slab *s, const char *place);
void __wrap_edo_slab_put_at(edo_slab *s, void *object, const char *place);

void *__wrap_edo_slab_get_at(edo_slab *s, const char *place) {
    static const edoi_http_wire wire = { .send_head = send_head, .reply = &edoi_h2_body_ops };
    (void)s, (void)place;
    edoi_h2_stream *new = calloc(1, sizeof *new);
    new->x.wire = &wire;
    (void)edoi_add_rlx_u32(&records, 1);
    return new;
}

void __wrap_edo_slab_put_at(edo_slab *s, void *object, const char *place) {
    (void)s, (void)place;
    (void)edoi_sub_rlx_u32(&records, 1);
    free(object);
}

void edoi_http_conn_ref(edoi_http_conn *c) {
    edoi_add_rlx_u32(&c->refs, 1);
}

void edoi_http_conn_unref(edoi_http_conn *c) {
    if (edoi_sub_acqrel_u32(&c->refs, 1) != 1) return;
    const edoi_h2_conn *h2 = c->http2;
    MODEL_CHECK(!h2->streams && !h2->woken && !h2->fresh && !h2->ended);
    MODEL_CHECK(h2->streams_n == 0);
    MODEL_CHECK(h2->guard.forsaken_n == 0);
    edoi_http2_server.free(c);
    edo_close(c->stream);
    free(c);
}

bool edoi_http_conn_begin_busy(edoi_http_conn *c) {
    (void)c;
    is_idle = false;
    return true;
}

void edoi_http_conn_begin_idle(edoi_http_conn *c) {
    (void)c;
    is_idle = true;
}

/* The client has a second to acknowledge a PING, which does not pass. */
edo_future *__wrap_edo_sleep_at_init(edo_sleep_future *f, edo_instant at);

static edo_polled sleep_poll(edo_future *f, edo_cx *cx) {
    (void)f, (void)edo_cx_waker(cx);
    return EDO_PENDING;
}

static void sleep_drop(edo_future *f) {
    (void)f;
}

edo_future *__wrap_edo_sleep_at_init(edo_sleep_future *f, edo_instant at) {
    static const edo_future_ops ops = {
        .poll = sleep_poll, .drop = sleep_drop, .name = "sleep", .size = sizeof(edo_sleep_future)
    };
    (void)at;
    return edo_future_init(&f->base, &ops);
}

/* ---- The models ------------------------------------------------------------------------------ */

static edoi_http_conn *begin(handling does, const event script[6], uint32_t at_once) {
    const edo_duration forever = { EDO_FOREVER_NS };
    for (int i = 0; i < 6; i++) plan.script[i] = script[i];
    plan.does = does;
    is_idle = true;
    plan.at_once = at_once;
    edoi_store_rlx_u32(&arrived, at_once);
    server.handler = handle;
    server.opts.idle_timeout = server.opts.write_timeout = server.opts.age_max = forever;
    server.opts.requests_max = UINT32_MAX;
    server.http2 = &shared;
    shared.opts.ping_interval = forever;
    edoi_http_conn *c = calloc(1, sizeof *c);
    edo_stream *socket = calloc(1, sizeof *socket);
    *socket = (edo_stream){ .ops = &socket_ops, .refs = EDOI_ATOMIC_INIT(1) };
    c->server = &server;
    c->stream = socket;
    edoi_store_rlx_u32(&c->refs, 1);
    task = malloc(sizeof *task);
    *task = (edo_waker){ &waker_ops };
    MODEL_CHECK(edoi_http2_server.begin(c, (edo_str){ 0 }) == 0);
    return c;
}

#define SCRIPT(...) ((const event[6]){ __VA_ARGS__ })

/* The connection's task has ended. */
static void end(edoi_http_conn *c) {
    free(task);
    edoi_http_conn_unref(c);
    edoi_store_rel_u32(&is_over, 1);
    edoi_model_wait();
    MODEL_CHECK(edoi_load_rlx_u32(&records) == 0 && edoi_load_rlx_u32(&tasks) == 0);
}

static void serve_all(handling does, const event script[6], uint32_t at_once) {
    edoi_http_conn *c = begin(does, script, at_once);
    edoi_model_start(run_first, NULL);
    edoi_model_start(send_rest, NULL);
    poll_to_the_end(c, 0);
    end(c);
}

static void handler_ends_as_the_client_resets(void) {
    serve_all(RETURNS, SCRIPT(REQUEST, RESET, LEAVES), 1);
}

static void handler_waits_for_the_reset(void) {
    serve_all(WAITS, SCRIPT(REQUEST, RESET, LEAVES), 1);
}

static void reset_comes_before_the_handler(void) {
    serve_all(RETURNS, SCRIPT(REQUEST, RESET, REQUEST, LEAVES), 3);
}

static void one_of_two_is_reset(void) {
    edoi_http_conn *c = begin(RETURNS, SCRIPT(REQUEST, REQUEST, RESET, LEAVES), 2);
    edoi_model_start(run_first, NULL);
    edoi_model_start(run_second, NULL);
    edoi_model_start(send_rest, NULL);
    poll_to_the_end(c, 0);
    end(c);
}

static void client_leaves_as_handlers_wait(void) {
    edoi_http_conn *c = begin(WAITS, SCRIPT(REQUEST, REQUEST, LEAVES), 3);
    edoi_model_start(run_first, NULL);
    edoi_model_start(run_second, NULL);
    poll_to_the_end(c, 0);
    end(c);
}

/* Its handler ends, and what it has responded never leaves. */
static void client_leaves_with_shut_windows(void) {
    edoi_http_conn *c = begin(RETURNS, SCRIPT(REQUEST, LEAVES), 1);
    plan.is_shut = true;
    edoi_model_start(run_first, NULL);
    edoi_model_start(send_rest, NULL);
    poll_to_the_end(c, 0);
    end(c);
}

/* The server has to know it, for its limit of idle time and for a drain. */
static void connection_becomes_idle(void) {
    edoi_http_conn *c = begin(WAITS, SCRIPT(REQUEST, RESET), 1);
    edoi_model_start(run_first, NULL);
    edoi_model_start(send_rest, NULL);
    (void)poll_conn(c, 0);
    while (!is_idle || taken < 2) {
        await_ring();
        (void)poll_conn(c, 0);
    }
    edoi_http2_server.drop(c);
    end(c);
}

/* The client acknowledges the PING, and does not leave by itself. */
static void drain(handling does, const event script[6], uint32_t script_n) {
    edoi_http_conn *c = begin(does, script, 1);
    edoi_model_start(run_first, NULL);
    (void)poll_conn(c, 0);
    edoi_model_start(send_rest, NULL);
    poll_to_the_end(c, EDO_DETACHED_DRAIN);
    MODEL_CHECK(taken == script_n); // it has not ended before
    end(c);
}

static void drain_meets_the_end_of_the_handler(void) {
    drain(RETURNS, SCRIPT(REQUEST, ACK), 2);
}

static void drain_meets_a_reset(void) {
    drain(WAITS, SCRIPT(REQUEST, ACK, RESET), 3);
}

static void server_ends_its_handlers(void) {
    edoi_http_conn *c = begin(WAITS, SCRIPT(REQUEST, RESET), 1);
    edoi_model_start(run_first, NULL);
    (void)poll_conn(c, 0);
    edoi_model_start(send_rest, NULL);
    poll_to_the_end(c, EDO_DETACHED_DRAIN | EDO_DETACHED_END);
    end(c);
}

/* The order comes before the request is read. */
static void request_comes_as_the_server_ends(void) {
    edoi_http_conn *c = begin(WAITS, SCRIPT(REQUEST), 1);
    edoi_model_start(run_first, NULL);
    poll_to_the_end(c, EDO_DETACHED_DRAIN | EDO_DETACHED_END);
    end(c);
}

/* Its runtime ends. */
static void drop_as_it_sleeps(handling does) {
    edoi_http_conn *c = begin(does, SCRIPT(REQUEST), 1);
    edoi_model_start(run_first, NULL);
    for (int i = 0; i < 2; i++) (void)poll_conn(c, 0);
    edoi_http2_server.drop(c);
    end(c);
}

static void connections_task_is_dropped_as_a_handler_waits(void) {
    drop_as_it_sleeps(WAITS);
}

static void connections_task_is_dropped_as_a_handler_ends(void) {
    drop_as_it_sleeps(RETURNS);
}

/* ---- Tunnels --------------------------------------------------------------------------------- */

static void close_tunnel(void *arg) {
    (void)arg;
    edo_close(await_given(&given));
}

/* Waits a while for the end of the input, with a waker that is gone behind that. */
static void watch_tunnel(void *arg) {
    edo_stream *t = await_given(&given);
    edo_waker *w = malloc(sizeof *w);
    edo_io_wait wait = { 0 };
    int result;
    (void)arg;
    *w = (edo_waker){ &waker_ops };
    edo_cx cx = { .waker = w, .budget = 2 };
    if (t && t->ops->poll_ready(t, &cx, &wait, EDO_IO_READ_CLOSED, &result) == EDO_PENDING)
        t->ops->unwait(t, &wait);
    free(w);
    edo_close(t);
}

static void serve_tunnel(edoi_model_thread_fn *use, const event script[6]) {
    edoi_http_conn *c = begin(UPGRADES, script, 1);
    edoi_model_start(run_first, NULL);
    edoi_model_start(use, NULL);
    edoi_model_start(send_rest, NULL);
    poll_to_the_end(c, 0);
    end(c);
}

static void tunnel_ends_as_its_handler_does(void) {
    serve_tunnel(close_tunnel, SCRIPT(REQUEST, LEAVES));
}

static void tunnel_is_reset(void) {
    serve_tunnel(watch_tunnel, SCRIPT(REQUEST, RESET, LEAVES));
}

static void run_first_and_close_its_tunnel(void *arg) {
    run_first(arg);
    close_tunnel(arg);
}

static void tunnel_outlives_the_connections_task(void) {
    edoi_http_conn *c = begin(UPGRADES, SCRIPT(REQUEST), 1);
    edoi_model_start(run_first_and_close_its_tunnel, NULL);
    (void)poll_conn(c, 0);
    edoi_http2_server.drop(c);
    end(c);
}

#define TURNS(f, n)                                                                                \
    { .name = #f, .fn = f, .turns_max = (n) }

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        TURNS(handler_ends_as_the_client_resets, 2),
        TURNS(handler_waits_for_the_reset, 2),
        TURNS(reset_comes_before_the_handler, 2),
        TURNS(one_of_two_is_reset, 2),
        TURNS(client_leaves_as_handlers_wait, 2),
        TURNS(client_leaves_with_shut_windows, 2),
        TURNS(connection_becomes_idle, 2),
        TURNS(drain_meets_the_end_of_the_handler, 2),
        TURNS(drain_meets_a_reset, 2),
        TURNS(server_ends_its_handlers, 2),
        TURNS(request_comes_as_the_server_ends, 2),
        MODEL(connections_task_is_dropped_as_a_handler_ends),
        MODEL(connections_task_is_dropped_as_a_handler_waits),
        TURNS(tunnel_ends_as_its_handler_does, 2),
        TURNS(tunnel_is_reset, 2),
        TURNS(tunnel_outlives_the_connections_task, 2),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
