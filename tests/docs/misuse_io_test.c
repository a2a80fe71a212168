/* SPDX-License-Identifier: MIT */
/* Goal: the misuse of buffered readers and writers is named, and so are waits that a future leaves
 * behind.
 * Method: as misuse_test.c. */
#include <edo/codec.h>
#include <edo/edo.h>
#include <edo/fd.h>
#include <edo/pipe.h>
#include <edo/process.h>
#include <edo/signal.h>
#include <edo/streams.h>
#include <edo/test.h>
#include <edo/udp.h>
#include <edo/udp_framed.h>

#include "breaches.h"

#include <stdlib.h>

static edo_stream *near_end, *far_end;

static void connect_ends(void) {
    if (edo_duplex(&near_end, &far_end, 1) < 0) abort();
}

static int consumes_too_much(void *arg) {
    (void)arg;
    edo_buf_reader r;
    const char *bytes;
    connect_ends();
    if (edo_buf_reader_init(&r, near_end, NULL) < 0) abort();
    if (edo_try_write(far_end, "x", 1) != 1 || edo_fill(&r, &bytes, 1) != 1) abort();
    edo_consume(&r, 2);
    return 0;
}

static int reads_without_init(void *arg) {
    static edo_buf_reader r;
    char *line;
    (void)arg;
    int err = edo_read_line(&r, &line);
    return err < 0 ? err : 1;
}

static int puts_without_init(void *arg) {
    static edo_buf_writer w;
    (void)arg;
    int err = edo_put(&w, "x", 1);
    return err < 0 ? err : 1;
}

static int writes_without_init(void *arg) {
    edo_buf_writer garbage;
    (void)arg;
    memset(&garbage, 0xa5, sizeof garbage);
    return edo_write(edo_buf_writer_stream(&garbage), "x", 1);
}

static int frames_without_init(void *arg) {
    static edo_framed f;
    (void)arg;
    int err = edo_framed_send(&f, NULL);
    return err < 0 ? err : 1;
}

static int takes_a_frame_of_null(void *arg) {
    (void)arg;
    return edo_framed_recv(NULL, NULL);
}

static int frames_datagrams_without_init(void *arg) {
    static edo_udp_framed f;
    (void)arg;
    int err = edo_udp_framed_send(&f, NULL, NULL);
    return err < 0 ? err : 1;
}

static int ends_reader_that_waits(void *arg) {
    (void)arg;
    edo_buf_reader r;
    edo_read_future f;
    char byte;
    connect_ends();
    if (edo_buf_reader_init(&r, near_end, NULL) < 0) abort();
    (void)edo_poll_once(edo_read_init(&f, edo_buf_reader_stream(&r), &byte, 1));
    edo_buf_reader_deinit(&r);
    return 0;
}

static int ends_writer_that_waits(void *arg) {
    (void)arg;
    edo_buf_writer w;
    edo_flush_future f;
    connect_ends();
    if (edo_buf_writer_init(&w, near_end, NULL) < 0) abort();
    if (edo_try_write(edo_buf_writer_stream(&w), "xy", 2) != 2) abort();
    (void)edo_poll_once(edo_flush_init(&f, edo_buf_writer_stream(&w)));
    edo_buf_writer_deinit(&w);
    return 0;
}

/* ---- Futures and streams that leave a wait behind -------------------------------------------- */

typedef struct hasty_future {
    edo_future base;
    edo_sleep_future limit;
} hasty_future;

static edo_polled hasty_poll(edo_future *base, edo_cx *cx) {
    hasty_future *f = (hasty_future *)(void *)base;
    (void)edo_poll(edo_sleep_init(&f->limit, edo_s(60)), cx);
    return edo_future_finish(base, 0);
}

static int is_ready_and_leaves_timer(void *arg) {
    static const edo_future_ops ops = { .poll = hasty_poll,
                                        .name = "hasty",
                                        .size = sizeof(hasty_future) };
    hasty_future f;
    (void)arg;
    return edo_await(edo_future_init(&f.base, &ops));
}

/* A stream over another one, whose reads are over before that is ready. */
typedef struct late_stream {
    edo_stream base;
    edo_stream *below;
} late_stream;

static edo_polled late_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                            size_t n, uint32_t flags, int *result) {
    edo_stream *below = ((late_stream *)(void *)s)->below;
    if (below->ops->poll_read(below, cx, wait, to, n, flags, result) == EDO_PENDING)
        *result = -ETIMEDOUT;
    return EDO_READY;
}

static int read_leaves_wait(void *arg) {
    static const edo_stream_ops ops = { .name = "late", .poll_read = late_read };
    char byte;
    edo_stream *in, *out;
    (void)arg;
    if (edo_pipe(&in, &out, NULL) < 0) return 0;
    late_stream late = { .base = { .ops = &ops, .refs = { 1 } }, .below = in };
    return edo_read(&late.base, &byte, 1);
}

/* ---- No stream ------------------------------------------------------------------------------- */

static int reads_from_null(void *arg) {
    char byte;
    (void)arg;
    return edo_read(NULL, &byte, 1);
}

static int writes_to_null(void *arg) {
    (void)arg;
    return edo_write_all(NULL, "x", 1);
}

/* A future that is made and dropped uses no stream. */
static int flushes_null_in_a_select(void *arg) {
    edo_flush_future f;
    edo_write_future unused;
    edo_sleep_future limit;
    (void)arg;
    edo_drop(edo_write_init(&unused, NULL, "x", 1));
    return edo_select(edo_flush_init(&f, NULL), edo_sleep_init(&limit, edo_s(60)));
}

static int tries_to_write_to_null(void *arg) {
    (void)arg;
    return edo_try_write(NULL, "x", 1);
}

static int copies_to_null(void *arg) {
    edo_copy_future f;
    (void)arg;
    connect_ends();
    return edo_await(edo_copy_init(&f, NULL, near_end, NULL));
}

static int sends_to_null(void *arg) {
    (void)arg;
    return edo_udp_send_to(NULL, "x", 1, NULL);
}

static int reads_lines_of_null(void *arg) {
    edo_buf_reader r;
    (void)arg;
    return edo_buf_reader_init(&r, NULL, NULL);
}

static int accepts_from_null(void *arg) {
    edo_stream *s;
    (void)arg;
    return edo_accept(NULL, &s);
}

static int tries_to_accept_from_null(void *arg) {
    edo_stream *s;
    (void)arg;
    return edo_try_accept(NULL, &s);
}

static int asks_port_of_null(void *arg) {
    (void)arg;
    return (int)edo_listener_port(NULL) + 1;
}

static int awaits_null_fd(void *arg) {
    (void)arg;
    return edo_fd_ready(NULL, EDO_IO_READ);
}

static int tries_null_fd(void *arg) {
    (void)arg;
    return edo_fd_io(NULL, EDO_IO_READ, NULL, NULL);
}

static int releases_null_fd(void *arg) {
    (void)arg;
    return edo_fd_release(NULL);
}

static int awaits_null_signal(void *arg) {
    (void)arg;
    return edo_signal_recv(NULL);
}

static int awaits_null_process(void *arg) {
    (void)arg;
    return edo_process_wait(NULL);
}

static int limits_null(void *arg) {
    edo_stream *s;
    (void)arg;
    return edo_test_limit_new(&s, NULL, 1);
}

static int shares_null(void *arg) {
    (void)arg;
    edo_stream_unref(edo_stream_ref(NULL));
    return 1;
}

static const breach rows[] = {
    { "edo_read uses a stream that is NULL", reads_from_null },
    { "edo_write_all uses a stream that is NULL", writes_to_null },
    { "uses a stream that is NULL", flushes_null_in_a_select },
    { "edo_copy uses a stream that is NULL", copies_to_null },
    { "edo_udp_send_to uses a stream that is NULL", sends_to_null },
    { "a stream is used that is NULL", tries_to_write_to_null },
    { "a stream is used that is NULL", reads_lines_of_null },
    { "a stream is used that is NULL", shares_null },
    { "a stream is used that is NULL", limits_null },
    { "edo_accept uses a handle that is NULL", accepts_from_null },
    { "a listener is used that is NULL", tries_to_accept_from_null },
    { "a listener is used that is NULL", asks_port_of_null },
    { "edo_fd_ready uses a handle that is NULL", awaits_null_fd },
    { "edo_fd_io uses a handle that is NULL", tries_null_fd },
    { "an edo_fd is used that is NULL", releases_null_fd },
    { "uses a handle that is NULL", awaits_null_signal },
    { "edo_process_wait uses a handle that is NULL", awaits_null_process },
    { "returned ready and left a wait of its own linked", is_ready_and_leaves_timer },
    { "edo_read returned ready and left a wait of its own linked", read_leaves_wait },
    { "edo_consume() takes more bytes than edo_fill() returned", consumes_too_much },
    { "an edo_buf_reader is used that is NULL or not initialised", reads_without_init },
    { "an edo_buf_writer is used that is NULL or not initialised", puts_without_init },
    { "an edo_buf_writer is used that is NULL or not initialised", writes_without_init },
    { "an edo_framed or edo_udp_framed is used that is NULL or not initialised",
      frames_without_init },
    { "an edo_framed or edo_udp_framed is used that is NULL or not initialised",
      takes_a_frame_of_null },
    { "an edo_framed or edo_udp_framed is used that is NULL or not initialised",
      frames_datagrams_without_init },
    { "an edo_buf_reader ends while an operation waits on it", ends_reader_that_waits },
    { "an edo_buf_writer ends while an operation waits on it", ends_writer_that_waits },
};

static void each_breach_is_named(void **state) {
    (void)state;
#ifndef EDO_DEBUG
    print_message("skipped: a release build returns -EDO_EMISUSE\n");
    skip();
#endif
    assert_each_is_named(rows, EDO_COUNT(rows), "misuse_io_test.c:");
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(each_breach_is_named) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
