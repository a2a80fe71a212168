/* SPDX-License-Identifier: MIT */
/* Goal: the walker of a connection names what is broken, and finds nothing wrong where the rare
 * right path goes; the state of a stream's fiber moves as its table says.
 * Method: a connection of a server that nothing runs. It is fed frames that are made by hand, and
 * what its tasks would do is done by hand, too. */
#include "http2/h2.h"

#include "broken.h"

#include <string.h>

#define STREAMS_MAX 4
#define SEND_BUF    1000

/* ---- A connection ---------------------------------------------------------------------------- */

static edoi_http_server *server;
static edoi_http_conn *conn;
static edoi_h2_conn *h2;

static edo_polled socket_shutdown(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    (void)s, (void)cx, (void)wait;
    *result = 0;
    return EDO_READY;
}

static void socket_unwait(edo_stream *s, edo_io_wait *wait) {
    (void)s, (void)wait;
}

static void socket_close(edo_stream *s) {
    (void)s;
}

static const edo_stream_ops socket_ops = { .name = "socket",
                                           .poll_shutdown = socket_shutdown,
                                           .unwait = socket_unwait,
                                           .close = socket_close,
                                           .free = socket_close };

static edo_stream socket_of_conn;

/* As in a turn: fed with the lock held. What has ended by that is freed. */
static void feed(const void *bytes, size_t n) {
    edoi_h2_lock(h2);
    assert_int_equal(nghttp2_session_mem_recv(h2->session, bytes, n), n);
    edoi_h2_unlock(h2);
    edoi_h2_free_ended(h2);
}

static void feed_frame(uint8_t type, uint8_t flags, uint8_t id, const void *bytes, size_t n) {
    const uint8_t head[9] = {
        (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n, type, flags, 0, 0, 0, id
    };
    feed(head, sizeof head);
    feed(bytes, n);
}

/* A POST to http://a/, of which the body follows. */
static edoi_h2_stream *feed_request(uint8_t id) {
    static const uint8_t fields[] = { 0x83, 0x86, 0x84, 0x41, 1, 'a' };
    feed_frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, id, fields, sizeof fields);
    return nghttp2_session_get_stream_user_data(h2->session, id);
}

static void feed_data(uint8_t id, size_t n) {
    static const uint8_t bytes[16384];
    feed_frame(NGHTTP2_DATA, 0, id, bytes, n);
}

static void begin(uint32_t stream_window) {
    const edo_http2_opts two = { .streams_max = STREAMS_MAX,
                                 .send_buf = SEND_BUF,
                                 .stream_window = stream_window };
    const edo_http_server_opts opts = { .conns_max = 1, .headers_max = 100, .http2 = &two };
    assert_int_equal(edoi_http_server_new(&server, NULL, NULL, &opts, NULL), 0);
    conn = edo_slab_get(server->conns);
    assert_non_null(conn);
    socket_of_conn = (edo_stream){ .ops = &socket_ops, .refs = EDOI_ATOMIC_INIT(1) };
    *conn = (edoi_http_conn){ .server = edo_rc_ref(server),
                              .stream = &socket_of_conn,
                              .version = EDOI_HTTP_CONN_2,
                              .refs = EDOI_ATOMIC_INIT(1) };
    assert_int_equal(edo_sem_try_acquire(&server->places, 1), 0);
    edoi_http_server_add(server, conn);
    assert_int_equal(edoi_http2_server.begin(conn, EDO_STR("")), 0);
    h2 = conn->http2;
    feed(EDOI_HTTP2_PREFACE, EDOI_HTTP2_PREFACE_BYTES);
    feed_frame(NGHTTP2_SETTINGS, NGHTTP2_FLAG_NONE, 0, "", 0);
}

static void walk(void) {
    edoi_h2_lock(h2);
    edoi_h2_check(h2);
    edoi_h2_unlock(h2);
}

/* As at the end of the connection's task. All streams have gone with it. */
static void end(void) {
    walk();
    edoi_http2_server.drop(conn);
    assert_null(h2->streams);
    walk();
    edoi_http_server_forget(server, conn);
    edoi_http_conn_unref(conn);
    edo_rc_unref(server);
}

/* As edoi_h2_start_fresh(), up to the spawn. */
static void take_fresh(void) {
    for (edoi_h2_stream *s = h2->fresh; s; s = s->fiber.next_fresh)
        (void)edoi_h2_fiber_on_take(&s->fiber);
    h2->fresh = NULL;
    h2->fresh_end = &h2->fresh;
}

static void put(edoi_h2_queue *q, size_t n) {
    static const char bytes[32768];
    assert_int_equal(edoi_h2_queue_put(q, bytes, n), 0);
}

/* ---- Right paths ----------------------------------------------------------------------------- */

static void requests_that_come_fit_together_at_each_byte(void **state) {
    static const char text[] =
        "\0\0\6\1\4\0\0\0\1\x83\x86\x84\x41\1a" // HEADERS, as of feed_request()
        "\0\0\3\0\0\0\0\0\1xyz"                 // DATA
        "\0\0\4\3\0\0\0\0\1\0\0\0\10";          // RST_STREAM: CANCEL
    (void)state;
    begin(0);
    for (size_t i = 0; i < sizeof text - 1; i++) {
        feed(text + i, 1);
        walk();
    }
    assert_null(h2->streams);
    end();
}

/* nghttp2 hands out what came, and resets the stream, for which there may be no room in the socket
 * for a while. */
static void client_that_goes_beyond_a_streams_window_breaks_no_sum(void **state) {
    (void)state;
    begin(100);
    edoi_h2_lock(h2);
    for (const uint8_t *bytes; nghttp2_session_mem_send(h2->session, &bytes) > 0;) {
    }
    edoi_h2_unlock(h2);
    feed_frame(NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0, "", 0); // the window is 100 bytes by now
    edoi_h2_stream *s = feed_request(1);
    feed_data(1, 16384);
    assert_true(s->in_session);
    assert_int_equal(s->in.queue.bytes, 16384);
    end();
}

static void waiter_may_have_gone_though_its_wake_is_due(void **state) {
    static edo_waker waker;
    (void)state;
    begin(0);
    edoi_h2_stream *s = feed_request(1);
    s->wakes.reader.waker = &waker;
    feed_data(1, 5);
    s->wakes.reader = (edoi_h2_waiter){ 0 }; // by a read, in a later hold of the lock
    walk();
    edoi_h2_lock(h2);
    edoi_h2_deliver(h2);
    edoi_h2_unlock(h2);
    end();
}

static void stream_without_memory_for_a_fiber_keeps_what_came(void **state) {
    (void)state;
    begin(0);
    edoi_h2_stream *s = feed_request(1);
    feed_data(1, 5);
    take_fresh();
    assert_null(edoi_h2_fiber_on_spawn(&s->fiber));
    assert_int_equal(s->fiber.phase, EDOI_H2_WITHOUT);
    assert_int_equal(s->in.queue.bytes, 5);
    end();
}

static void handler_may_end_before_its_spawn_has_returned(void **state) {
    static char task;
    (void)state;
    begin(0);
    edoi_h2_stream *s = feed_request(1);
    take_fresh();
    assert_null(edoi_h2_fiber_on_end(&s->fiber)); // the state machine has the task
    s->fiber.task = (edo_task *)(void *)&task;
    assert_ptr_equal(edoi_h2_fiber_on_spawn(&s->fiber), &task);
    assert_int_equal(s->fiber.phase, EDOI_H2_OVER);
    end();
}

static void handler_that_runs_gives_its_task_back_at_its_end(void **state) {
    static char task;
    (void)state;
    begin(0);
    edoi_h2_stream *s = feed_request(1);
    take_fresh();
    s->fiber.task = (edo_task *)(void *)&task;
    assert_null(edoi_h2_fiber_on_spawn(&s->fiber));
    assert_int_equal(s->fiber.phase, EDOI_H2_RUNS);
    walk();
    assert_ptr_equal(edoi_h2_fiber_on_end(&s->fiber), &task);
    end();
}

static void refused_request_gets_no_fiber(void **state) {
    (void)state;
    begin(0);
    h2->shared->opts.header_list_max = 100;
    edoi_h2_stream *s = feed_request(1);
    assert_int_equal(s->fiber.phase, EDOI_H2_REFUSED);
    feed_data(1, 5); // nobody will read it
    assert_int_equal(s->in.queue.bytes, 0);
    walk();
    take_fresh();
    assert_int_equal(s->fiber.phase, EDOI_H2_WITHOUT);
    end();
}

/* ---- Broken by hand -------------------------------------------------------------------------- */

typedef struct harm {
    const char *name;
    void (*fn)(edoi_h2_stream *s); /* the newest of three */
} harm;

/* Three requests with some bytes of a body each wait for their fibers. The newest one has bytes of
 * a response, too, and a cancel is due. */
static int walk_after(void *arg) {
    begin(0);
    for (uint8_t id = 1; id <= 5; id += 2) {
        (void)feed_request(id);
        feed_data(id, 5);
    }
    edoi_h2_stream *s = h2->streams;
    put(&s->out.queue, 10);
    h2->held += 10;
    edoi_h2_cancel(s);
    walk();
    ((harm *)arg)->fn(s);
    walk();
    return 0;
}

static void pin_a_piece(edoi_h2_stream *s) {
    s->pins++;
}

static void have_no_holder(edoi_h2_stream *s) {
    s->in_session = false;
    (void)edoi_h2_fiber_on_close(&s->fiber);
}

static void count_a_stream_twice(edoi_h2_stream *s) {
    s->h2->streams_n++;
}

static void count_a_byte_of_responses_twice(edoi_h2_stream *s) {
    s->h2->held++;
}

static void count_a_byte_of_fields_twice(edoi_h2_stream *s) {
    s->h2->guard.heads++;
}

static void count_a_handler_as_forsaken(edoi_h2_stream *s) {
    s->h2->guard.forsaken_n++;
}

static void forsake_a_handler_that_is_not_there(edoi_h2_stream *s) {
    s->fiber.is_forsaken = true;
    s->h2->guard.forsaken_n++;
}

static void lose_a_byte_of_a_queue(edoi_h2_stream *s) {
    s->in.queue.bytes--;
}

static void lose_the_end_of_a_queue(edoi_h2_stream *s) {
    s->out.queue.last = NULL;
}

static void lose_a_link(edoi_h2_stream *s) {
    s->next->prev = NULL;
}

static void leave_woken(edoi_h2_stream *s) {
    s->h2->woken = NULL;
}

static void make_nothing_due(edoi_h2_stream *s) {
    s->wakes.cancel_is_due = false;
}

static void be_woken_twice(edoi_h2_stream *s) {
    s->wakes.next = s;
}

static void leave_fresh(edoi_h2_stream *s) {
    s->h2->fresh = s->h2->fresh->fiber.next_fresh;
}

static void lose_the_end_of_fresh(edoi_h2_stream *s) {
    s->h2->fresh_end = &s->h2->fresh;
}

static void stay_in_fresh_without_a_fiber(edoi_h2_stream *s) {
    (void)edoi_h2_fiber_on_close(&s->fiber);
}

static void leave_a_record_unfreed(edoi_h2_stream *s) {
    s->h2->ended = s;
}

static void be_forgotten_by_the_session(edoi_h2_stream *s) {
    (void)nghttp2_session_set_stream_user_data(s->h2->session, s->id, NULL);
}

static void start_no_fiber_to_the_end(edoi_h2_stream *s) {
    (void)s;
    take_fresh();
}

static void leave_the_session_unstarted(edoi_h2_stream *s) {
    s->in_session = false;
}

static void wait_for_the_head_of_none(edoi_h2_stream *s) {
    static edoi_h2_stream other;
    s->h2->heading = &other;
}

static void have_what_no_client_sent(edoi_h2_stream *s) {
    put(&s->in.queue, 1);
}

static void have_too_many_streams(edoi_h2_stream *s) {
    s->h2->shared->opts.streams_max = 2;
}

static void queue_too_much(edoi_h2_stream *s) {
    put(&s->out.queue, SEND_BUF + EDOI_H2_CHUNK_MAX);
    s->h2->held += SEND_BUF + EDOI_H2_CHUNK_MAX;
}

static void have_two_bodies(edoi_h2_stream *s) {
    s->out.whole = EDO_STR("whole");
}

static void keep_what_nobody_reads(edoi_h2_stream *s) {
    take_fresh();
    (void)edoi_h2_fiber_on_end(&s->fiber);
}

static void run_without_a_task(edoi_h2_stream *s) {
    static char task;
    take_fresh();
    s->fiber.task = (edo_task *)(void *)&task;
    (void)edoi_h2_fiber_on_spawn(&s->fiber);
    s->fiber.task = NULL;
}

static void the_walker_names_what_is_broken(void **state) {
    (void)state;
    harm rows[] = {
        { "h2 inv. 2: ", pin_a_piece },
        { "h2 inv. 2: ", have_no_holder },
        { "h2 inv. 4: ", count_a_stream_twice },
        { "h2 inv. 4: ", count_a_byte_of_responses_twice },
        { "h2 inv. 4: ", count_a_byte_of_fields_twice },
        { "h2 inv. 4: ", count_a_handler_as_forsaken },
        { "h2 inv. 4: ", forsake_a_handler_that_is_not_there },
        { "h2 inv. 4: ", lose_a_byte_of_a_queue },
        { "h2 inv. 4: ", lose_the_end_of_a_queue },
        { "h2 inv. 5: ", lose_a_link },
        { "h2 inv. 5: ", leave_woken },
        { "h2 inv. 5: ", make_nothing_due },
        { "h2 inv. 5: ", be_woken_twice },
        { "h2 inv. 5: ", leave_fresh },
        { "h2 inv. 5: ", lose_the_end_of_fresh },
        { "h2 inv. 5: ", stay_in_fresh_without_a_fiber },
        { "h2 inv. 5: ", leave_a_record_unfreed },
        { "h2 inv. 6: ", be_forgotten_by_the_session },
        { "h2 inv. 6: ", start_no_fiber_to_the_end },
        { "h2 inv. 6: ", leave_the_session_unstarted },
        { "h2 inv. 6: ", wait_for_the_head_of_none },
        { "h2 inv. 7: ", have_what_no_client_sent },
        { "h2 inv. 8: ", have_too_many_streams },
        { "h2 inv. 8: ", queue_too_much },
        { "h2 inv. 8: ", have_two_bodies },
        { "h2 inv. 8: ", keep_what_nobody_reads },
        { "fiber inv. 1: ", run_without_a_task },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) assert_broken(rows[i].name, walk_after, &rows[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_walker_names_what_is_broken),
        cmocka_unit_test(requests_that_come_fit_together_at_each_byte),
        cmocka_unit_test(client_that_goes_beyond_a_streams_window_breaks_no_sum),
        cmocka_unit_test(waiter_may_have_gone_though_its_wake_is_due),
        cmocka_unit_test(stream_without_memory_for_a_fiber_keeps_what_came),
        cmocka_unit_test(handler_may_end_before_its_spawn_has_returned),
        cmocka_unit_test(handler_that_runs_gives_its_task_back_at_its_end),
        cmocka_unit_test(refused_request_gets_no_fiber),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
