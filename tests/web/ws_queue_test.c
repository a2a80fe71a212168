/* SPDX-License-Identifier: MIT */
/* Goal: frames that wait neither follow a close, nor keep others from the connection, nor take more
 * memory than their bound; a peer that passes over a close is given up.
 * Method: sockets as functions, whose clients read late, slowly, or not at all; time that passes
 * only when no task can run. */
#include "ws_client.h"

#include <edo/scope.h>

#include <malloc.h>
#include <stdatomic.h>
#include <sys/socket.h>

/* ---- Memory ---------------------------------------------------------------------------------- */

static atomic_size_t bytes_now, bytes_peak;

static void *note(void *p) {
    size_t now = p ? atomic_fetch_add(&bytes_now, malloc_usable_size(p)) : 0;
    size_t peak = atomic_load(&bytes_peak);
    while (now > peak && !atomic_compare_exchange_weak(&bytes_peak, &peak, now)) continue;
    return p;
}

static void *take(void *arg, size_t n) {
    (void)arg;
    return note(malloc(n));
}

static void give(void *arg, void *p) {
    (void)arg;
    if (p) atomic_fetch_sub(&bytes_now, malloc_usable_size(p));
    free(p);
}

static void *resize(void *arg, void *old, size_t n) {
    (void)arg;
    size_t before = old ? malloc_usable_size(old) : 0;
    void *p = realloc(old, n);
    if (p) atomic_fetch_sub(&bytes_now, before);
    return note(p);
}

static const edo_allocator counting = { .alloc = take, .realloc = resize, .free = give };

/* ---- A server -------------------------------------------------------------------------------- */

/* Counted on whatever thread runs the connection. */
static struct {
    atomic_int opened, closed, messages;
    edo_ws *sockets[8]; /* counted; [i] is to be read once `opened` exceeds i */
} seen;

static int opens(edo_ws *ws) {
    int at = atomic_load(&seen.opened);
    seen.sockets[at] = edo_ws_ref(ws);
    atomic_store(&seen.opened, at + 1);
    return 0;
}

static int counts(edo_ws *ws, const edo_ws_message *m) {
    (void)ws, (void)m;
    seen.messages++;
    return 0;
}

static void closes(edo_ws *ws) {
    (void)ws;
    seen.closed++;
}

static const edo_ws_handler functions = { .on_open = opens,
                                          .on_message = counts,
                                          .on_close = closes };
static const edo_ws_handler *handler = &functions;
static edo_ws_opts options;

static int route(edo_web *w) {
    return edo_ws_handle(w, handler, NULL, &options);
}

static edo_stream *serve_sockets(web_served *s, edo_ws_opts opts) {
    int much = 4 << 20; // input waits at the server, less where the system says so
    edo_router *r = edo_router_new();
    edo_router_get(r, "/echo", route);
    memset(&seen, 0, sizeof seen);
    options = opts;
    s->http.pipe_bytes = (size_t)much;
    web_begin(s, r);
    if (!s->http.is_in_memory)
        CHECK_EQ(setsockopt(edo_listener_fd(s->http.listener), SOL_SOCKET, SO_RCVBUF, &much,
                            sizeof much),
                 0);
    return upgraded(s);
}

static int end(web_served *s) {
    handler = &functions;
    for (int i = 0; i < seen.opened; i++) edo_ws_unref(seen.sockets[i]);
    return web_end(s);
}

static int post_some(size_t n) {
    static char bytes[8 << 20];
    edo_ws_frame *f;
    CHECK_EQ(edo_ws_frame_new(&f, &(edo_ws_message){ EDO_WS_BINARY, { bytes, n } }), 0);
    int err = edo_ws_post(seen.sockets[0], f);
    edo_ws_frame_unref(f);
    return err;
}

/* ---- The close ------------------------------------------------------------------------------- */

#define LONG ((size_t)8 << 20)

static int sends_long(void *arg) {
    static char bytes[LONG];
    (void)arg;
    return edo_ws_send_binary(seen.sockets[0], (edo_str){ bytes, sizeof bytes });
}

static int late(void *arg) {
    static char got[65536], last[4];
    web_served s = { .opts = { .state = NULL } };
    (void)arg;
    edo_stream *c = serve_sockets(&s, (edo_ws_opts){ .message_max = 0 });
    WAIT_FOR_EQ(seen.opened, 1);
    edo_task *sender = edo_spawn(sends_long, NULL);
    CHECK_EQ(edo_sleep(edo_ms(10)), 0);
    send_frame(c, CLOSE_, "\x03\xe8", 2);
    CHECK_EQ(edo_sleep(edo_ms(10)), 0);
    CHECK_EQ(post_some(4), 0); // behind the response to the close, which waits for the long message
    size_t total = 0;
    int n;
    while ((n = edo_read(c, got, sizeof got)) > 0) {
        total += (size_t)n;
        if (n >= 4) memcpy(last, got + n - 4, 4);
    }
    CHECK_EQ(n, 0);
    CHECK_EQ(total, 10 + LONG + 4);
    CHECK_EQ(memcmp(last, "\x88\x02\x03\xe8", 4), 0);
    CHECK_EQ(edo_task_join(sender), 0);
    edo_close(c);
    WAIT_FOR_EQ(seen.closed, 1);
    return end(&s);
}

static void nothing_is_sent_behind_a_close(void **state) {
    (void)state;
    assert_int_equal(inside(late, NULL), 0);
}

/* It goes on to send after our close. */
static int stubborn(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    (void)arg;
    edo_stream *c = serve_sockets(&s, (edo_ws_opts){ .message_max = 0 });
    send_frame(c, TEXT, "one", 3);
    WAIT_FOR_EQ(seen.messages, 1);
    CHECK_EQ(edo_ws_close(seen.sockets[0], EDO_WS_CLOSE_POLICY, EDO_STR("enough")), 0);
    expect_close(c, EDO_WS_CLOSE_POLICY);
    edo_instant start = edo_now();
    for (int i = 0; i < 600 && seen.closed == 0; i++) {
        size_t n = print_frame(wire, TEXT, "more", 4);
        (void)edo_try_write(c, wire, n);
        CHECK_EQ(edo_sleep(edo_ms(100)), 0);
    }
    CHECK_EQ(seen.closed, 1);
    CHECK(ms_since(start) < 10000);
    CHECK_EQ(seen.messages, 1);
    edo_close(c);
    return end(&s);
}

static void peer_that_passes_over_a_close_is_given_up(void **state) {
    (void)state;
    assert_int_equal(inside(stubborn, NULL), 0);
}

/* ---- The queue ------------------------------------------------------------------------------- */

/* Always more is posted than is read. */
static int behind(void *arg) {
    static char got[65536];
    web_served s = { .opts = { .state = NULL } };
    size_t n;
    unsigned first = 0;
    (void)arg;
    edo_stream *c =
        serve_sockets(&s, (edo_ws_opts){ .queue_bytes_max = 8 << 20, .drop_oldest = true });
    WAIT_FOR_EQ(seen.opened, 1);
    for (int i = 0; i < 1000; i++) CHECK_EQ(post_some(sizeof got), 0);
    send_frame(c, PING, "p", 1);
    for (int i = 0; i < 500 && first != PONG; i++) {
        CHECK_EQ(post_some(sizeof got), 0);
        CHECK_EQ(edo_sleep(edo_ms(1)), 0);
        CHECK_EQ(post_some(sizeof got), 0);
        first = hear_frame(c, got, &n);
        CHECK(first == BINARY || first == PONG);
    }
    CHECK_EQ(first, PONG);
    edo_close(c);
    WAIT_FOR_EQ(seen.closed, 1);
    return end(&s);
}

static void queue_that_is_never_empty_lets_a_pong_out(void **state) {
    (void)state;
    assert_int_equal(inside(behind, NULL), 0);
}

/* A frame that is larger than the queue, of which the socket has taken a part. */
static int large(void *arg) {
    static char got[LONG];
    web_served s = { .opts = { .state = NULL } };
    edo_ws_frame *f;
    size_t n;
    (void)arg;
    edo_stream *c = serve_sockets(&s, (edo_ws_opts){ .message_max = 0 });
    WAIT_FOR_EQ(seen.opened, 1);
    CHECK_EQ(edo_ws_frame_new(&f, &(edo_ws_message){ EDO_WS_BINARY, { got, LONG } }), 0);
    size_t before = bytes_now;
    bytes_peak = before;
    CHECK_EQ(edo_ws_post(seen.sockets[0], f), 0);
    CHECK_EQ(post_some(100), 0);
    edo_ws_frame_unref(f);
    CHECK(bytes_peak - before < LONG / 8);
    CHECK_EQ(hear_frame(c, got, &n), BINARY);
    CHECK_EQ(n, LONG);
    CHECK_EQ(hear_frame(c, got, &n), BINARY);
    CHECK_EQ(n, 100);
    edo_close(c);
    WAIT_FOR_EQ(seen.closed, 1);
    return end(&s);
}

static void rest_of_a_frame_is_not_copied(void **state) {
    (void)state;
    assert_int_equal(inside_each(large, NULL), 0);
}

/* ---- Peers that do not stop ------------------------------------------------------------------ */

/* Receives a piece of a message, and has enough. */
static int one_piece(edo_web *w) {
    edo_ws *ws;
    edo_ws_message m;
    bool is_last;
    int err = edo_ws_upgrade(&ws, w, &options);
    return err < 0 ? err : edo_ws_recv_piece(ws, &m, &is_last);
}

static int endless(void *arg) {
    static const char head[] = "\x82\xff\0\x01\0\0\0\0\0\0\x01\x02\x03\x04"; // 2^48 bytes
    static char bytes[65536];
    web_served s = { .opts = { .state = NULL } };
    (void)arg;
    edo_router *r = edo_router_new();
    edo_router_get(r, "/echo", one_piece);
    options = (edo_ws_opts){ .message_max = 1 << 20 };
    web_begin(&s, r);
    edo_stream *c = upgraded(&s);
    bytes_peak = bytes_now;
    size_t before = bytes_peak, total = 0;
    CHECK_EQ(edo_write_all(c, head, sizeof head - 1), 0);
    for (int i = 0; i < 100000 && total <= 8 << 20; i++) {
        int n = edo_try_write(c, bytes, sizeof bytes);
        if (n == -EAGAIN) CHECK_EQ(edo_yield(), 0);
        if (n < 0 && n != -EAGAIN) break;
        if (n > 0) total += (size_t)n;
    }
    CHECK(total > 4 << 20);
    CHECK(bytes_peak - before < 1 << 20);
    edo_close(c);
    return web_end(&s);
}

static void message_that_nobody_receives_any_more_is_not_held(void **state) {
    (void)state;
    assert_int_equal(inside(endless, NULL), 0);
}

static bool has_begun, may_begin;

static int waits(edo_ws *ws, const edo_ws_message *m) {
    has_begun = true;
    YIELD_FOR(may_begin);
    return counts(ws, m);
}

#define MANY 300000

/* More input waits than the server has read when it drains. */
static int busy(void *arg) {
    static char many[6 * MANY];
    static const edo_ws_handler slow = { .on_open = opens,
                                         .on_message = waits,
                                         .on_close = closes };
    web_served s = { .opts = { .state = NULL } };
    size_t n = 0, at = 0;
    (void)arg;
    has_begun = may_begin = false;
    for (int i = 0; i < MANY; i++) n += print_frame(many + n, BINARY, "", 0);
    handler = &slow;
    edo_stream *c = serve_sockets(&s, (edo_ws_opts){ .message_max = 0 });
    for (int i = 0; i < 1000 || !has_begun; i++) {
        int done = at < n ? edo_try_write(c, many + at, n - at) : 0;
        if (done > 0) at += (size_t)done;
        CHECK_EQ(edo_yield(), 0);
    }
    edo_task_cancel(s.http.task);
    for (int i = 0; i < 10; i++) CHECK_EQ(edo_yield(), 0);
    may_begin = true;
    expect_close(c, 1001);
    CHECK(seen.messages < (int)(at / 6));
    edo_close(c);
    return end(&s);
}

static void drain_is_told_although_the_peer_does_not_stop(void **state) {
    (void)state;
    assert_int_equal(inside(busy, NULL), 0);
}

int main(void) {
    if (edo_set_allocator(&counting) < 0) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_sent_behind_a_close),
        cmocka_unit_test(peer_that_passes_over_a_close_is_given_up),
        cmocka_unit_test(queue_that_is_never_empty_lets_a_pong_out),
        cmocka_unit_test(rest_of_a_frame_is_not_copied),
        cmocka_unit_test(message_that_nobody_receives_any_more_is_not_held),
        cmocka_unit_test(drain_is_told_although_the_peer_does_not_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
