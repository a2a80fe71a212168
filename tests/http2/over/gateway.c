/* SPDX-License-Identifier: MIT */
/* tests/http2/over/gateway.c: the task of a gateway. See over.h. */
#include "over.h"

#define IN_MAX  65536u /* of a client, not yet taken */
#define OUT_MAX 65536u /* for a client that does not read */

/* ---- Text ------------------------------------------------------------------------------------ */

static void over_grow(over_text *t, size_t n) {
    if (t->cap - t->len >= n) return;
    t->cap = 2 * t->cap + n;
    t->ptr = realloc(t->ptr, t->cap);
    CHECK(t->ptr != NULL);
}

void over_add(over_text *t, const void *bytes, size_t n) {
    if (n == 0) return;
    over_grow(t, n);
    memcpy(t->ptr + t->len, bytes, n);
    t->len += n;
}

void over_print(over_text *t, const char *format, ...) {
    va_list args;
    over_grow(t, 256);
    va_start(args, format);
    int n = vsnprintf(t->ptr + t->len, 256, format, args);
    va_end(args);
    CHECK(n >= 0 && n < 256);
    t->len += (size_t)n;
}

void over_drop(over_text *t, size_t n) {
    if (n == 0) return;
    memmove(t->ptr, t->ptr + n, t->len - n);
    t->len -= n;
}

/* ---- The server ------------------------------------------------------------------------------ */

static void over_send(over *o) {
    const uint8_t *bytes;
    ssize_t n = 0;
    while (o->has_begun && (n = nghttp2_session_mem_send(o->session, &bytes)) > 0)
        if (!o->is_lost && !o->is_shut && edo_write_all(o->server, bytes, (size_t)n) < 0)
            o->is_lost = true;
    CHECK_EQ(n, 0);
}

static void over_hear(over *o) {
    char bytes[16384];
    int n = 0;
    while (!o->is_lost && o->out.len <= OUT_MAX &&
           (n = edo_try_read(o->server, bytes, sizeof bytes)) > 0) {
        CHECK_EQ(nghttp2_session_mem_recv(o->session, (const uint8_t *)bytes, (size_t)n), n);
        if (o->body.len > OUT_MAX) return;
    }
    if (o->out.len > OUT_MAX) return;
    if (n != -EAGAIN) o->is_lost = true;
}

/* A client that has ended its output has ended that of the connection, once all of it is sent. */
static void over_shut(over *o) {
    if (o->in_broken) o->is_lost = true;
    bool is_done = o->in_ended && !o->is_shut && o->up.len == 0 && o->takes != OVER_TUNNEL;
    if (!is_done || (o->has_begun && nghttp2_session_want_write(o->session))) return;
    o->is_shut = true;
    (void)edo_shutdown(o->server);
}

/* ---- The client ------------------------------------------------------------------------------ */

static bool over_wants(const over *o) {
    return !o->in_ended && o->in.len <= IN_MAX;
}

static void over_listen(over *o) {
    char bytes[16384];
    int n = 0;
    while (over_wants(o) && (n = edo_try_read(o->client, bytes, sizeof bytes)) > 0)
        over_add(&o->in, bytes, (size_t)n);
    if (!over_wants(o) || n == -EAGAIN) return;
    o->in_ended = true;
    o->in_broken = n < 0;
}

/* Returns false if the client takes nothing any more. */
static bool over_tell(over *o) {
    int n = 0;
    while (o->out.len > 0 && (n = edo_try_write(o->client, o->out.ptr, o->out.len)) > 0)
        over_drop(&o->out, (size_t)n);
    return n >= 0 || n == -EAGAIN;
}

/* ---- The task -------------------------------------------------------------------------------- */

static void over_wait(over *o) {
    edo_io_ready_future client, room, server;
    edo_select_future first;
    edo_future *all[3] = { NULL };
    if (over_wants(o)) all[0] = edo_io_ready_init(&client, o->client, EDO_IO_READ);
    if (o->out.len > 0) all[1] = edo_io_ready_init(&room, o->client, EDO_IO_WRITE);
    if (o->out.len <= OUT_MAX) all[2] = edo_io_ready_init(&server, o->server, EDO_IO_READ);
    if (edo_await(edo_select_init(&first, all, 3, 0)) < 0) o->is_lost = true;
}

/* Says good-bye, and waits until the server has closed the connection: what its handlers do behind
 * the response they can end. */
static void over_end(over *o) {
    (void)nghttp2_session_terminate_session(o->session, NGHTTP2_NO_ERROR);
    while (!o->is_lost) {
        over_send(o);
        if (!o->is_lost && edo_io_ready(o->server, EDO_IO_READ) < 0) break;
        over_hear(o);
    }
}

/* Returns whether it did something that lets it do more. */
static bool over_turn(over *o) {
    over_takes before = o->takes;
    over_listen(o);
    if (!o->has_begun && !over_begin_with(o)) o->is_lost = true;
    size_t up_before = o->up.len;
    bool has_taken = over_take(o);
    over_send(o);
    over_shut(o);
    over_hear(o);
    o->is_over |= over_answer(o);
    if (!over_tell(o)) o->is_lost = true;
    if (o->is_ended && o->out.len == 0) (void)edo_shutdown(o->client);
    if (o->has_begun && nghttp2_session_want_write(o->session)) return true;
    return has_taken || o->takes != before || o->up.len < up_before;
}

static void over_begin(over *o) {
    nghttp2_session_callbacks *c;
    CHECK_EQ(nghttp2_session_callbacks_new(&c), 0);
    over_set_callbacks(c);
    CHECK_EQ(nghttp2_session_client_new(&o->session, c, o), 0);
    CHECK_EQ(nghttp2_submit_settings(o->session, 0, NULL, 0), 0);
    nghttp2_session_callbacks_del(c);
}

static void over_free(over *o) {
    nghttp2_session_del(o->session);
    over_text *all[] = { &o->in,  &o->up,     &o->tail, &o->protocol,
                         &o->out, &o->fields, &o->body, &o->end_fields };
    for (size_t i = 0; i < EDO_COUNT(all); i++) free(all[i]->ptr);
    free(o);
}

/* Lets the other end see a reset, where that can be: memory knows none. */
static void over_break(edo_stream *s) {
    if (edo_stream_fd(s) >= 0) EDO_TEST_OK(edo_tcp_set_reset_on_close(s, true));
}

/* Ends both connections, as they were ended by the other one. */
static void over_close(over *o) {
    if (o->out.len > 0 && edo_write_all(o->client, o->out.ptr, o->out.len) < 0) o->is_lost = true;
    if (o->in_broken) over_break(o->server);
    if (o->is_broken) {
        over_break(o->client);
        edo_close(o->client); // at once, by the only reference
        o->client = NULL;
    } else {
        (void)edo_shutdown(o->client);
    }
    if (!o->is_lost) over_end(o);
    edo_close(o->server);
    edo_close(o->client);
}

static int over_main(void *arg) {
    over *o = arg;
    over_begin(o);
    while (!o->is_over && !o->is_lost)
        if (!over_turn(o) && !o->is_over && !o->is_lost) over_wait(o);
    over_close(o);
    over_free(o);
    return 0;
}

static edo_stream *over_client(const served *s, edo_stream **ours) {
    char address[32];
    edo_stream *client;
    edo_listener *l;
    if (s->is_in_memory) {
        EDO_TEST_OK(edo_duplex(&client, ours, s->pipe_bytes ? s->pipe_bytes : PIPE_BYTES));
        return client;
    }
    EDO_TEST_OK(edo_tcp_listen(&l, "127.0.0.1:0", &s->tcp));
    (void)snprintf(address, sizeof address, "127.0.0.1:%u", (unsigned)edo_listener_port(l));
    EDO_TEST_OK(edo_tcp_connect(&client, address, &s->tcp));
    EDO_TEST_OK(edo_accept(l, ours));
    edo_listener_close(l);
    return client;
}

edo_stream *edo_test_over(const served *s, edo_stream *server) {
    over *o = calloc(1, sizeof *o);
    CHECK(o != NULL);
    o->server = server;
    edo_stream *client = over_client(s, &o->client);
    EDO_TEST_OK(edo_spawn_detached(over_main, o));
    return client;
}
