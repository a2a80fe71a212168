/* SPDX-License-Identifier: MIT */
/* Goal: the I/O futures keep the rules of all leaves: dropped at each poll, polled without an
 * event, with another waker, without budget, without memory.
 * Method: the generic leaf tests on real sockets, with the worker of a runtime whose driver the
 * test turns. */
#include <edo/buf_io.h>
#include <edo/net.h>
#include <edo/signal.h>
#include <edo/streams.h>
#include <edo/vsock.h>

#include "driver/driver.h"
#include "leaf_io.h"
#include "leftovers.h"
#include "runtime/thread/by_hand_test.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Few kernels have a loopback for sockets of virtual machines: that of TCP stands for it. */
static edo_addr loopback;

int socket(int family, int type, int protocol) {
    return (int)syscall(SYS_socket, family == AF_VSOCK ? AF_INET : family, type, protocol);
}

int connect(int fd, __CONST_SOCKADDR_ARG addr, socklen_t bytes) {
    return addr.__sockaddr__->sa_family == AF_VSOCK
               ? (int)syscall(SYS_connect, fd, &loopback.sock, loopback.bytes)
               : (int)syscall(SYS_connect, fd, addr.__sockaddr__, bytes);
}

/* ---- A connection ---------------------------------------------------------------------------- */

static char letters[] = "xy";

/* A stream that ends with a message on the stream below it, as TLS does. */
typedef struct polite {
    edo_stream base;
    edo_stream *below;
} polite;

typedef struct env {
    edo_listener *listener;
    edo_stream *stream; /* the end under test */
    edo_stream *peer;
    edo_signal *signal;
    edo_signal_info info;
    polite polite;
    edo_buf_reader reader;
    edo_buf_writer writer;
    char *line;
    const char *held;
    char addr[EDO_ADDR_TEXT_MAX];
    edo_addr at;
    char buf[16];
    struct iovec parts[3];
    union {
        edo_read_future read;
        edo_read_exact_future exact;
        edo_io_ready_future ready;
        edo_write_future write;
        edo_writev_future writev;
        edo_read_line_future line;
        edo_accept_future accept;
        edo_tcp_connect_future connect;
        edo_signal_recv_future recv;
        edo_signal_recv_info_future recv_info;
        edo_ctrl_c_future ctrl_c;
        edo_shutdown_future shutdown;
        edo_seek_future seek;
        edo_readv_future readv;
        edo_put_future put;
        edo_fill_future fill;
    } f;
} env;

/* Everything that allocates outside the leaf under test: a planned failure is kept for the leaf. */
static void listen_somewhere(env *e) {
    assert_int_equal(edo_tcp_listen(&e->listener, "127.0.0.1:0", NULL), 0);
    edo_addr addr;
    assert_int_equal(edo_listener_addr(e->listener, &addr), 0);
    assert_true(edo_addr_print(&addr, e->addr, sizeof e->addr) > 0);
}

static edo_stream *connect_to(env *e) {
    edo_stream *s = NULL;
    edo_tcp_connect_future f;
    hand_waker w = HAND_WAKER;
    (void)edo_tcp_connect_init(&f, &s, e->addr, NULL);
    for (;;) {
        edo_cx cx = hand_cx(&w, EDO_BUDGET);
        cx.worker = edoi_by_hand_worker(rt);
        if (edo_poll(&f.base, &cx) == EDO_READY) break;
        (void)edoi_driver_turn(edoi_by_hand_driver(rt), -1);
    }
    assert_int_equal(edo_result(&f), 0);
    return s;
}

static void make_pair(env *e) {
    listen_somewhere(e);
    e->stream = connect_to(e);
    assert_int_equal(edo_try_accept(e->listener, &e->peer), 0);
}

static void cleanup(void *arg) {
    env *e = (env *)arg;
    edo_buf_reader_deinit(&e->reader);
    edo_buf_writer_deinit(&e->writer);
    edo_close(e->stream);
    edo_close(e->peer);
    edo_listener_close(e->listener);
    edo_signal_close(e->signal);
    turn();
}

/* Allocations fail only in the polls, not in the code around them. */
static int set_up(env *e, void (*make_it)(env *e)) {
    edoi_alloc_fail_at(0);
    poked = false;
    make_it(e);
    return 0;
}

/* ---- The leaves ------------------------------------------------------------------------------ */

static int read_make(void *arg, edo_future **f) {
    env *e = (env *)arg;
    *f = edo_read_init(&e->f.read, NULL, e->buf, sizeof e->buf);
    int err = set_up(e, make_pair);
    e->f.read.stream = e->stream;
    return err;
}

static void say_hello(void *arg) {
    env *e = (env *)arg;
    assert_int_equal(edo_try_write(e->peer, "hello\n", 6), 6);
    poked = true;
    turn();
}

static void unread(void *arg) {
    env *e = (env *)arg;
    assert_memory_equal(e->buf, "hello\n", 6);
    assert_int_equal(edo_try_write(e->peer, "hello\n", 6), 6);
}

static void hello_is_there(void *arg) {
    env *e = (env *)arg;
    assert_int_equal(edo_try_read(e->stream, e->buf, sizeof e->buf), 6);
    assert_int_equal(edo_try_read(e->stream, e->buf, sizeof e->buf), -EAGAIN);
}

static int peek_make(void *arg, edo_future **f) {
    env *e = (env *)arg;
    *f = edo_peek_init(&e->f.read, NULL, e->buf, sizeof e->buf);
    int err = set_up(e, make_pair);
    e->f.read.stream = e->stream;
    return err;
}

static int readv_make(void *arg, edo_future **f) {
    env *e = (env *)arg;
    int err = set_up(e, make_pair);
    e->parts[0] = (struct iovec){ e->buf, 2 };
    e->parts[1] = (struct iovec){ NULL, 0 };
    e->parts[2] = (struct iovec){ e->buf + 2, sizeof e->buf - 2 };
    *f = edo_readv_init(&e->f.readv, e->stream, e->parts, EDO_COUNT(e->parts));
    return err;
}

/* Over a half of the stream, and over a stream with limits: each has a wait of its own. */
static int half_make(void *arg, edo_future **f) {
    env *e = (env *)arg;
    int err = set_up(e, make_pair);
    edo_stream *writer;
    assert_int_equal(edo_stream_split(&e->stream, &writer, e->stream), 0);
    edo_stream_unref(writer);
    *f = edo_read_init(&e->f.read, e->stream, e->buf, sizeof e->buf);
    return err;
}

static int timed_make(void *arg, edo_future **f) {
    env *e = (env *)arg;
    int err = set_up(e, make_pair);
    const edo_stream_timeouts_opts opts = { .read = edo_hours(1), .idle = edo_hours(1) };
    assert_int_equal(edo_stream_timeouts(&e->stream, e->stream, &opts), 0);
    *f = edo_read_init(&e->f.read, e->stream, e->buf, sizeof e->buf);
    return err;
}

static int ready_make(void *arg, edo_future **f) {
    env *e = (env *)arg;
    int err = set_up(e, make_pair);
    assert_int_equal(edo_try_read(e->stream, e->buf, sizeof e->buf), -EAGAIN); // clears readiness
    *f = edo_io_ready_init(&e->f.ready, e->stream, EDO_IO_READ);
    return err;
}

static int exact_make(void *arg, edo_future **f) {
    env *e = (env *)arg;
    *f = edo_read_exact_init(&e->f.exact, NULL, e->buf, 6);
    int err = set_up(e, make_pair);
    e->f.exact.stream = e->stream;
    return err;
}

static int line_make(void *arg, edo_future **f) {
    env *e = (env *)arg;
    int err = set_up(e, make_pair);
    assert_int_equal(edo_buf_reader_init(&e->reader, e->stream, NULL), 0);
    *f = edo_read_line_init(&e->f.line, &e->reader, &e->line);
    return err;
}

static int delim_make(void *arg, edo_future **f) {
    env *e = (env *)arg;
    int err = set_up(e, make_pair);
    assert_int_equal(edo_buf_reader_init(&e->reader, e->stream, NULL), 0);
    *f = edo_read_delim_init(&e->f.line, &e->reader, &e->line, '\n');
    return err;
}

static int fill_make(void *arg, edo_future **f) {
    env *e = (env *)arg;
    int err = set_up(e, make_pair);
    assert_int_equal(edo_buf_reader_init(&e->reader, e->stream, NULL), 0);
    *f = edo_fill_init(&e->f.fill, &e->reader, &e->held, 6);
    return err;
}

static void held_is_hello(void *arg) {
    env *e = (env *)arg;
    turn();
    assert_int_equal(edo_try_read(edo_buf_reader_stream(&e->reader), e->buf, 16), 6);
    assert_memory_equal(e->buf, "hello\n", 6);
}

static void line_undo(void *arg) {
    env *e = (env *)arg;
    assert_string_equal(e->line, "hello");
    assert_int_equal(edo_try_write(e->peer, "hello\n", 6), 6);
}

static void fill(env *e) {
    make_pair(e);
    static char zeros[65536];
    while (edo_try_write(e->stream, zeros, sizeof zeros) > 0) {
    }
}

static int write_make(void *arg, edo_future **f) {
    env *e = (env *)arg;
    int err = set_up(e, fill);
    *f = edo_write_init(&e->f.write, e->stream, "x", 1);
    return err;
}

static int write_all_make(void *arg, edo_future **f) {
    env *e = (env *)arg;
    int err = set_up(e, fill);
    *f = edo_write_all_init(&e->f.writev, e->stream, "x", 1);
    return err;
}

static const struct iovec two_bytes[2] = { { letters, 1 }, { letters + 1, 1 } };

static int writev_make(void *arg, edo_future **f) {
    env *e = (env *)arg;
    int err = set_up(e, fill);
    *f = edo_writev_init(&e->f.writev, e->stream, two_bytes, 2);
    return err;
}

static int writev_all_make(void *arg, edo_future **f) {
    env *e = (env *)arg;
    int err = set_up(e, fill);
    *f = edo_writev_all_init(&e->f.writev, e->stream, two_bytes, 2);
    return err;
}

static edo_polled polite_shutdown(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    edo_stream *below = ((polite *)(void *)s)->below;
    const struct iovec bye = { letters, 1 };
    edo_polled polled = below->ops->poll_write(below, cx, wait, &bye, 1, result);
    if (polled == EDO_READY && *result > 0) *result = 0;
    return polled;
}

static void polite_unwait(edo_stream *s, edo_io_wait *wait) {
    edo_stream *below = ((polite *)(void *)s)->below;
    below->ops->unwait(below, wait);
}

static const edo_stream_ops polite_ops = { .name = "polite",
                                           .poll_shutdown = polite_shutdown,
                                           .unwait = polite_unwait };

static int shutdown_make(void *arg, edo_future **f) {
    env *e = (env *)arg;
    int err = set_up(e, fill);
    e->polite = (polite){ { .ops = &polite_ops, .refs = { 1 } }, e->stream };
    *f = edo_shutdown_init(&e->f.shutdown, &e->polite.base);
    return err;
}

/* Its places cost a message, as those of a file on another machine. */
static edo_polled polite_seek(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int64_t offset,
                              int whence, uint64_t *at, int *result) {
    (void)whence;
    *at = (uint64_t)offset;
    return polite_shutdown(s, cx, wait, result);
}

static const edo_stream_ops remote_ops = { .name = "remote",
                                           .poll_seek = polite_seek,
                                           .unwait = polite_unwait };

static int seek_make(void *arg, edo_future **f) {
    env *e = (env *)arg;
    int err = set_up(e, fill);
    e->polite = (polite){ { .ops = &remote_ops, .refs = { 1 } }, e->stream };
    *f = edo_seek_init(&e->f.seek, &e->polite.base, 7, SEEK_SET, NULL);
    return err;
}

/* A writer that holds a byte, on a full connection. */
static void fill_behind_writer(env *e) {
    fill(e);
    assert_int_equal(edo_buf_writer_init(&e->writer, e->stream, NULL), 0);
    assert_int_equal(edo_try_write(edo_buf_writer_stream(&e->writer), "x", 1), 1);
}

static int flush_make(void *arg, edo_future **f) {
    env *e = (env *)arg;
    int err = set_up(e, fill_behind_writer);
    *f = edo_flush_init(&e->f.shutdown, edo_buf_writer_stream(&e->writer));
    return err;
}

/* A writer whose buffer is full, on a full connection. */
static void fill_writer(env *e) {
    fill(e);
    const edo_buf_writer_opts opts = { .buf_bytes = 2 };
    assert_int_equal(edo_buf_writer_init(&e->writer, e->stream, &opts), 0);
    assert_int_equal(edo_try_write(edo_buf_writer_stream(&e->writer), "x", 1), 1);
}

static int put_make(void *arg, edo_future **f) {
    env *e = (env *)arg;
    int err = set_up(e, fill_writer);
    *f = edo_put_init(&e->f.put, &e->writer, letters, 2);
    return err;
}

static void drain(void *arg) {
    env *e = (env *)arg;
    static char bytes[65536];
    struct pollfd room = { .fd = edo_stream_fd(e->stream), .events = POLLOUT };
    while (poll(&room, 1, 0) == 0) (void)!edo_try_read(e->peer, bytes, sizeof bytes);
    poked = true;
    turn();
}

static int accept_make(void *arg, edo_future **f) {
    env *e = (env *)arg;
    int err = set_up(e, listen_somewhere);
    *f = edo_accept_init(&e->f.accept, e->listener, &e->peer);
    return err;
}

static void dial(void *arg) {
    env *e = (env *)arg;
    poked = true;
    e->stream = connect_to(e);
    turn();
}

static void still_queued(void *arg) {
    env *e = (env *)arg;
    if (!e->peer) assert_int_equal(edo_try_accept(e->listener, &e->peer), 0);
}

static int connect_make(void *arg, edo_future **f) {
    env *e = (env *)arg;
    int err = set_up(e, listen_somewhere);
    *f = edo_tcp_connect_init(&e->f.connect, &e->stream, e->addr, NULL);
    return err;
}

static int connect_addr_make(void *arg, edo_future **f) {
    env *e = (env *)arg;
    int err = set_up(e, listen_somewhere);
    assert_int_equal(edo_addr_parse(&e->at, e->addr), 0);
    *f = edo_tcp_connect_addr_init(&e->f.connect, &e->stream, &e->at, NULL);
    return err;
}

static int vsock_connect_make(void *arg, edo_future **f) {
    env *e = (env *)arg;
    int err = set_up(e, listen_somewhere);
    assert_int_equal(edo_addr_parse(&loopback, e->addr), 0);
    assert_int_equal(edo_addr_parse(&e->at, "vsock:1:7000"), 0);
    *f = edo_vsock_connect_init(&e->f.connect, &e->stream, &e->at);
    return err;
}

static void let_through(void *arg) {
    (void)arg;
    poked = true;
    turn();
}

static void listen_to_usr1(env *e) {
    assert_int_equal(edo_signal_listen(&e->signal, SIGUSR1), 0);
}

static int signal_make(void *arg, edo_future **f) {
    env *e = (env *)arg;
    turn(); // events that other tests left in the hub
    int err = set_up(e, listen_to_usr1);
    *f = edo_signal_recv_init(&e->f.recv, e->signal);
    return err;
}

static int signal_info_make(void *arg, edo_future **f) {
    env *e = (env *)arg;
    turn();
    int err = set_up(e, listen_to_usr1);
    *f = edo_signal_recv_info_init(&e->f.recv_info, e->signal, &e->info);
    return err;
}

static void raise_usr1(void *arg) {
    (void)arg;
    assert_int_equal(raise(SIGUSR1), 0);
    poked = true;
    turn();
}

/* So that a Ctrl-C without another listener does not end the test. */
static void listen_to_int(env *e) {
    assert_int_equal(edo_signal_listen(&e->signal, SIGINT), 0);
}

static int ctrl_c_make(void *arg, edo_future **f) {
    env *e = (env *)arg;
    turn();
    int err = set_up(e, listen_to_int);
    *f = edo_ctrl_c_init(&e->f.ctrl_c);
    return err;
}

static void press_ctrl_c(void *arg) {
    (void)arg;
    assert_int_equal(raise(SIGINT), 0);
    poked = true;
    turn();
}

/* It listens only from its first poll on: so the key is pressed again and again. */
static edo_polled poll_and_press(edo_future *f, edo_cx *cx) {
    if (poked) press_ctrl_c(NULL);
    return poll_here(f, cx);
}

static const leaf leaves[] = {
    { .name = "edo_read",
      .make = read_make,
      .poke = say_hello,
      .undo = unread,
      .intact = hello_is_there,
      .result = 6 },
    { .name = "edo_read of a half",
      .make = half_make,
      .poke = say_hello,
      .undo = unread,
      .intact = hello_is_there,
      .result = 6 },
    { .name = "edo_read with a limit",
      .make = timed_make,
      .poke = say_hello,
      .undo = unread,
      .intact = hello_is_there,
      .result = 6 },
    { .name = "edo_readv",
      .make = readv_make,
      .poke = say_hello,
      .undo = unread,
      .intact = hello_is_there,
      .result = 6 },
    { .name = "edo_peek",
      .make = peek_make,
      .poke = say_hello,
      .intact = hello_is_there,
      .result = 6 },
    { .name = "edo_io_ready",
      .make = ready_make,
      .poke = say_hello,
      .intact = hello_is_there,
      .late = true }, // unregistered until then
    { .name = "edo_read_exact",
      .make = exact_make,
      .poke = say_hello,
      .undo = unread,
      .intact = hello_is_there },
    { .name = "edo_read_line",
      .make = line_make,
      .poke = say_hello,
      .undo = line_undo,
      .result = 5 },
    { .name = "edo_read_delim",
      .make = delim_make,
      .poke = say_hello,
      .undo = line_undo,
      .result = 5 },
    { .name = "edo_fill",
      .make = fill_make,
      .poke = say_hello,
      .intact = held_is_hello,
      .result = 6 },
    { .name = "edo_put", .make = put_make, .poke = drain },
    { .name = "edo_flush", .make = flush_make, .poke = drain },
    { .name = "edo_write", .make = write_make, .poke = drain, .result = 1 },
    { .name = "edo_write_all", .make = write_all_make, .poke = drain },
    { .name = "edo_writev", .make = writev_make, .poke = drain, .result = 2 },
    { .name = "edo_writev_all", .make = writev_all_make, .poke = drain },
    { .name = "edo_shutdown", .make = shutdown_make, .poke = drain },
    { .name = "edo_seek", .make = seek_make, .poke = drain },
    { .name = "edo_tcp_connect",
      .make = connect_make,
      .poke = let_through,
      .late = true,
      .by_itself = true },
    { .name = "edo_tcp_connect_addr",
      .make = connect_addr_make,
      .poke = let_through,
      .late = true,
      .by_itself = true },
    { .name = "edo_vsock_connect",
      .make = vsock_connect_make,
      .poke = let_through,
      .late = true,
      .by_itself = true },
    { .name = "edo_signal_recv", .make = signal_make, .poke = raise_usr1 },
    { .name = "edo_signal_recv_info", .make = signal_info_make, .poke = raise_usr1 },
    { .name = "edo_ctrl_c",
      .make = ctrl_c_make,
      .poke = press_ctrl_c,
      .poll = poll_and_press,
      .late = true },
};

static void every_leaf_keeps_the_rules(void **state) {
    (void)state;
    may_leave(LEFT_DESCRIPTORS, 1, HUB_STAYS);
    for (size_t i = 0; i < EDO_COUNT(leaves); i++) {
        leaf l = leaves[i];
        l.env_bytes = sizeof(env);
        l.cleanup = cleanup;
        if (!l.poll) l.poll = poll_here;
        l.runtime = runtime_here;
        leaf_run(&l);
    }
}

/* Without memory it pauses instead of failing, so the generic test for that does not apply. */
static void accept_keeps_the_rules(void **state) {
    (void)state;
    leaf l = { .name = "edo_accept",
               .env_bytes = sizeof(env),
               .make = accept_make,
               .poke = dial,
               .intact = still_queued,
               .cleanup = cleanup,
               .poll = poll_here,
               .runtime = runtime_here };
    for (int polls = 0; polls <= LEAF_POLLS_MAX; polls++) {
        leaf_dropped_after_polls(&l, polls, false);
        leaf_dropped_after_polls(&l, polls, true);
    }
    leaf_spurious_polls(&l);
    leaf_waker_replaced(&l);
    leaf_ready_at_once(&l);
    leaf_keeps_to_the_budget(&l);
    leaf_cancelled_at_its_await(&l);
}

static int lowest_free_fd(void) {
    int fd = dup(0);
    assert_true(fd >= 0);
    close(fd);
    return fd;
}

static void without_memory_opening_leaves_nothing_behind(void **state) {
    (void)state;
    int fd = lowest_free_fd();
    bool fired = true;
    for (uint64_t k = 1; fired; k++) {
        edo_listener *l = NULL;
        edo_signal *s = NULL;
        edoi_alloc_fail_at(k);
        int err = edo_tcp_listen(&l, "127.0.0.1:0", NULL);
        if (err == 0) err = edo_signal_listen(&s, SIGUSR1);
        fired = edoi_alloc_fail_fired();
        edoi_alloc_fail_at(0);
        assert_int_equal(err, fired ? -ENOMEM : 0);
        edo_listener_close(l);
        edo_signal_close(s);
        assert_int_equal(lowest_free_fd(), fd);
    }
}

static int accept_in_need(void *arg) {
    env *e = (env *)arg;
    edo_stream *s;
    int err = edo_tcp_connect(&s, e->addr, NULL);
    if (err < 0) return err;
    e->stream = s;
    edoi_alloc_fail_at(1);
    err = edo_accept(e->listener, &e->peer); // pauses once
    return edoi_alloc_fail_fired() ? err : -EIO;
}

static void without_memory_accept_pauses_and_loses_no_connection(void **state) {
    (void)state;
    env e = { 0 };
    listen_somewhere(&e);
    assert_int_equal(edo_run(rt, accept_in_need, &e), 0);
    assert_non_null(e.peer);
    cleanup(&e);
}

static void close_ends_a_pending_operation(void **state) {
    (void)state;
    env e = { 0 };
    make_pair(&e);
    poked = true;
    hand_waker w = HAND_WAKER;
    edo_cx cx = hand_cx(&w, EDO_BUDGET);
    assert_int_equal(poll_here(edo_read_init(&e.f.read, e.stream, e.buf, 1), &cx), EDO_PENDING);
    edo_close(e.stream); // the only reference besides the future's
    e.stream = NULL;
    assert_int_equal(hand_woken(&w), 1);
    assert_int_equal(poll_here(&e.f.read.base, &cx), EDO_READY);
    assert_int_equal(edo_result(&e.f.read), -EDO_ECLOSED);
    cleanup(&e);
}

static void ctrl_c_is_received(void **state) {
    (void)state;
    env e = { 0 };
    poked = true;
    hand_waker w = HAND_WAKER;
    edo_cx cx = hand_cx(&w, EDO_BUDGET);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(poll_here(edo_ctrl_c_init(&e.f.ctrl_c), &cx), EDO_PENDING);
        assert_int_equal(raise(SIGINT), 0);
        assert_int_equal(poll_here(&e.f.ctrl_c.base, &cx), EDO_READY);
        assert_int_equal(edo_result(&e.f.ctrl_c), 0);
    }
    assert_int_equal(poll_here(edo_ctrl_c_init(&e.f.ctrl_c), &cx), EDO_PENDING);
    edo_drop(&e.f.ctrl_c.base);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_leaf_keeps_the_rules),
        cmocka_unit_test(accept_keeps_the_rules),
        cmocka_unit_test(without_memory_opening_leaves_nothing_behind),
        cmocka_unit_test(without_memory_accept_pauses_and_loses_no_connection),
        cmocka_unit_test(close_ends_a_pending_operation),
        cmocka_unit_test(ctrl_c_is_received),
    };
    return cmocka_run_group_tests(tests, start_runtime, stop_runtime);
}
