/* SPDX-License-Identifier: MIT */
/* Goal: the task of a client's connection of HTTP/2 sleeps through nothing that a caller does:
 * requests, bytes of bodies, windows, resets, an end in order and one at once. A caller that waits,
 * for a stream, a response, room or the end, is woken whatever comes first; and a call is freed
 * once, and behind everybody who uses it, the connection with the last of its calls and owners.
 * Method: the real driver, connection, call, place and body, over a session that knows no frames: a
 * script says what the server does. Thread 0 is the connection's task, and others are callers and
 * the server. Calls and tasks lie on the heap, so that a use behind the end is found. */
#include "h2_client_plan.h"

#include "http2/client/call/fields.h"

#include "http/client/host.h"
#include "http/client/response.h"

#include <edo/net.h>
#include <edo/uri.h>

/* ---- Tasks ----------------------------------------------------------------------------------- */

/* A waker that one thread waits for; it lies on the heap, and ends with the wait. */
typedef struct bell {
    edo_waker waker;
    edo_atomic_u32 rung;
} bell;

static edo_waker *bell_mark(edo_waker *w) {
    MODEL_CHECK(w->ops);
    (void)edoi_swap_acqrel_u32(&((bell *)(void *)w)->rung, 1);
    return NULL;
}

static void bell_nothing(edo_waker *w) {
    (void)w;
}

static bell *bell_new(void) {
    static const edo_waker_ops ops = { bell_mark, bell_nothing, bell_nothing, bell_nothing };
    bell *b = malloc(sizeof *b);
    b->waker.ops = &ops;
    edoi_store_rlx_u32(&b->rung, 0);
    return b;
}

static void bell_await(bell *b) {
    while (!edoi_load_acq_u32(&b->rung)) MODEL_AROUND();
    (void)edoi_swap_acqrel_u32(&b->rung, 0);
}

int __wrap_edo_await(edo_future *f);

int __wrap_edo_await(edo_future *f) {
    bell *b = bell_new();
    edo_cx cx = { .waker = &b->waker, .budget = 2 };
    bool is_ready = edo_poll(f, &cx) == EDO_READY;
    if (!is_ready && plan.cancels && strcmp(f->ops->name, "edo_http2_open") == 0) {
        edo_drop(f);
        free(b);
        return -ECANCELED;
    }
    while (!is_ready) {
        bell_await(b);
        cx.budget = 2;
        is_ready = edo_poll(f, &cx) == EDO_READY;
    }
    free(b);
    return f->result;
}

/* ---- The connection's task ------------------------------------------------------------------- */

static edo_future *driver;
static edo_waker *task; // it ends with the task, so that a later wake is found

static edo_waker *task_mark(edo_waker *w) {
    MODEL_CHECK(w->ops);
    ring();
    return NULL;
}

int __wrap_edo_spawn_future_detached_with_at(edo_future *f, const edo_spawn_opts *opts,
                                             const char *site);

int __wrap_edo_spawn_future_detached_with_at(edo_future *f, const edo_spawn_opts *opts,
                                             const char *site) {
    static const edo_waker_ops ops = { task_mark, bell_nothing, bell_nothing, bell_nothing };
    (void)opts, (void)site;
    driver = malloc(f->ops->size);
    memcpy(driver, f, f->ops->size);
    task = malloc(sizeof *task);
    *task = (edo_waker){ &ops };
    return 0;
}

static bool poll_driver(void) {
    edo_cx cx = { .waker = task, .budget = 100 };
    (void)edoi_swap_acqrel_u32(&rung, 0); // what rings from here on leads to one more poll
    return edo_poll(driver, &cx) == EDO_READY;
}

/* It has ended: all that waits is woken, and nothing is left over. */
static void end(void) {
    free(driver);
    free(task);
    edoi_store_rel_u32(&is_over, 1);
    edoi_model_wait();
    MODEL_CHECK(conns == 0);
}

static void drive(void) {
    while (!poll_driver())
        while (!edoi_load_acq_u32(&rung)) MODEL_AROUND();
    end();
}

/* ---- What lies around ------------------------------------------------------------------------ */

int edoi_http2_fill_in(edo_http2_opts *o) {
    o->send_buf = 1;
    o->ping_interval = o->expect_wait = (edo_duration){ EDO_FOREVER_NS };
    return 0;
}

int edo_uri_parse_authority(edo_uri *out_uri, edo_str text) {
    (void)out_uri, (void)text;
    return 0;
}

const char *edoi_client_host_of(char to[EDOI_CLIENT_HOST_BYTES], const char *addr) {
    (void)to;
    return addr;
}

int edoi_client_host_set(edo_buf *to, const char *host) {
    (void)to, (void)host;
    return 0;
}

int edo_tcp_connect(edo_stream **to, const char *addr, const edo_tcp_opts *opts) {
    (void)to, (void)addr, (void)opts;
    return -EINVAL;
}

int edo_tcp_get_taken(edo_stream *s, edo_tcp_taken *unused) {
    (void)s, (void)unused;
    return -ENOTSUP;
}

void edoi_http2_guard_begin(edo_http2 *c) {
    (void)c;
}

void edoi_http2_guard_buy(edo_http2 *c, uint32_t n) {
    (void)c, (void)n;
}

int edoi_h2_fields_of_request(edoi_h2_fields *l, edo_method *method, const edo_http2 *c,
                              const edo_http_request *req) {
    (void)c;
    l->nv = NULL;
    l->n = 0;
    *method = req->method;
    return 0;
}

int edoi_h2_fields_of_trailers(nghttp2_nv **nv, size_t *n, const edo_headers *trailers) {
    (void)trailers;
    *nv = NULL;
    *n = 0;
    return 0;
}

void edoi_h2_fields_deinit(edoi_h2_fields *l) {
    (void)l;
}

void edoi_h2_early_free(edoi_h2_early *first) {
    (void)first;
}

void edoi_h2_upload_poll(edoi_h2_call *k, edo_cx *cx) {
    (void)k, (void)cx;
}

void edoi_h2_upload_unwait(edoi_h2_call *k) {
    (void)k;
}

void edo_headers_init(edo_headers *h) {
    (void)h;
}

void edo_headers_deinit(edo_headers *h) {
    (void)h;
}

void edo_ext_deinit(edo_ext *e) {
    (void)e;
}

void edo_http_response_free(edo_http_response *res) {
    res->edoi_ops->free(res);
}

/* ---- Callers --------------------------------------------------------------------------------- */

static edo_http2 *conn;
static edo_http_response *opened; /* a call that is there from the begin */

#define SCRIPT(...) ((const event[SCRIPT_MAX]){ __VA_ARGS__ })

static void begin(const event script[SCRIPT_MAX]) {
    for (uint32_t i = 0; i < SCRIPT_MAX; i++) plan.script[i] = script[i];
    edo_stream *socket = calloc(1, sizeof *socket);
    *socket = (edo_stream){ .ops = &socket_ops, .refs = EDOI_ATOMIC_INIT(1) };
    conns++;
    MODEL_CHECK(edo_http2_over(&conn, socket, NULL) == 0);
}

/* Reads a byte, or the end. */
static int read_some(edo_http_response *res) {
    bell *b = bell_new();
    char byte;
    const struct iovec to = { &byte, 1 };
    edo_io_wait wait = { 0 };
    edo_cx cx = { .waker = &b->waker, .budget = 100 };
    int result;
    while (res->body->ops->poll_read(res->body, &cx, &wait, &to, 1, 0, &result) == EDO_PENDING)
        bell_await(b);
    free(b);
    return result;
}

static int write_one(edo_stream *body) {
    bell *b = bell_new();
    char x = 'x';
    const struct iovec from = { &x, 1 };
    edo_io_wait wait = { 0 };
    edo_cx cx = { .waker = &b->waker, .budget = 100 };
    int result;
    while (body->ops->poll_write(body, &cx, &wait, &from, 1, &result) == EDO_PENDING) bell_await(b);
    free(b);
    return result;
}

/* Opens a call; NULL: the connection takes no more. */
static edo_http_response *open_call(bool has_body) {
    edo_http_response *res;
    const edo_http_request req = { .length = has_body ? -1 : 0 };
    int err = edo_http2_open(conn, &res, &req);
    MODEL_CHECK(err == 0 || err == -EDO_ECLOSED || (err == -ECANCELED && plan.cancels));
    return err == 0 ? res : NULL;
}

/* Returns what comes of the response. */
static int finish(edo_http_response *res) {
    int result = read_some(res);
    edo_http_response_free(res);
    return result;
}

/* Asks, and returns what has come of the response. */
static int ask(void) {
    edo_http_response *res = open_call(false);
    return res ? finish(res) : -EDO_ECLOSED;
}

/* Asks for a tunnel, once the server has said that it takes them; it responds by something else. */
static void ask_for_tunnel_and_close(void *arg) {
    edo_http_response *res;
    const edo_http_request req = { .protocol = EDO_STR("x") };
    int err = edo_http2_open(conn, &res, &req);
    (void)arg;
    MODEL_CHECK(err == 0 ? finish(res) == 0 : err == -EDO_ECLOSED && plan.script[0] == LEAVES);
    edo_http2_close(conn);
}

static void ask_and_close(void *arg) {
    (void)arg;
    MODEL_CHECK(ask() == 0);
    edo_http2_close(conn);
}

/* The same, whatever becomes of it. */
static void try_and_close(void *arg) {
    (void)arg;
    (void)ask();
    edo_http2_close(conn);
}

static void write_and_close(void *arg) {
    edo_http_response *res = open_call(true);
    int result;
    (void)arg;
    for (int i = 0; i < 2; i++) MODEL_CHECK(write_one(res->body) == 1);
    (void)res->body->ops->poll_shutdown(res->body, NULL, NULL, &result);
    MODEL_CHECK(result == 0 && read_some(res) == 0);
    edo_http_response_free(res);
    edo_http2_close(conn);
}

/* The response has come before the body has ended: what is written then closes the stream. */
static void write_behind_the_response(void *arg) {
    edo_http_response *res = open_call(true);
    int result;
    (void)arg;
    MODEL_CHECK(read_some(res) == 0 && write_one(res->body) == 1);
    (void)res->body->ops->poll_shutdown(res->body, NULL, NULL, &result);
    edo_http_response_free(res);
    edo_http2_close(conn);
}

/* Writes until that fails. */
static void write_to_the_end(void *arg) {
    edo_http_response *res = open_call(true);
    (void)arg;
    while (res && write_one(res->body) == 1) continue;
    if (res) edo_http_response_free(res);
    edo_http2_close(conn);
}

/* Leaves what it has written to the connection. */
static void write_and_leave(void *arg) {
    edo_http_response *res = open_call(true);
    (void)arg;
    if (res) (void)write_one(res->body);
    if (res) edo_http_response_free(res);
    edo_http2_close(conn);
}

static void read_pieces_and_close(void *arg) {
    edo_http_response *res = open_call(false);
    (void)arg;
    for (int i = 0; i < 2; i++) MODEL_CHECK(read_some(res) == 1);
    edo_http_response_free(res);
    edo_http2_close(conn);
}

static void read_what_is_opened(void *arg) {
    (void)arg;
    (void)read_some(opened);
    edo_http_response_free(opened);
}

static void free_what_is_opened(void *arg) {
    (void)arg;
    edo_http_response_free(opened);
}

static void just_close(void *arg) {
    (void)arg;
    edo_http2_close(conn);
}

static void shut_down(void *arg) {
    (void)arg;
    MODEL_CHECK(edo_http2_shutdown(conn) == 0);
    edo_http2_close(conn);
}

/* The call goes on until it is known that no further one may be. */
static void watch_and_free(void *arg) {
    (void)arg;
    MODEL_CHECK(edo_http2_wait(conn) == 0);
    MODEL_CHECK(!edo_http2_is_open(conn, false));
    edo_http_response_free(opened);
    edo_http2_close(conn);
}

/* ---- The models ------------------------------------------------------------------------------ */

/* Begins with a call whose request has gone. */
static void begin_opened(const event script[SCRIPT_MAX]) {
    begin(script);
    opened = open_call(true);
    for (int i = 0; i < 2; i++) MODEL_CHECK(!poll_driver());
    MODEL_CHECK(edoi_load_rlx_u32(&asked_n) == 1);
}

/* The server allows one stream, and said so before. */
static void allow_one_stream(void) {
    edoi_http2_lock(conn);
    conn->session->most = 1;
    edoi_http2_unlock(conn);
}

static void request_comes_as_the_task_goes_to_sleep(void) {
    begin(SCRIPT(RESPONSE));
    edoi_model_start(ask_and_close, NULL);
    edoi_model_start(serve, NULL);
    drive();
}

static void two_requests_meet(void) {
    begin(SCRIPT(RESPONSE, RESPONSE));
    (void)edo_http2_ref(conn);
    edoi_model_start(ask_and_close, NULL);
    edoi_model_start(ask_and_close, NULL);
    edoi_model_start(serve, NULL);
    drive();
}

static void second_request_waits_for_the_stream_of_the_first(void) {
    begin(SCRIPT(RESPONSE, RESPONSE));
    allow_one_stream();
    (void)edo_http2_ref(conn);
    edoi_model_start(ask_and_close, NULL);
    edoi_model_start(ask_and_close, NULL);
    edoi_model_start(serve, NULL);
    drive();
}

static void streams_become_fewer_as_requests_are_made(void) {
    begin(SCRIPT(ONE_STREAM, RESPONSE, RESPONSE));
    (void)edo_http2_ref(conn);
    edoi_model_start(ask_and_close, NULL);
    edoi_model_start(ask_and_close, NULL);
    edoi_model_start(serve, NULL);
    drive();
}

static void tunnel_waits_for_the_settings(void) {
    begin(SCRIPT(ONE_STREAM, RESPONSE));
    edoi_model_start(ask_for_tunnel_and_close, NULL);
    edoi_model_start(serve, NULL);
    drive();
}

static void server_leaves_without_settings(void) {
    begin(SCRIPT(LEAVES));
    edoi_model_start(ask_for_tunnel_and_close, NULL);
    edoi_model_start(serve, NULL);
    drive();
}

/* One waits for the stream of `opened`, or was just given it, and leaves: that ends in order, so
 * the place has come back. */
static void place_is_taken_back(void) {
    begin_opened(SCRIPT(NOTHING));
    allow_one_stream();
    plan.cancels = true;
    (void)edo_http2_ref(conn);
    edoi_model_start(free_what_is_opened, NULL);
    edoi_model_start(write_and_leave, NULL);
    edoi_model_start(shut_down, NULL);
    drive();
}

static void writer_waits_for_room(void) {
    begin(SCRIPT(RESPONSE));
    edoi_model_start(write_and_close, NULL);
    edoi_model_start(serve, NULL);
    drive();
}

static void writer_waits_for_a_server_that_does_not_read(void) {
    begin(SCRIPT(READS, RESPONSE));
    plan.is_clogged = true;
    edoi_model_start(write_and_close, NULL);
    edoi_model_start(serve, NULL);
    drive();
}

static void server_waits_for_the_window(void) {
    begin(SCRIPT(PIECE, PIECE));
    edoi_model_start(read_pieces_and_close, NULL);
    edoi_model_start(serve, NULL);
    drive();
}

static void writer_waits_as_the_server_leaves(void) {
    begin(SCRIPT(LEAVES));
    plan.is_clogged = true;
    edoi_model_start(write_to_the_end, NULL);
    edoi_model_start(serve, NULL);
    drive();
}

static void response_is_freed_as_the_last_byte_is_written(void) {
    begin(SCRIPT(RESPONSE));
    edoi_model_start(write_behind_the_response, NULL);
    edoi_model_start(serve, NULL);
    drive();
}

static void call_is_taken_back_as_its_bytes_are_written(void) {
    begin(SCRIPT(RESET));
    edoi_model_start(write_and_leave, NULL);
    edoi_model_start(serve, NULL);
    drive();
}

static void response_ends_as_it_is_taken_back(void) {
    begin_opened(SCRIPT(RESPONSE));
    edoi_model_start(free_what_is_opened, NULL);
    edoi_model_start(serve, NULL);
    edoi_model_start(just_close, NULL);
    drive();
}

/* ---- Ends ------------------------------------------------------------------------------------ */

static void all_know_that_it_takes_no_more(void) {
    begin_opened(SCRIPT(NOTHING));
    (void)edo_http2_ref(conn);
    edoi_model_start(watch_and_free, NULL);
    edoi_model_start(shut_down, NULL);
    drive();
}

static void end_in_order_meets_a_request(void) {
    begin(SCRIPT(RESPONSE));
    (void)edo_http2_ref(conn);
    edoi_model_start(try_and_close, NULL);
    edoi_model_start(shut_down, NULL);
    edoi_model_start(serve, NULL);
    drive();
}

static void two_end_it_in_order(void) {
    begin_opened(SCRIPT(NOTHING));
    (void)edo_http2_ref(conn);
    edoi_model_start(shut_down, NULL);
    edoi_model_start(shut_down, NULL);
    edoi_model_start(free_what_is_opened, NULL);
    drive();
}

static void last_owner_leaves_a_response(void) {
    begin_opened(SCRIPT(PIECE));
    edoi_model_start(read_what_is_opened, NULL);
    edoi_model_start(just_close, NULL);
    edoi_model_start(serve, NULL);
    drive();
}

static void last_owner_leaves_after_a_goodbye(void) {
    begin_opened(SCRIPT(GOAWAY));
    edoi_model_start(read_what_is_opened, NULL);
    edoi_model_start(just_close, NULL);
    edoi_model_start(serve, NULL);
    drive();
}

static void goodbye_comes_as_a_request_is_made(void) {
    begin(SCRIPT(GOAWAY, LEAVES));
    edoi_model_start(try_and_close, NULL);
    edoi_model_start(serve, NULL);
    drive();
}

static void goodbye_comes_as_one_waits_for_a_stream(void) {
    begin_opened(SCRIPT(GOAWAY, LEAVES));
    allow_one_stream();
    edoi_model_start(try_and_close, NULL);
    edoi_model_start(free_what_is_opened, NULL);
    edoi_model_start(serve, NULL);
    drive();
}

static void server_leaves_as_all_wait(void) {
    begin_opened(SCRIPT(LEAVES));
    allow_one_stream();
    edoi_model_start(try_and_close, NULL);
    edoi_model_start(read_what_is_opened, NULL);
    edoi_model_start(serve, NULL);
    drive();
}

/* Its runtime ends. */
static void task_is_dropped_as_all_wait(void) {
    begin_opened(SCRIPT(NOTHING));
    allow_one_stream();
    edoi_model_start(try_and_close, NULL);
    edoi_model_start(read_what_is_opened, NULL);
    (void)poll_driver();
    edo_drop(driver);
    end();
}

#define TURNS(f, n)                                                                                \
    { .name = #f, .fn = f, .turns_max = (n) }

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        TURNS(request_comes_as_the_task_goes_to_sleep, 2),
        TURNS(two_requests_meet, 1),
        TURNS(second_request_waits_for_the_stream_of_the_first, 2),
        TURNS(streams_become_fewer_as_requests_are_made, 1),
        TURNS(tunnel_waits_for_the_settings, 2),
        TURNS(server_leaves_without_settings, 2),
        TURNS(place_is_taken_back, 2),
        TURNS(writer_waits_for_room, 2),
        TURNS(writer_waits_for_a_server_that_does_not_read, 2),
        TURNS(server_waits_for_the_window, 2),
        TURNS(writer_waits_as_the_server_leaves, 2),
        TURNS(response_is_freed_as_the_last_byte_is_written, 2),
        TURNS(call_is_taken_back_as_its_bytes_are_written, 2),
        TURNS(response_ends_as_it_is_taken_back, 2),
        TURNS(all_know_that_it_takes_no_more, 2),
        TURNS(end_in_order_meets_a_request, 2),
        TURNS(two_end_it_in_order, 1),
        TURNS(last_owner_leaves_a_response, 2),
        TURNS(last_owner_leaves_after_a_goodbye, 2),
        TURNS(goodbye_comes_as_a_request_is_made, 2),
        TURNS(goodbye_comes_as_one_waits_for_a_stream, 2),
        TURNS(server_leaves_as_all_wait, 2),
        TURNS(task_is_dropped_as_all_wait, 2),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
