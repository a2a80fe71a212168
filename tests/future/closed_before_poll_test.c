/* SPDX-License-Identifier: MIT */
/* Goal: a handle that is given up between the making of a future and its first poll. Where the
 * future was already pushed into a set, or spawned, it holds a reference, so that the close ends it
 * as it ends one that waits; elsewhere a debug build names the future.
 * Method: a table of all futures over handles. Each is made, its handle is closed, and only then it
 * is polled: in a set, in a task, wrapped in other futures, and by hand in a child. */
#include <edo/broadcast.h>
#include <edo/copy.h>
#include <edo/edo.h>
#include <edo/fd.h>
#include <edo/future_set.h>
#include <edo/process.h>
#include <edo/signal.h>
#include <edo/span.h>
#include <edo/udp.h>
#include <edo/unix.h>
#include <edo/watch.h>

#include "inside.h"
#include "last_words.h"
#include "leftovers.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#define TEXT "uses a handle that was given up before its first poll"

/* What a row opens, makes its future of, and closes. */
typedef struct fixture {
    edo_stream *near_end, *far_end;
    edo_listener *listener;
    edo_fd *fd;
    edo_process *process;
    edo_signal *signal;
    edo_task *task;
    edo_cancel_token *token;
    edo_oneshot_tx *oneshot_tx;
    edo_oneshot_rx *oneshot_rx;
    edo_mpsc_tx *mpsc_tx;
    edo_mpsc_rx *mpsc_rx;
    edo_chan_tx *chan_tx;
    edo_chan_rx *chan_rx;
    edo_broadcast_tx *broadcast_tx;
    edo_broadcast_rx *broadcast_rx;
    edo_watch_tx *watch_tx;
    edo_watch_rx *watch_rx;
    edo_stream *accepted;
    int ends[2];
    int value;
    uint64_t missed;
    char text[8];
    struct iovec part;
    struct msghdr msg;
    edo_addr addr;
    edo_packet packet;
    edo_unix_fds fds;
    edo_buf buf;
    edo_bytes bytes;
    edo_signal_info info;
    edo_mpsc_permit permit;
    edo_pending_future never;
    union {
        edo_future base;
        edo_read_future read;
        edo_readv_future readv;
        edo_read_exact_future exact;
        edo_write_future write;
        edo_writev_future writev;
        edo_read_bytes_future read_bytes;
        edo_read_all_future read_all;
        edo_write_bytes_future write_bytes;
        edo_seek_future seek;
        edo_shutdown_future shutdown;
        edo_io_ready_future io_ready;
        edo_copy_future copy;
        edo_copy_both_future copy_both;
        edo_sendmsg_future sendmsg;
        edo_recvmsg_future recvmsg;
        edo_udp_recv_from_future recv_from;
        edo_udp_send_to_future send_to;
        edo_udp_recv_many_future recv_many;
        edo_udp_send_many_future send_many;
        edo_unix_send_fds_future send_fds;
        edo_unix_recv_fds_future recv_fds;
        edo_accept_future accept;
        edo_fd_ready_future fd_ready;
        edo_fd_io_future fd_io;
        edo_process_wait_future process;
        edo_signal_recv_future signal;
        edo_signal_recv_info_future signal_info;
        edo_task_join_future join;
        edo_cancel_wait_future token;
        edo_cancel_run_future run;
        edo_oneshot_closed_future oneshot_closed;
        edo_oneshot_recv_future oneshot_recv;
        edo_mpsc_send_future mpsc_send;
        edo_mpsc_reserve_future mpsc_reserve;
        edo_mpsc_closed_future mpsc_closed;
        edo_mpsc_recv_future mpsc_recv;
        edo_mpsc_recv_many_future mpsc_recv_many;
        edo_chan_send_future chan_send;
        edo_chan_closed_future chan_closed;
        edo_chan_recv_future chan_recv;
        edo_chan_recv_many_future chan_recv_many;
        edo_broadcast_send_future broadcast_send;
        edo_broadcast_closed_future broadcast_closed;
        edo_broadcast_recv_future broadcast_recv;
        edo_watch_closed_future watch_closed;
        edo_watch_changed_future watch_changed;
        edo_watch_wait_for_future watch_wait_for;
    } f;
} fixture;

/* ---- Opening and closing --------------------------------------------------------------------- */

static void open_pair(fixture *x) {
    CHECK_EQ(edo_unix_pair(&x->near_end, &x->far_end), 0);
    x->part = (struct iovec){ x->text, sizeof x->text };
    x->msg = (struct msghdr){ .msg_iov = &x->part, .msg_iovlen = 1 };
}

static void open_udp(fixture *x) {
    CHECK_EQ(edo_udp_bind(&x->near_end, "127.0.0.1:0", NULL), 0);
    CHECK_EQ(edo_addr_parse(&x->addr, "127.0.0.1:9"), 0);
    x->packet = (edo_packet){ .buf = x->text, .room = sizeof x->text, .n = 1, .addr = x->addr };
}

static void close_near(fixture *x) {
    edo_close(x->near_end);
}

static void open_listener(fixture *x) {
    CHECK_EQ(edo_tcp_listen(&x->listener, "127.0.0.1:0", NULL), 0);
}

static void close_listener(fixture *x) {
    edo_listener_close(x->listener);
}

static void open_fd(fixture *x) {
    CHECK_EQ(pipe(x->ends), 0);
    CHECK_EQ(edo_fd_open(&x->fd, x->ends[0], NULL), 0);
}

static void close_fd(fixture *x) {
    edo_fd_close(x->fd);
    CHECK_EQ(close(x->ends[0]), 0);
    CHECK_EQ(close(x->ends[1]), 0);
}

static void open_process(fixture *x) {
    CHECK_EQ(edo_process_spawn(&x->process, (const char *const[]){ "true", NULL }, NULL), 0);
}

static void close_process(fixture *x) {
    edo_process_unref(x->process);
}

static void open_signal(fixture *x) {
    CHECK_EQ(edo_signal_listen(&x->signal, SIGUSR2), 0);
}

static void close_signal(fixture *x) {
    edo_signal_close(x->signal);
}

static int end_at_once(void *arg) {
    (void)arg;
    return 0;
}

static void open_task(fixture *x) {
    x->task = edo_spawn(end_at_once, NULL);
    CHECK(x->task);
}

static void close_task(fixture *x) {
    edo_task_detach(x->task);
}

static void open_token(fixture *x) {
    CHECK_EQ(edo_cancel_new(&x->token), 0);
}

static void close_token(fixture *x) {
    edo_cancel_unref(x->token);
}

static void open_oneshot(fixture *x) {
    CHECK_EQ(edo_oneshot_new(&x->oneshot_tx, &x->oneshot_rx, sizeof x->value, NULL), 0);
}

static void close_oneshot_tx(fixture *x) {
    edo_oneshot_tx_free(x->oneshot_tx);
}

static void close_oneshot_rx(fixture *x) {
    edo_oneshot_rx_free(x->oneshot_rx);
}

static void open_mpsc(fixture *x) {
    CHECK_EQ(edo_mpsc_new(&x->mpsc_tx, &x->mpsc_rx, sizeof x->value, 1, NULL), 0);
}

static void close_mpsc_tx(fixture *x) {
    edo_mpsc_tx_unref(x->mpsc_tx);
}

static void close_mpsc_rx(fixture *x) {
    edo_mpsc_rx_free(x->mpsc_rx);
}

static void open_chan(fixture *x) {
    CHECK_EQ(edo_chan_new(&x->chan_tx, &x->chan_rx, sizeof x->value, 1, NULL), 0);
}

static void close_chan_tx(fixture *x) {
    edo_chan_tx_unref(x->chan_tx);
}

static void close_chan_rx(fixture *x) {
    edo_chan_rx_unref(x->chan_rx);
}

static void open_broadcast(fixture *x) {
    const edo_broadcast_opts opts = { .lossless = true };
    CHECK_EQ(edo_broadcast_new(&x->broadcast_tx, &x->broadcast_rx, sizeof x->value, 1, &opts), 0);
}

static void close_broadcast_tx(fixture *x) {
    edo_broadcast_tx_unref(x->broadcast_tx);
}

static void close_broadcast_rx(fixture *x) {
    edo_broadcast_rx_free(x->broadcast_rx);
}

static void open_watch(fixture *x) {
    CHECK_EQ(edo_watch_new(&x->watch_tx, &x->watch_rx, sizeof x->value, &x->value, NULL), 0);
}

static void close_watch_tx(fixture *x) {
    edo_watch_tx_unref(x->watch_tx);
}

static void close_watch_rx(fixture *x) {
    edo_watch_rx_free(x->watch_rx);
}

/* ---- The futures ----------------------------------------------------------------------------- */

static int try_nothing(int fd, void *arg) {
    (void)fd, (void)arg;
    return -EAGAIN;
}

static bool is_value(void *arg, const void *value) {
    (void)arg, (void)value;
    return false;
}

#define MAKES(name, ...)                                                                           \
    static edo_future *make_##name(fixture *x) {                                                   \
        return __VA_ARGS__;                                                                        \
    }

MAKES(read, edo_read_init(&x->f.read, x->near_end, x->text, sizeof x->text))
MAKES(peek, edo_peek_init(&x->f.read, x->near_end, x->text, sizeof x->text))
MAKES(readv, edo_readv_init(&x->f.readv, x->near_end, &x->part, 1))
MAKES(read_exact, edo_read_exact_init(&x->f.exact, x->near_end, x->text, sizeof x->text))
MAKES(write, edo_write_init(&x->f.write, x->near_end, x->text, sizeof x->text))
MAKES(writev, edo_writev_init(&x->f.writev, x->near_end, &x->part, 1))
MAKES(write_all, edo_write_all_init(&x->f.writev, x->near_end, x->text, sizeof x->text))
MAKES(writev_all, edo_writev_all_init(&x->f.writev, x->near_end, &x->part, 1))
MAKES(read_bytes, edo_read_bytes_init(&x->f.read_bytes, &x->buf, x->near_end, 8))
MAKES(read_all, edo_read_all_init(&x->f.read_all, &x->bytes, x->near_end, 8))
MAKES(write_bytes, edo_write_bytes_init(&x->f.write_bytes, x->near_end,
                                        (x->bytes = (edo_bytes){ .str = EDO_STR("x") }, &x->bytes)))
MAKES(seek, edo_seek_init(&x->f.seek, x->near_end, 0, SEEK_SET, NULL))
MAKES(shutdown, edo_shutdown_init(&x->f.shutdown, x->near_end))
MAKES(flush, edo_flush_init(&x->f.shutdown, x->near_end))
MAKES(io_ready, edo_io_ready_init(&x->f.io_ready, x->near_end, EDO_IO_READ))
MAKES(io_ready_of_nothing, edo_io_ready_init(&x->f.io_ready, x->near_end, 0))
MAKES(too_many, edo_readv_init(&x->f.readv, x->near_end, &x->part, EDO_IO_VECS_MAX + 1))
MAKES(no_packets, edo_udp_recv_many_init(&x->f.recv_many, x->near_end, &x->packet, 0))
MAKES(no_datagram, edo_udp_recv_from_init(&x->f.recv_from, x->near_end, x->text, 8, NULL))
MAKES(fd_ready_of_nothing, edo_fd_ready_init(&x->f.fd_ready, x->fd, 0))
MAKES(fd_io_of_nothing, edo_fd_io_init(&x->f.fd_io, x->fd, 0, try_nothing, NULL))
MAKES(copy_from, edo_copy_init(&x->f.copy, x->far_end, x->near_end, NULL))
MAKES(copy_to, edo_copy_init(&x->f.copy, x->near_end, x->far_end, NULL))
MAKES(copy_both, edo_copy_both_init(&x->f.copy_both, x->near_end, x->far_end, NULL))
MAKES(sendmsg, edo_sendmsg_init(&x->f.sendmsg, x->near_end, &x->msg, 0))
MAKES(recvmsg, edo_recvmsg_init(&x->f.recvmsg, x->near_end, &x->msg, 0))
MAKES(send_fds, edo_unix_send_fds_init(&x->f.send_fds, x->near_end, "x", 1, (int[]){ 0 }, 1))
MAKES(recv_fds, edo_unix_recv_fds_init(&x->f.recv_fds, x->near_end, x->text, 8, &x->fds))
MAKES(recv_from, edo_udp_recv_from_init(&x->f.recv_from, x->near_end, x->text, 8, NULL))
MAKES(send_to, edo_udp_send_to_init(&x->f.send_to, x->near_end, "x", 1, &x->addr))
MAKES(recv_many, edo_udp_recv_many_init(&x->f.recv_many, x->near_end, &x->packet, 1))
MAKES(send_many, edo_udp_send_many_init(&x->f.send_many, x->near_end, &x->packet, 1))
MAKES(accept, edo_accept_init(&x->f.accept, x->listener, &x->accepted))
MAKES(fd_ready, edo_fd_ready_init(&x->f.fd_ready, x->fd, EDO_IO_READ))
MAKES(fd_io, edo_fd_io_init(&x->f.fd_io, x->fd, EDO_IO_READ, try_nothing, NULL))
MAKES(process_wait, edo_process_wait_init(&x->f.process, x->process))
MAKES(signal_recv, edo_signal_recv_init(&x->f.signal, x->signal))
MAKES(signal_recv_info, edo_signal_recv_info_init(&x->f.signal_info, x->signal, &x->info))
MAKES(task_join, edo_task_join_init(&x->f.join, x->task))
MAKES(task_wait, edo_task_wait_init(&x->f.join, x->task))
MAKES(cancel_wait, edo_cancel_wait_init(&x->f.token, x->token))
MAKES(cancel_run, edo_cancel_run_init(&x->f.run, x->token, edo_pending_init(&x->never)))
MAKES(oneshot_closed, edo_oneshot_closed_init(&x->f.oneshot_closed, x->oneshot_tx))
MAKES(oneshot_recv, edo_oneshot_recv_init(&x->f.oneshot_recv, x->oneshot_rx, &x->value))
MAKES(mpsc_send, edo_mpsc_send_init(&x->f.mpsc_send, x->mpsc_tx, &x->value))
MAKES(mpsc_reserve, edo_mpsc_reserve_init(&x->f.mpsc_reserve, x->mpsc_tx, &x->permit))
MAKES(mpsc_closed, edo_mpsc_closed_init(&x->f.mpsc_closed, x->mpsc_tx))
MAKES(mpsc_recv, edo_mpsc_recv_init(&x->f.mpsc_recv, x->mpsc_rx, &x->value))
MAKES(mpsc_recv_many, edo_mpsc_recv_many_init(&x->f.mpsc_recv_many, x->mpsc_rx, &x->value, 1))
MAKES(chan_send, edo_chan_send_init(&x->f.chan_send, x->chan_tx, &x->value))
MAKES(chan_closed, edo_chan_closed_init(&x->f.chan_closed, x->chan_tx))
MAKES(chan_recv, edo_chan_recv_init(&x->f.chan_recv, x->chan_rx, &x->value))
MAKES(chan_recv_many, edo_chan_recv_many_init(&x->f.chan_recv_many, x->chan_rx, &x->value, 1))
MAKES(broadcast_send, edo_broadcast_send_init(&x->f.broadcast_send, x->broadcast_tx, &x->value))
MAKES(broadcast_closed, edo_broadcast_closed_init(&x->f.broadcast_closed, x->broadcast_tx))
MAKES(broadcast_recv,
      edo_broadcast_recv_init(&x->f.broadcast_recv, x->broadcast_rx, &x->value, &x->missed))
MAKES(watch_closed, edo_watch_closed_init(&x->f.watch_closed, x->watch_tx))
MAKES(watch_changed, edo_watch_changed_init(&x->f.watch_changed, x->watch_rx))
MAKES(watch_wait_for,
      edo_watch_wait_for_init(&x->f.watch_wait_for, x->watch_rx, &x->value, is_value, NULL))

typedef struct row {
    const char *name; /* of the future */
    void (*open)(fixture *x);
    edo_future *(*make)(fixture *x);
    void (*close)(fixture *x);
    int result; /* in a set, of a future that holds a reference while it waits */
} row;

/* These hold a reference while they wait. */
static const row holding[] = {
    { "edo_read", open_pair, make_read, close_near, -EDO_ECLOSED },
    { "edo_peek", open_pair, make_peek, close_near, -EDO_ECLOSED },
    { "edo_readv", open_pair, make_readv, close_near, -EDO_ECLOSED },
    { "edo_read_exact", open_pair, make_read_exact, close_near, -EDO_ECLOSED },
    { "edo_write", open_pair, make_write, close_near, -EDO_ECLOSED },
    { "edo_writev", open_pair, make_writev, close_near, -EDO_ECLOSED },
    { "edo_write_all", open_pair, make_write_all, close_near, -EDO_ECLOSED },
    { "edo_write_all", open_pair, make_writev_all, close_near, -EDO_ECLOSED },
    { "edo_read_bytes", open_pair, make_read_bytes, close_near, -EDO_ECLOSED },
    { "edo_read_all", open_pair, make_read_all, close_near, -EDO_ECLOSED },
    { "edo_write_bytes", open_pair, make_write_bytes, close_near, -EDO_ECLOSED },
    { "edo_seek", open_pair, make_seek, close_near, -ESPIPE },
    { "edo_shutdown", open_pair, make_shutdown, close_near, -EDO_ECLOSED },
    { "edo_flush", open_pair, make_flush, close_near, 0 }, // it keeps nothing back
    { "edo_io_ready", open_pair, make_io_ready, close_near, -EDO_ECLOSED },
    { "edo_copy", open_pair, make_copy_from, close_near, -EDO_ECLOSED },
    { "edo_copy", open_pair, make_copy_to, close_near, 0 }, // an end, and nothing to write
    { "edo_copy_both", open_pair, make_copy_both, close_near, -EDO_ECLOSED },
    { "edo_sendmsg", open_pair, make_sendmsg, close_near, -EDO_ECLOSED },
    { "edo_recvmsg", open_pair, make_recvmsg, close_near, -EDO_ECLOSED },
    { "edo_unix_send_fds", open_pair, make_send_fds, close_near, -EDO_ECLOSED },
    { "edo_unix_recv_fds", open_pair, make_recv_fds, close_near, -EDO_ECLOSED },
    { "edo_udp_recv_from", open_udp, make_recv_from, close_near, -EDO_ECLOSED },
    { "edo_udp_send_to", open_udp, make_send_to, close_near, -EDO_ECLOSED },
    { "edo_udp_recv_many", open_udp, make_recv_many, close_near, -EDO_ECLOSED },
    { "edo_udp_send_many", open_udp, make_send_many, close_near, -EDO_ECLOSED },
    { "edo_accept", open_listener, make_accept, close_listener, -EDO_ECLOSED },
    { "edo_fd_ready", open_fd, make_fd_ready, close_fd, -EDO_ECLOSED },
    { "edo_fd_io", open_fd, make_fd_io, close_fd, -EDO_ECLOSED },
    { "edo_process_wait", open_process, make_process_wait, close_process, 0 }, // its status
    { "edo_signal_recv", open_signal, make_signal_recv, close_signal, -EDO_ECLOSED },
    { "edo_signal_recv_info", open_signal, make_signal_recv_info, close_signal, -EDO_ECLOSED },
    // a first poll that ends before it has looked gives the reference back, too
    { "edo_io_ready", open_pair, make_io_ready_of_nothing, close_near, -EINVAL },
    { "edo_readv", open_pair, make_too_many, close_near, -EINVAL },
    { "edo_udp_recv_many", open_udp, make_no_packets, close_near, -EINVAL },
    { "edo_udp_recv_from", open_pair, make_no_datagram, close_near, -ENOTSUP },
    { "edo_fd_ready", open_fd, make_fd_ready_of_nothing, close_fd, -EINVAL },
    { "edo_fd_io", open_fd, make_fd_io_of_nothing, close_fd, -EINVAL },
};

/* These borrow their handle until they are ready or dropped. */
static const row borrowing[] = {
    { "edo_task_join", open_task, make_task_join, close_task, 0 },
    { "edo_task_join", open_task, make_task_wait, close_task, 0 },
    { "edo_cancel_wait", open_token, make_cancel_wait, close_token, 0 },
    { "edo_cancel_run", open_token, make_cancel_run, close_token, 0 },
    { "edo_oneshot_closed", open_oneshot, make_oneshot_closed, close_oneshot_tx, 0 },
    { "edo_oneshot_recv", open_oneshot, make_oneshot_recv, close_oneshot_rx, 0 },
    { "edo_mpsc_send", open_mpsc, make_mpsc_send, close_mpsc_tx, 0 },
    { "edo_mpsc_reserve", open_mpsc, make_mpsc_reserve, close_mpsc_tx, 0 },
    { "edo_mpsc_closed", open_mpsc, make_mpsc_closed, close_mpsc_tx, 0 },
    { "edo_mpsc_recv", open_mpsc, make_mpsc_recv, close_mpsc_rx, 0 },
    { "edo_mpsc_recv_many", open_mpsc, make_mpsc_recv_many, close_mpsc_rx, 0 },
    { "edo_chan_send", open_chan, make_chan_send, close_chan_tx, 0 },
    { "edo_chan_closed", open_chan, make_chan_closed, close_chan_tx, 0 },
    { "edo_chan_recv", open_chan, make_chan_recv, close_chan_rx, 0 },
    { "edo_chan_recv_many", open_chan, make_chan_recv_many, close_chan_rx, 0 },
    { "edo_broadcast_send", open_broadcast, make_broadcast_send, close_broadcast_tx, 0 },
    { "edo_broadcast_closed", open_broadcast, make_broadcast_closed, close_broadcast_tx, 0 },
    { "edo_broadcast_recv", open_broadcast, make_broadcast_recv, close_broadcast_rx, 0 },
    { "edo_watch_closed", open_watch, make_watch_closed, close_watch_tx, 0 },
    { "edo_watch_changed", open_watch, make_watch_changed, close_watch_rx, 0 },
    { "edo_watch_wait_for", open_watch, make_watch_wait_for, close_watch_rx, 0 },
};

/* ---- Polled by hand -------------------------------------------------------------------------- */

static int make_close_poll(void *arg) {
    const row *r = arg;
    fixture x = { .value = 0 };
    r->open(&x);
    edo_future *f = r->make(&x);
    r->close(&x);
    (void)edo_poll_once(f);
    return 0;
}

static int make_close_poll_alone(void *r) {
    return edo_main(make_close_poll, r);
}

#if defined(EDO_DEBUG) && !defined(EDOI_TSAN)
static void assert_each_is_named(const row *rows, size_t n, int (*run)(void *arg)) {
    for (size_t i = 0; i < n; i++) {
        char said[8192], want[160];
        row r = rows[i];
        int status = last_words(run, &r, said, sizeof said);
        (void)snprintf(want, sizeof want, "future %s " TEXT, r.name);
        if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT || !strstr(said, want) ||
            !strstr(said, " was given up at "))
            fail_msg("row %zu, %s: status %x, said: %s", i, r.name, (unsigned)status, said);
    }
}
#endif

static void a_first_poll_after_the_close_is_named(void **state) {
    (void)state;
#if !defined(EDO_DEBUG) || defined(EDOI_TSAN)
    (void)make_close_poll_alone;
    (void)borrowing;
    print_message("skipped: a release build does not remember, nor one for the thread sanitizer\n");
    skip();
#else
    assert_each_is_named(holding, EDO_COUNT(holding), make_close_poll_alone);
    assert_each_is_named(borrowing, EDO_COUNT(borrowing), make_close_poll_alone);
#endif
}

static int make_close_push(void *arg) {
    const row *r = arg;
    fixture x = { .value = 0 };
    edo_future_set set = EDO_FUTURE_SET_INIT;
    r->open(&x);
    edo_future *f = r->make(&x);
    r->close(&x);
    return edo_future_set_push(&set, f);
}

static int make_close_push_alone(void *r) {
    return edo_main(make_close_push, r);
}

static void a_push_after_the_close_is_named(void **state) {
    (void)state;
#if !defined(EDO_DEBUG) || defined(EDOI_TSAN)
    (void)make_close_push_alone;
    print_message("skipped: a release build does not remember, nor one for the thread sanitizer\n");
    skip();
#else
    assert_each_is_named(holding, EDO_COUNT(holding), make_close_push_alone);
#endif
}

/* ---- In a set -------------------------------------------------------------------------------- */

/* A future may be made anew in the memory of one that has just been closed. */
static void reuse_memory(const row *r) {
    fixture x = { .value = 0 };
    r->open(&x);
    r->close(&x);
    edo_close(x.far_end);
}

static int push_close_next(void *arg) {
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(holding); i++) {
        const row *r = &holding[i];
        fixture x = { .value = 0 };
        edo_future_set set = EDO_FUTURE_SET_INIT;
        edo_future *done = NULL;
        r->open(&x);
        CHECK_EQ(edo_future_set_push(&set, r->make(&x)), 0);
        r->close(&x);
        reuse_memory(r);
        CHECK_EQ(edo_future_set_done_next(&set, &done), 1);
        CHECK(done == &x.f.base);
        CHECK_EQ(edo_future_result(done), r->result);
        CHECK_EQ(edo_future_set_done_next(&set, &done), 0);
        edo_future_set_deinit(&set);
        edo_buf_deinit(&x.buf);
        edo_close(x.far_end);
    }
    return 0;
}

static void a_close_ends_what_was_pushed_and_not_polled(void **state) {
    (void)state;
    may_leave(LEFT_DESCRIPTORS, 1, HUB_STAYS);
    assert_int_equal(inside_real(push_close_next, NULL), 0);
}

static int push_close_remove(void *arg) {
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(holding); i++) {
        const row *r = &holding[i];
        fixture x = { .value = 0 };
        edo_future_set set = EDO_FUTURE_SET_INIT;
        r->open(&x);
        edo_future *f = r->make(&x);
        CHECK_EQ(edo_future_set_push(&set, f), 0);
        r->close(&x);
        reuse_memory(r);
        CHECK_EQ(edo_future_set_remove(&set, f), 0); // it was not polled
        CHECK_EQ(edo_future_set_remove(&set, f), -ENOENT);
        CHECK_EQ(edo_future_set_len(&set), 0);
        edo_close(x.far_end);
    }
    return 0;
}

static void what_was_not_polled_can_be_removed_after_the_close(void **state) {
    (void)state;
    may_leave(LEFT_DESCRIPTORS, 1, HUB_STAYS);
    assert_int_equal(inside_real(push_close_remove, NULL), 0);
}

/* ---- Wrapped, and in a task ------------------------------------------------------------------ */

typedef struct wrappers {
    edo_timeout_future timeout;
    edo_select_future select;
    edo_join_future join;
    edo_cancel_run_future run;
    edo_instrument_future instrument;
    edo_test_interleave_future interleave;
    edo_future *branches[2];
} wrappers;

enum { TIMEOUT, SELECT, JOIN, RUN, INSTRUMENT, INTERLEAVE, BOX, WRAPPERS };

static edo_future *wrap(wrappers *w, int how, edo_future *f, edo_cancel_token *t) {
    w->branches[0] = f;
    w->branches[1] = NULL;
    switch (how) {
    case TIMEOUT: return edo_timeout_init(&w->timeout, f, edo_s(60));
    case SELECT: return edo_select_init(&w->select, w->branches, 2, 0);
    case JOIN: return edo_join_init(&w->join, w->branches, 2, 0);
    case RUN: return edo_cancel_run_init(&w->run, t, f);
    case INSTRUMENT: return edo_instrument_init(&w->instrument, f, NULL);
    case INTERLEAVE: return edo_test_interleave_init(&w->interleave, f);
    default: return edo_boxed_new(f);
    }
}

static int close_what_is_wrapped(void *arg) {
    (void)arg;
    edo_cancel_token *t;
    CHECK_EQ(edo_cancel_new(&t), 0);
    for (int how = 0; how < WRAPPERS; how++) {
        for (int drops = 0; drops < 2; drops++) {
            fixture x = { .value = 0 };
            wrappers w;
            edo_future_set set = EDO_FUTURE_SET_INIT;
            edo_future *done, *f;
            open_pair(&x);
            f = wrap(&w, how, make_read(&x), t);
            CHECK_EQ(edo_future_set_push(&set, f), 0);
            close_near(&x);
            reuse_memory(&holding[0]);
            if (drops) {
                CHECK_EQ(edo_future_set_remove(&set, f), 0);
            } else {
                CHECK_EQ(edo_future_set_done_next(&set, &done), 1);
                CHECK_EQ(edo_future_result(done), how == SELECT ? 0 : -EDO_ECLOSED);
                edo_drop(done); // of a box
            }
            edo_close(x.far_end);
        }
    }
    edo_cancel_unref(t);
    return 0;
}

static void a_wrapped_future_holds_its_handle_too(void **state) {
    (void)state;
    assert_int_equal(inside_real(close_what_is_wrapped, NULL), 0);
}

static int close_what_is_spawned(void *arg) {
    (void)arg;
    for (int how = 0; how < 4; how++) { // plain, in a box, with options, cancelled before a poll
        fixture x = { .value = 0 };
        const edo_spawn_opts opts = { .no_context = how == 2, .name = "reads" };
        open_pair(&x);
        edo_future *f = make_read(&x);
        if (how == 1) f = edo_boxed_new(f);
        edo_task *t = edo_spawn_future_with(f, &opts);
        CHECK(t);
        close_near(&x);
        reuse_memory(&holding[0]);
        if (how == 3) edo_task_cancel(t);
        CHECK_EQ(edo_task_join(t), how == 3 ? -ECANCELED : -EDO_ECLOSED);
        edo_close(x.far_end);
        open_pair(&x);
        t = edo_spawn_future(make_read(&x));
        CHECK(t);
        close_near(&x);
        CHECK_EQ(edo_task_join(t), -EDO_ECLOSED);
        edo_close(x.far_end);
    }
    return 0;
}

static void a_spawned_future_holds_its_handle_before_its_first_poll(void **state) {
    (void)state;
    assert_int_equal(inside_real(close_what_is_spawned, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_first_poll_after_the_close_is_named), // first: these two fork
        cmocka_unit_test(a_push_after_the_close_is_named),
        cmocka_unit_test(a_close_ends_what_was_pushed_and_not_polled),
        cmocka_unit_test(what_was_not_polled_can_be_removed_after_the_close),
        cmocka_unit_test(a_wrapped_future_holds_its_handle_too),
        cmocka_unit_test(a_spawned_future_holds_its_handle_before_its_first_poll),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
