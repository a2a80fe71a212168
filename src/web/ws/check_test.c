/* SPDX-License-Identifier: MIT */
/* Goal: the parts of a WebSocket fit together after whatever is sent, posted and received, and what
 * does not is named.
 * Method: a socket over a pipe in memory of a few bytes, of which each step is followed by a walk;
 * one that is broken by hand in a child. */
#include "web/ws/waiting.h"

#include <edo/streams.h>
#include <edo/task.h>

#include <errno.h>
#include <string.h>

#include "inside.h"
#include "last_words.h"

#define PIPE_BYTES 16

typedef struct pair {
    edo_ws *ws;
    edo_stream *ours, *theirs;
} pair;

static const edo_ws_opts opts = { .ping_interval = { -1 } };

static void begin(pair *p) {
    CHECK_EQ(edo_duplex(&p->ours, &p->theirs, PIPE_BYTES), 0);
    p->ws = edoi_ws_waiting_new(&opts, NULL);
    CHECK(p->ws != NULL);
    CHECK_EQ(edoi_ws_attach(p->ws, p->ours, EDO_STR("")), 0);
    edoi_ws_check(p->ws);
}

static void end(pair *p) {
    edo_close(p->ours);
    edo_close(p->theirs);
    for (int i = 0; i < 10; i++) (void)edo_yield(); // flushers hear of it
    edoi_ws_check(p->ws);
    edo_rc_unref(p->ws);
}

static int post(pair *p, const char *text) {
    edo_ws_frame *f;
    CHECK_EQ(edo_ws_frame_new(&f, &(edo_ws_message){ EDO_WS_TEXT, edo_str_of(text) }), 0);
    int err = edo_ws_post(p->ws, f);
    edo_ws_frame_unref(f);
    edoi_ws_check(p->ws);
    return err;
}

/* The peer reads what has come; a flusher writes more. */
static size_t hear(pair *p) {
    char heard[PIPE_BYTES];
    int n = edo_try_read(p->theirs, heard, sizeof heard);
    for (int i = 0; i < 10; i++) (void)edo_yield();
    edoi_ws_check(p->ws);
    return n > 0 ? (size_t)n : 0;
}

static int posts(void *arg) {
    pair p;
    (void)arg;
    begin(&p);
    size_t sent = 0, heard = 0, n;
    for (int i = 0; i < 20; i++) { // the ring grows, and wraps around
        CHECK_EQ(post(&p, "ten bytes!"), 0);
        sent += 12;
        if (i % 3 == 0) heard += hear(&p);
    }
    CHECK_EQ(edo_ws_close(p.ws, EDO_WS_CLOSE_NORMAL, EDO_STR("")), 0);
    edoi_ws_check(p.ws);
    CHECK_EQ(post(&p, "too late"), -EDO_ECLOSED);
    while ((n = hear(&p)) > 0) heard += n;
    CHECK_EQ(heard, sent + 4);
    end(&p);
    return 0;
}

static void socket_holds_together_while_a_queue_fills_and_drains(void **state) {
    (void)state;
    assert_int_equal(inside(posts, NULL), 0);
}

static int pieces(void *arg) {
    pair p;
    (void)arg;
    begin(&p);
    CHECK_EQ(edo_ws_send_piece(p.ws, &(edo_ws_message){ EDO_WS_TEXT, EDO_STR("a") }, false), 0);
    edoi_ws_check(p.ws);
    CHECK_EQ(post(&p, "waits"), 0);
    for (int i = 0; i < 10; i++) (void)edo_yield(); // a flusher finds that it may not go
    edoi_ws_check(p.ws);
    CHECK_EQ(edo_ws_send_piece(p.ws, &(edo_ws_message){ EDO_WS_TEXT, EDO_STR("b") }, true), 0);
    edoi_ws_check(p.ws);
    CHECK_EQ(hear(&p) + hear(&p), 3 + 3 + 7);
    end(&p);
    return 0;
}

static void socket_holds_together_while_a_message_goes_in_pieces(void **state) {
    (void)state;
    assert_int_equal(inside(pieces, NULL), 0);
}

static int messages(void *arg) {
    static const char frames[] = "\x81\x82\0\0\0\0xy\x01\x81\0\0\0\0z\x80\x80\0\0\0\0";
    edo_ws_recv_future f;
    edo_ws_message m;
    pair p;
    (void)arg;
    begin(&p);
    size_t got = 0;
    for (size_t at = 0; at < sizeof frames - 1; at++) { // byte by byte
        CHECK_EQ(edo_try_write(p.theirs, frames + at, 1), 1);
        if (edo_poll_once(edo_ws_recv_init(&f, p.ws, &m)) == EDO_READY) {
            CHECK_EQ(edo_result(&f), 0);
            got += m.data.len;
        }
        edo_drop(&f.base);
        edoi_ws_check(p.ws);
    }
    CHECK_EQ(got, 3);
    end(&p);
    return 0;
}

static void socket_holds_together_while_messages_come_byte_by_byte(void **state) {
    (void)state;
    assert_int_equal(inside(messages, NULL), 0);
}

/* ---- Broken by hand -------------------------------------------------------------------------- */

static void fill_queue(pair *p) {
    begin(p);
    for (int i = 0; i < 3; i++) (void)post(p, "ten bytes!");
}

static int break_queue(void *arg) {
    pair p;
    (void)arg;
    fill_queue(&p);
    p.ws->queue.ring->bytes++;
    edoi_ws_check(p.ws);
    return 0;
}

static int forget_flusher(void *arg) {
    pair p;
    (void)arg;
    fill_queue(&p);
    p.ws->queue.ring->is_flushing = false;
    edoi_ws_check(p.ws);
    return 0;
}

static int break_reader(void *arg) {
    pair p;
    (void)arg;
    begin(&p);
    p.ws->reader.has_failed = true;
    edoi_ws_check(p.ws);
    return 0;
}

static int break_writer(void *arg) {
    pair p;
    (void)arg;
    begin(&p);
    p.ws->writer.piece_kind = 8; // a close
    edoi_ws_check(p.ws);
    return 0;
}

static int in_runtime(void *fn) {
    return inside(*(edo_task_fn **)fn, NULL);
}

static void assert_named(edo_task_fn *breaks, const char *invariant) {
    char said[8192];
    int status = last_words(in_runtime, &breaks, said, sizeof said);
#ifdef EDO_DEBUG
    assert_true(is_abort(status));
    assert_non_null(strstr(said, invariant));
#else
    assert_true(WIFEXITED(status));
    (void)invariant;
#endif
}

static void broken_socket_is_named_by_its_invariant(void **state) {
    (void)state;
    assert_named(break_queue, "queue inv. 1");
    assert_named(forget_flusher, "ws inv. 5");
    assert_named(break_reader, "ws inv. 6");
    assert_named(break_writer, "ws inv. 7");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(broken_socket_is_named_by_its_invariant), // a fork: before any fiber
        cmocka_unit_test(socket_holds_together_while_a_queue_fills_and_drains),
        cmocka_unit_test(socket_holds_together_while_a_message_goes_in_pieces),
        cmocka_unit_test(socket_holds_together_while_messages_come_byte_by_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
