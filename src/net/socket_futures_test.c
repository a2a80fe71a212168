/* SPDX-License-Identifier: MIT */
/* Goal: the futures of Unix sockets, datagrams and messages keep the rules of all leaves.
 * Method: as io_futures_test.c, with a virtual clock for those that nap. */
#include <edo/udp.h>
#include <edo/unix.h>

#include "driver/wheel.h"
#include "leaf_io.h"
#include "runtime/thread/by_hand_test.h"

#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FILLERS 8 /* more than a listener with a backlog of 1 has room for */

typedef struct env {
    edo_stream *near_end, *far_end;
    edo_listener *listener;
    char path[EDO_ADDR_TEXT_MAX];
    int fillers[FILLERS];
    char buf[16];
    int fds[2];
    edo_unix_fds passed;
    struct iovec vec;
    struct msghdr msg;
    edo_packet packet;
    union {
        edo_sendmsg_future sendmsg;
        edo_recvmsg_future recvmsg;
        edo_unix_send_fds_future send_fds;
        edo_unix_recv_fds_future recv_fds;
        edo_udp_recv_from_future recv_from;
        edo_udp_send_to_future send_to;
        edo_udp_recv_many_future recv_many;
        edo_udp_send_many_future send_many;
        edo_unix_connect_future connect;
    } f;
} env;

static void cleanup(void *arg) {
    env *e = arg;
    edo_close(e->near_end);
    edo_close(e->far_end);
    edo_listener_close(e->listener);
    for (size_t i = 0; i < FILLERS; i++)
        if (e->fillers[i] > 0) (void)close(e->fillers[i]);
    turn();
}

/* Allocations fail only in the polls. */
static env *with_pair(void *arg, int make(edo_stream **a, edo_stream **b)) {
    env *e = arg;
    edoi_alloc_fail_at(0);
    assert_int_equal(make(&e->near_end, &e->far_end), 0);
    e->vec = (struct iovec){ e->buf, 6 };
    e->msg = (struct msghdr){ .msg_iov = &e->vec, .msg_iovlen = 1 };
    e->packet = (edo_packet){ .buf = e->buf, .room = sizeof e->buf, .n = 1 };
    e->passed = (edo_unix_fds){ .fds = e->fds, .max = 2 };
    return e;
}

/* ---- Receiving ------------------------------------------------------------------------------- */

static void say_hello(void *arg) {
    env *e = arg;
    assert_int_equal(edo_try_write(e->far_end, "hello\n", 6), 6);
    turn();
}

static void unread(void *arg) {
    env *e = arg;
    assert_memory_equal(e->buf, "hello\n", 6);
    say_hello(arg);
}

static void hello_is_there(void *arg) {
    env *e = arg;
    assert_int_equal(edo_try_read(e->near_end, e->buf, sizeof e->buf), 6);
    assert_int_equal(edo_try_read(e->near_end, e->buf, sizeof e->buf), -EAGAIN);
}

static int recvmsg_make(void *arg, edo_future **f) {
    env *e = with_pair(arg, edo_unix_pair);
    *f = edo_recvmsg_init(&e->f.recvmsg, e->near_end, &e->msg, 0);
    return 0;
}

static int recv_from_make(void *arg, edo_future **f) {
    env *e = with_pair(arg, edo_unix_dgram_pair);
    *f = edo_udp_recv_from_init(&e->f.recv_from, e->near_end, e->buf, sizeof e->buf,
                                &e->packet.addr);
    return 0;
}

static int recv_many_make(void *arg, edo_future **f) {
    env *e = with_pair(arg, edo_unix_dgram_pair);
    *f = edo_udp_recv_many_init(&e->f.recv_many, e->near_end, &e->packet, 1);
    return 0;
}

static int recv_fds_make(void *arg, edo_future **f) {
    env *e = with_pair(arg, edo_unix_pair);
    *f = edo_unix_recv_fds_init(&e->f.recv_fds, e->near_end, e->buf, sizeof e->buf, &e->passed);
    return 0;
}

/* With a descriptor, which is lost by no drop, and not by a failure. */
static void pass_one(void *arg) {
    env *e = arg;
    int fd = 0;
    assert_int_equal(edo_unix_try_send_fds(e->far_end, "hello\n", 6, &fd, 1), 6);
    turn();
}

static void pass_again(void *arg) {
    env *e = arg;
    assert_int_equal(e->passed.n, 1);
    assert_int_equal(close(e->fds[0]), 0);
    pass_one(arg);
}

static void one_is_there(void *arg) {
    env *e = arg;
    assert_int_equal(edo_unix_try_recv_fds(e->near_end, e->buf, sizeof e->buf, &e->passed), 6);
    assert_int_equal(e->passed.n, 1);
    assert_false(e->passed.lost);
    assert_int_equal(close(e->fds[0]), 0);
}

/* ---- Sending --------------------------------------------------------------------------------- */

static env *with_full_pair(void *arg, int make(edo_stream **a, edo_stream **b)) {
    static const char zeros[4096];
    env *e = with_pair(arg, make);
    e->vec.iov_len = 1;
    while (edo_try_write(e->near_end, zeros, sizeof zeros) > 0) continue;
    return e;
}

static void drain(void *arg) {
    env *e = arg;
    static char bytes[65536];
    struct pollfd room = { .fd = edo_stream_fd(e->near_end), .events = POLLOUT };
    while (poll(&room, 1, 0) == 0) (void)!edo_try_read(e->far_end, bytes, sizeof bytes);
    turn();
}

static int sendmsg_make(void *arg, edo_future **f) {
    env *e = with_full_pair(arg, edo_unix_pair);
    *f = edo_sendmsg_init(&e->f.sendmsg, e->near_end, &e->msg, 0);
    return 0;
}

static int send_to_make(void *arg, edo_future **f) {
    env *e = with_full_pair(arg, edo_unix_dgram_pair);
    *f = edo_udp_send_to_init(&e->f.send_to, e->near_end, "x", 1, NULL);
    return 0;
}

static int send_many_make(void *arg, edo_future **f) {
    env *e = with_full_pair(arg, edo_unix_dgram_pair);
    *f = edo_udp_send_many_init(&e->f.send_many, e->near_end, &e->packet, 1);
    return 0;
}

static int send_fds_make(void *arg, edo_future **f) {
    env *e = with_full_pair(arg, edo_unix_pair);
    static const int fd = 0;
    *f = edo_unix_send_fds_init(&e->f.send_fds, e->near_end, "x", 1, &fd, 1);
    return 0;
}

/* ---- Connecting ------------------------------------------------------------------------------ */

/* A listener whose queue is full. */
static env *with_full_listener(void *arg, int type,
                               int make(edo_listener **out, const char *path,
                                        const edo_unix_opts *opts)) {
    env *e = arg;
    edo_addr at;
    edoi_alloc_fail_at(0);
    assert_int_equal(make(&e->listener, "", &(edo_unix_opts){ .backlog = 1 }), 0);
    assert_int_equal(edo_listener_addr(e->listener, &at), 0);
    assert_true(edo_addr_print(&at, e->path, sizeof e->path) > 0);
    for (size_t i = 0; i < FILLERS; i++) {
        e->fillers[i] = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (connect(e->fillers[i], &at.sock.any, at.bytes) < 0) return e;
    }
    fail_msg("the queue is not full");
    return e;
}

static int connect_make(void *arg, edo_future **f) {
    env *e = with_full_listener(arg, SOCK_STREAM, edo_unix_listen);
    *f = edo_unix_connect_init(&e->f.connect, &e->near_end, e->path, NULL);
    return 0;
}

static int seqpacket_connect_make(void *arg, edo_future **f) {
    env *e = with_full_listener(arg, SOCK_SEQPACKET, edo_unix_seqpacket_listen);
    *f = edo_unix_seqpacket_connect_init(&e->f.connect, &e->near_end, e->path, NULL);
    return 0;
}

static void make_room(void *arg) {
    env *e = arg;
    int err = edo_try_accept(e->listener, &e->far_end);
    if (err == -ENOMEM) err = edo_try_accept(e->listener, &e->far_end); // the planned failure
    assert_int_equal(err, 0);
    edoi_by_hand_advance(rt, 200);
}

static void no_timer_is_left(void *arg) {
    (void)arg;
    assert_int_equal(edoi_wheel_armed_n(edoi_by_hand_wheel(rt)), 0);
}

/* ---- All ------------------------------------------------------------------------------------- */

static const leaf leaves[] = {
    { .name = "edo_recvmsg",
      .make = recvmsg_make,
      .poke = say_hello,
      .undo = unread,
      .intact = hello_is_there,
      .result = 6 },
    { .name = "edo_udp_recv_from",
      .make = recv_from_make,
      .poke = say_hello,
      .undo = unread,
      .intact = hello_is_there,
      .result = 6 },
    { .name = "edo_udp_recv_many",
      .make = recv_many_make,
      .poke = say_hello,
      .undo = unread,
      .intact = hello_is_there,
      .result = 1 },
    { .name = "edo_unix_recv_fds",
      .make = recv_fds_make,
      .poke = pass_one,
      .undo = pass_again,
      .intact = one_is_there,
      .result = 6 },
    { .name = "edo_sendmsg", .make = sendmsg_make, .poke = drain, .result = 1, .late = true },
    { .name = "edo_udp_send_to", .make = send_to_make, .poke = drain, .late = true },
    { .name = "edo_udp_send_many",
      .make = send_many_make,
      .poke = drain,
      .result = 1,
      .late = true },
    { .name = "edo_unix_send_fds",
      .make = send_fds_make,
      .poke = drain,
      .result = 1,
      .late = true },
    { .name = "edo_unix_connect",
      .make = connect_make,
      .poke = make_room,
      .intact = no_timer_is_left },
    { .name = "edo_unix_seqpacket_connect",
      .make = seqpacket_connect_make,
      .poke = make_room,
      .intact = no_timer_is_left },
};

static void every_leaf_keeps_the_rules(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(leaves); i++) {
        leaf l = leaves[i];
        l.env_bytes = sizeof(env);
        l.cleanup = cleanup;
        l.poll = poll_here;
        l.runtime = runtime_here;
        leaf_run(&l);
    }
}

static int lowest_free_fd(void) {
    int fd = dup(0);
    assert_true(fd >= 0);
    close(fd);
    return fd;
}

/* What opens without waiting. */
typedef int opener(edo_stream **a, edo_stream **b);

static int bind_udp(edo_stream **a, edo_stream **b) {
    int err = edo_udp_bind(a, "127.0.0.1:0", NULL);
    return err < 0 ? err : edo_udp_connect(b, "127.0.0.1:9", NULL);
}

static int bind_dgram(edo_stream **a, edo_stream **b) {
    edo_addr at;
    char path[EDO_ADDR_TEXT_MAX];
    int err = edo_unix_dgram_bind(a, "", NULL);
    if (err < 0) return err;
    assert_int_equal(edo_stream_local_addr(*a, &at), 0);
    assert_true(edo_addr_print(&at, path, sizeof path) > 0);
    return edo_unix_dgram_connect(b, path, NULL);
}

static int listen_unix(edo_stream **a, edo_stream **b) {
    edo_listener *l = NULL;
    (void)b;
    (void)a;
    int err = edo_unix_listen(&l, "", NULL);
    edo_listener_close(l);
    return err;
}

static void without_memory_opening_leaves_nothing_behind(void **state) {
    (void)state;
    static opener *const openers[] = { edo_unix_pair,       edo_unix_seqpacket_pair,
                                       edo_unix_dgram_pair, bind_udp,
                                       bind_dgram,          listen_unix };
    int fd = lowest_free_fd();
    for (size_t i = 0; i < EDO_COUNT(openers); i++) {
        bool fired = true;
        for (uint64_t k = 1; fired; k++) {
            edo_stream *a = NULL, *b = NULL;
            edoi_alloc_fail_at(k);
            int err = openers[i](&a, &b);
            fired = edoi_alloc_fail_fired();
            edoi_alloc_fail_at(0);
            assert_int_equal(err, fired ? -ENOMEM : 0);
            edo_close(a);
            edo_close(b);
            assert_int_equal(lowest_free_fd(), fd);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_leaf_keeps_the_rules),
        cmocka_unit_test(without_memory_opening_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, start_paused_runtime, stop_runtime);
}
