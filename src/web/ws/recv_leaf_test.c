/* SPDX-License-Identifier: MIT */
/* Goal: the future of a receive keeps the rules of all leaves, where it waits for input and where
 * it waits for its turn to send a pong; and an end that waits for its turn to be told is one,
 * whoever sends a close meanwhile;
 * and a message that is refused leaves no memory.
 * Method: the generic leaf tests on a socket over a pipe in memory, without timers; and tasks of
 * which one holds the sender's lock until the other waits for it. */
#include "web/ws/waiting.h"

#include <edo/scope.h>
#include <edo/streams.h>
#include <edo/task.h>

#include "inside.h"
#include "leaf.h"

typedef struct env {
    edo_ws *ws;
    edo_stream *ours, *theirs;
    edo_ws_message message;
    edo_ws_recv_future f;
} env;

static const edo_ws_opts opts = { .ping_interval = { -1 } };

/* Frames with a mask of zeros. */
static const char text[] = "\x81\x81\0\0\0\0x", ping[] = "\x89\x81\0\0\0\0p";

static void write_frame(env *e, const char *frame) {
    assert_int_equal(edo_try_write(e->theirs, frame, 7), 7);
}

static int make(void *arg, edo_future **f) {
    env *e = arg;
    int err = edo_duplex(&e->ours, &e->theirs, 64);
    if (err < 0) return err;
    e->ws = edoi_ws_waiting_new(&opts, NULL);
    if (!e->ws || edoi_ws_attach(e->ws, e->ours, EDO_STR("")) < 0) {
        edo_rc_unref(e->ws);
        edo_close(e->ours);
        edo_close(e->theirs);
        return -ENOMEM;
    }
    *f = edo_ws_recv_init(&e->f, e->ws, &e->message);
    return 0;
}

static void say(void *arg) {
    write_frame(arg, text);
}

static void unsay(void *arg) {
    env *e = arg;
    assert_int_equal(e->message.data.len, 1);
    assert_int_equal(e->message.data.ptr[0], 'x');
    say(arg);
}

static void message_is_there(void *arg) {
    env *e = arg;
    edo_ws_recv_future f;
    assert_int_equal(edo_poll_once(edo_ws_recv_init(&f, e->ws, &e->message)), EDO_READY);
    assert_int_equal(edo_result(&f), 0);
    assert_int_equal(e->message.data.ptr[0], 'x');
}

static void cleanup(void *arg) {
    env *e = arg;
    edoi_ws_check(e->ws);
    edo_rc_unref(e->ws);
    edo_close(e->ours);
    edo_close(e->theirs);
}

static void receive_that_waits_for_input(void **state) {
    (void)state;
    const leaf l = { .name = "edo_ws_recv",
                     .env_bytes = sizeof(env),
                     .make = make,
                     .poke = say,
                     .undo = unsay,
                     .intact = message_is_there,
                     .cleanup = cleanup };
    leaf_run(&l);
}

/* A ping and a message are there, but another task sends. */
static int make_locked(void *arg, edo_future **f) {
    env *e = arg;
    int err = make(arg, f);
    if (err < 0) return err;
    assert_int_equal(edo_mutex_try_lock(&e->ws->writer.sending), 0);
    write_frame(e, ping);
    write_frame(e, text);
    return 0;
}

static void unlock(void *arg) {
    edo_mutex_unlock(&((env *)arg)->ws->writer.sending);
}

static void unsay_both(void *arg) {
    write_frame(arg, ping);
    write_frame(arg, text);
}

static void pong_and_message_are_there(void *arg) {
    env *e = arg;
    char pongs[8];
    message_is_there(arg);
    int n = edo_try_read(e->theirs, pongs, sizeof pongs);
    assert_true(n == 3 || n == 6); // 6: it had been ready before
    assert_memory_equal(pongs + n - 3, "\x8a\x01p", 3);
    assert_int_equal(edo_mutex_try_lock(&e->ws->writer.sending), 0); // nobody holds it
    edo_mutex_unlock(&e->ws->writer.sending);
}

static void receive_that_waits_to_send_a_pong(void **state) {
    (void)state;
    const leaf l = { .name = "edo_ws_recv of a pong",
                     .env_bytes = sizeof(env),
                     .make = make_locked,
                     .poke = unlock,
                     .no_budget = true, // what it has read before the wait is debited
                     .undo = unsay_both,
                     .intact = pong_and_message_are_there,
                     .cleanup = cleanup };
    leaf_run(&l);
}

/* ---- Ends that have to be told --------------------------------------------------------------- */

static int receives(void *arg) {
    edo_ws_message m;
    return edo_ws_recv(arg, &m);
}

/* Holds the lock as the task does that sends a close, whose peer responds before it lets go. */
static int receives_beside_a_close(edo_ws *ws, edo_stream *peer, edo_cancel_token *drain) {
    static const char response[] = "\x88\x82\0\0\0\0\x03\xe8";
    CHECK_EQ(edo_mutex_try_lock(&ws->writer.sending), 0);
    edo_task *t = edo_spawn(receives, ws);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0); // paused time: until it waits
    edoi_store_rlx_u16(&ws->writer.close_sent, EDOI_WS_CLOSE_QUEUED);
    if (drain) edo_cancel(drain, 0);
    CHECK_EQ(edo_write_all(peer, response, sizeof response - 1), 0);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0); // it has the response, and waits for the lock
    edoi_store_rlx_u16(&ws->writer.close_sent, EDOI_WS_CLOSE_WRITTEN);
    edo_mutex_unlock(&ws->writer.sending);
    return edo_task_join(t);
}

static int ends(void *arg) {
    edo_cancel_token *drain = arg;
    edo_stream *ours, *theirs;
    CHECK_EQ(edo_duplex(&ours, &theirs, 64), 0);
    edo_ws *ws = edoi_ws_waiting_new(&opts, drain);
    CHECK(ws);
    CHECK_EQ(edoi_ws_attach(ws, ours, EDO_STR("")), 0);
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(1));
    int err = edo_deadline_end(&d, receives_beside_a_close(ws, theirs, drain));
    CHECK_EQ(edo_ws_close_code(ws), drain ? EDO_WS_CLOSE_AWAY : EDO_WS_CLOSE_NORMAL);
    edo_rc_unref(ws);
    edo_close(ours);
    edo_close(theirs);
    return err;
}

static void response_to_a_close_that_is_just_sent_ends_a_receive(void **state) {
    (void)state;
    assert_int_equal(inside(ends, NULL), -EDO_ECLOSED);
}

static int drained(void *arg) {
    edo_cancel_token *drain;
    (void)arg;
    CHECK_EQ(edo_cancel_new(&drain), 0);
    int err = ends(drain);
    edo_cancel_unref(drain);
    return err;
}

static void drain_beside_a_close_that_is_just_sent_ends_a_receive(void **state) {
    (void)state;
    assert_int_equal(inside(drained, NULL), -EDO_ECLOSED);
}

static int too_long(void *arg) {
    static const edo_ws_opts short_ones = { .ping_interval = { -1 }, .message_max = 8 };
    static const char frames[] = "\x02\x86\0\0\0\0abcdef\x80\x86\0\0\0\0abcdef";
    edo_stream *ours, *theirs;
    edo_ws_message m;
    (void)arg;
    CHECK_EQ(edo_duplex(&ours, &theirs, 64), 0);
    edo_ws *ws = edoi_ws_waiting_new(&short_ones, NULL);
    CHECK(ws);
    CHECK_EQ(edoi_ws_attach(ws, ours, EDO_STR("")), 0);
    CHECK_EQ(edo_write_all(theirs, frames, sizeof frames - 1), 0);
    CHECK_EQ(edo_ws_recv(ws, &m), -EMSGSIZE);
    CHECK_EQ(ws->reader.in->message.cap, 0);
    edo_rc_unref(ws);
    edo_close(ours);
    edo_close(theirs);
    return 0;
}

static void message_that_is_too_long_leaves_no_memory(void **state) {
    (void)state;
    assert_int_equal(inside(too_long, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(response_to_a_close_that_is_just_sent_ends_a_receive),
        cmocka_unit_test(drain_beside_a_close_that_is_just_sent_ends_a_receive),
        cmocka_unit_test(message_that_is_too_long_leaves_no_memory),
        cmocka_unit_test(receive_that_waits_for_input),
        cmocka_unit_test(receive_that_waits_to_send_a_pong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
