/* SPDX-License-Identifier: MIT */
/* Goal: receiving, sending and flushing of frames over datagrams keep the rules of all leaves, and
 * no datagram is lost when memory runs out.
 * Method: the generic leaf tests over a pair of Unix datagram sockets, with the worker of a runtime
 * whose driver the test turns. */
#include <edo/udp_framed.h>
#include <edo/unix.h>

#include "leaf_io.h"

#include <poll.h>
#include <string.h>

typedef struct env {
    edo_stream *near_end, *far_end;
    edo_codec_netstring codec;
    edo_udp_framed framed;
    edo_bytes frame;
    union {
        edo_udp_framed_recv_future recv;
        edo_udp_framed_send_future send;
    } f;
} env;

static void cleanup(void *arg) {
    env *e = (env *)arg;
    edo_udp_framed_deinit(&e->framed);
    edo_bytes_unref(&e->frame);
    edo_close(e->near_end);
    edo_close(e->far_end);
    turn();
}

/* Allocations fail only in the polls. */
static env *make_framed(void *arg) {
    env *e = (env *)arg;
    edoi_alloc_fail_at(0);
    assert_int_equal(edo_unix_dgram_pair(&e->near_end, &e->far_end), 0);
    edo_codec_netstring_init(&e->codec, 0);
    assert_int_equal(edo_udp_framed_init(&e->framed, e->near_end, &e->codec.base), 0);
    return e;
}

/* ---- Receiving ------------------------------------------------------------------------------- */

static int recv_make(void *arg, edo_future **f) {
    env *e = make_framed(arg);
    *f = edo_udp_framed_recv_init(&e->f.recv, &e->framed, &e->frame, NULL);
    return 0;
}

static void say_yes(void *arg) {
    assert_int_equal(edo_try_write(((env *)arg)->far_end, "3:yes,", 6), 6);
    turn();
}

static void unsay_yes(void *arg) {
    env *e = (env *)arg;
    assert_true(edo_str_equal(e->frame.str, EDO_STR("yes")));
    edo_bytes_unref(&e->frame);
    say_yes(e);
}

static void yes_is_there(void *arg) {
    env *e = (env *)arg;
    assert_int_equal(edo_udp_framed_try_recv(&e->framed, &e->frame, NULL), 1);
    assert_true(edo_str_equal(e->frame.str, EDO_STR("yes")));
    edo_bytes_unref(&e->frame);
    assert_int_equal(edo_udp_framed_try_recv(&e->framed, &e->frame, NULL), -EAGAIN);
}

/* Neither the room, nor a frame's own memory, nor both: no datagram is lost. */
static void a_datagram_without_memory_is_received_later(void **state) {
    (void)state;
    for (uint64_t k = 1, fired = 1; fired; k++) {
        env *e = make_framed(calloc(1, sizeof(env)));
        say_yes(e);
        edoi_alloc_fail_at(k);
        int got = edo_udp_framed_try_recv(&e->framed, &e->frame, NULL);
        fired = edoi_alloc_fail_fired();
        edoi_alloc_fail_at(0);
        if (got == 1) unsay_yes(e);
        if (got != 1) assert_true(got == -ENOMEM && fired);
        yes_is_there(e);
        cleanup(e);
        free(e);
    }
}

/* ---- Sending --------------------------------------------------------------------------------- */

static env *make_full(void *arg) {
    static const char zeros[4096];
    env *e = make_framed(arg);
    while (edo_try_write(e->near_end, zeros, sizeof zeros) > 0) continue;
    e->frame = edo_bytes_from_static(EDO_STR("cd"));
    return e;
}

static int send_make(void *arg, edo_future **f) {
    env *e = make_full(arg);
    *f = edo_udp_framed_send_init(&e->f.send, &e->framed, &e->frame, NULL);
    return 0;
}

/* A datagram that a send has left. */
static int flush_make(void *arg, edo_future **f) {
    env *e = make_full(arg);
    edo_udp_framed_send_future send;
    hand_waker w = HAND_WAKER;
    edo_cx cx = hand_cx(&w, EDO_BUDGET);
    assert_int_equal(poll_here(edo_udp_framed_send_init(&send, &e->framed, &e->frame, NULL), &cx),
                     EDO_PENDING);
    edo_drop(&send.base);
    assert_true(send.taken);
    *f = edo_udp_framed_flush_init(&e->f.send, &e->framed);
    return 0;
}

static void drain(void *arg) {
    env *e = (env *)arg;
    static char bytes[65536];
    struct pollfd room = { .fd = edo_stream_fd(e->near_end), .events = POLLOUT };
    while (poll(&room, 1, 0) == 0) (void)!edo_try_read(e->far_end, bytes, sizeof bytes);
    turn();
}

/* The frame is here, or its datagram is in the queue or can still be flushed: once. */
static void datagram_is_whole(void *arg) {
    env *e = (env *)arg;
    char bytes[4096];
    edo_udp_framed_flush_future flush;
    assert_int_equal(edo_poll_once(edo_udp_framed_flush_init(&flush, &e->framed)), EDO_READY);
    assert_int_equal(edo_result(&flush), 0);
    int n, found = 0;
    while ((n = edo_try_read(e->far_end, bytes, sizeof bytes)) > 0)
        if (n == 5) found += memcmp(bytes, "2:cd,", 5) == 0;
    assert_int_equal(found, e->frame.str.ptr ? 0 : 1);
}

static void every_leaf_keeps_the_rules(void **state) {
    (void)state;
    poked = true;
    static const leaf leaves[] = {
        { .name = "edo_udp_framed_recv",
          .make = recv_make,
          .poke = say_yes,
          .undo = unsay_yes,
          .intact = yes_is_there,
          .result = 1 },
        { .name = "edo_udp_framed_send",
          .make = send_make,
          .poke = drain,
          .intact = datagram_is_whole,
          .late = true },
        { .name = "edo_udp_framed_flush",
          .make = flush_make,
          .poke = drain,
          .intact = datagram_is_whole },
    };
    for (size_t i = 0; i < EDO_COUNT(leaves); i++) {
        leaf l = leaves[i];
        l.env_bytes = sizeof(env);
        l.cleanup = cleanup;
        l.poll = poll_here;
        l.runtime = runtime_here;
        leaf_run(&l);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_leaf_keeps_the_rules),
        cmocka_unit_test(a_datagram_without_memory_is_received_later),
    };
    return cmocka_run_group_tests(tests, start_runtime, stop_runtime);
}
