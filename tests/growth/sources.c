/* SPDX-License-Identifier: MIT */
/* tests/growth/sources.c: n futures that wait for one listener, one direction of a stream, a
 * descriptor or a signal, or each for a connection or a Ctrl-C of its own. */
#include "crowd.h"

#include <edo/codec.h>
#include <edo/fd.h>
#include <edo/process.h>
#include <edo/streams.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/uio.h>

#define SOURCES_MAX 4000u /* each has a descriptor */

/* ---- Listeners ------------------------------------------------------------------------------- */

static edo_listener *listener;
static edo_stream **streams; /* accepted, or connected */

static void listener_open(uint32_t n) {
    streams = growth_alloc(n, sizeof(edo_stream *));
    GROWTH_CHECK(edo_tcp_listen(&listener, "127.0.0.1:0", NULL) == 0);
}
static void accept_make(void *f, uint32_t i) {
    (void)edo_accept_init(f, listener, &streams[i]);
}
static void listener_shut(uint32_t n) {
    (void)n;
    edo_listener_unref(listener);
    free(streams);
}
static void listener_close(uint32_t n) {
    (void)n;
    edo_listener_close(edo_listener_ref(listener));
}

/* ---- Connections ----------------------------------------------------------------------------- */

#define EARLIER 8 /* more than a full listener has room for */

static edo_addr full_addr;
static edo_stream *early_streams[EARLIER];
static edo_tcp_connect_future early[EARLIER];

/* A listener that accepts nothing and has no room for another connection. */
static void full_open(uint32_t n) {
    streams = growth_alloc(n, sizeof(edo_stream *));
    GROWTH_CHECK(edo_tcp_listen(&listener, "127.0.0.1:0", &(edo_tcp_opts){ .backlog = 1 }) == 0);
    GROWTH_CHECK(edo_listener_addr(listener, &full_addr) == 0);
    for (uint32_t i = 0; i < EARLIER; i++) {
        early_streams[i] = NULL;
        (void)edo_poll_once(
            edo_tcp_connect_addr_init(&early[i], &early_streams[i], &full_addr, NULL));
    }
}
static void connect_make(void *f, uint32_t i) {
    (void)edo_tcp_connect_addr_init(f, &streams[i], &full_addr, NULL);
}
static void full_shut(uint32_t n) {
    for (uint32_t i = 0; i < EARLIER; i++) {
        edo_drop(&early[i].base);
        edo_close(early_streams[i]);
    }
    listener_shut(n);
}

/* ---- Reading --------------------------------------------------------------------------------- */

static edo_stream *near_end, *far_end;
static char bytes[8];

static void stream_open(uint32_t n) {
    (void)n;
    edo_listener *l;
    edo_addr at;
    GROWTH_CHECK(edo_tcp_listen(&l, "127.0.0.1:0", NULL) == 0);
    GROWTH_CHECK(edo_listener_addr(l, &at) == 0);
    GROWTH_CHECK(edo_tcp_connect_addr(&near_end, &at, NULL) == 0);
    GROWTH_CHECK(edo_accept(l, &far_end) == 0);
    edo_listener_close(l);
    GROWTH_CHECK(edo_try_read(near_end, bytes, sizeof bytes) == -EAGAIN);
}
static void ready_make(void *f, uint32_t i) {
    (void)i;
    (void)edo_io_ready_init(f, near_end, EDO_IO_READ);
}
static void read_make(void *f, uint32_t i) {
    (void)i;
    (void)edo_read_init(f, near_end, bytes, sizeof bytes);
}
static void readv_make(void *f, uint32_t i) {
    static const struct iovec parts[] = { { .iov_base = bytes, .iov_len = 1 },
                                          { .iov_base = bytes + 1, .iov_len = 1 } };
    (void)i;
    (void)edo_readv_init(f, near_end, parts, EDO_COUNT(parts));
}
static void exact_make(void *f, uint32_t i) {
    (void)i;
    (void)edo_read_exact_init(f, near_end, bytes, sizeof bytes);
}
static void stream_wake(uint32_t n) {
    (void)n;
    GROWTH_CHECK(edo_write_all(far_end, "x", 1) == 0);
    GROWTH_CHECK(edo_sleep(edo_ms(1)) == 0);
}
static void stream_shut(uint32_t n) {
    (void)n;
    edo_close(near_end);
    edo_close(far_end);
}

static edo_buf *bufs;
static edo_bytes *all_bytes;

static void bufs_open(uint32_t n) {
    stream_open(n);
    bufs = growth_alloc(n, sizeof *bufs);
    all_bytes = growth_alloc(n, sizeof *all_bytes);
    for (uint32_t i = 0; i < n; i++) {
        bufs[i] = (edo_buf){ 0 };
        all_bytes[i] = edo_bytes_from_static(EDO_STR("x"));
    }
}
static void read_bytes_make(void *f, uint32_t i) {
    (void)edo_read_bytes_init(f, &bufs[i], near_end, 8);
}
static void read_all_make(void *f, uint32_t i) {
    (void)edo_read_all_init(f, &all_bytes[i], near_end, 8);
}
static void bufs_shut(uint32_t n) {
    for (uint32_t i = 0; i < n; i++) edo_buf_deinit(&bufs[i]);
    free(bufs);
    free(all_bytes);
    stream_shut(n);
}

static edo_stream *nowhere, *nobody, *silent;

static void copy_open(uint32_t n) {
    stream_open(n);
    GROWTH_CHECK(edo_stream_empty(&nowhere) == 0);
}
static void copy_make(void *f, uint32_t i) {
    (void)i;
    (void)edo_copy_init(f, nowhere, near_end, NULL);
}
static void copy_shut(uint32_t n) {
    edo_close(nowhere);
    stream_shut(n);
}
static void both_open(uint32_t n) {
    stream_open(n);
    GROWTH_CHECK(edo_duplex(&silent, &nobody, 16) == 0);
}
static void both_make(void *f, uint32_t i) {
    (void)i;
    (void)edo_copy_both_init(f, silent, near_end, NULL);
}
static void both_shut(uint32_t n) {
    edo_close(silent);
    edo_close(nobody);
    stream_shut(n);
}

static edo_buf_reader *readers;
static char **lines;

static void lines_open(uint32_t n) {
    stream_open(n);
    readers = growth_alloc(n, sizeof *readers);
    lines = growth_alloc(n, sizeof *lines);
    for (uint32_t i = 0; i < n; i++)
        GROWTH_CHECK(edo_buf_reader_init(&readers[i], near_end, NULL) == 0);
}
static void line_make(void *f, uint32_t i) {
    (void)edo_read_line_init(f, &readers[i], &lines[i]);
}
static const char **held;

static void fill_open(uint32_t n) {
    lines_open(n);
    held = growth_alloc(n, sizeof *held);
}
static void fill_make(void *f, uint32_t i) {
    (void)edo_fill_init(f, &readers[i], &held[i], 1);
}
static void lines_shut(uint32_t n) {
    for (uint32_t i = 0; i < n; i++) edo_buf_reader_deinit(&readers[i]);
    free(readers);
    free(lines);
    stream_shut(n);
}
static void fill_shut(uint32_t n) {
    free(held);
    lines_shut(n);
}

static edo_codec_length *codecs;
static edo_framed *framed;

static void framed_open(uint32_t n) {
    bufs_open(n);
    codecs = growth_alloc(n, sizeof *codecs);
    framed = growth_alloc(n, sizeof *framed);
    for (uint32_t i = 0; i < n; i++) {
        GROWTH_CHECK(edo_codec_length_init(&codecs[i], NULL) == 0);
        GROWTH_CHECK(edo_framed_init(&framed[i], near_end, &codecs[i].base,
                                     &(edo_framed_opts){ .boundary = 1 }) == 0);
    }
}
static void framed_recv_make(void *f, uint32_t i) {
    (void)edo_framed_recv_init(f, &framed[i], &all_bytes[i]);
}
static void framed_shut(uint32_t n) {
    for (uint32_t i = 0; i < n; i++) edo_framed_deinit(&framed[i]);
    free(framed);
    free(codecs);
    bufs_shut(n);
}

/* ---- Writing --------------------------------------------------------------------------------- */

/* A stream that sends a goodbye through the one below it, as TLS does. */
typedef struct polite {
    edo_stream base;
    edo_stream *below;
} polite;

static edo_polled polite_shutdown(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    edo_stream *below = ((polite *)(void *)s)->below;
    const struct iovec bye = { .iov_base = bytes, .iov_len = 1 };
    edo_polled polled = below->ops->poll_write(below, cx, wait, &bye, 1, result);
    if (polled == EDO_READY && *result > 0) *result = 0;
    return polled;
}
static edo_polled polite_seek(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int64_t offset,
                              int whence, uint64_t *at, int *result) {
    (void)whence;
    *at = (uint64_t)offset;
    return polite_shutdown(s, cx, wait, result);
}
static void polite_unwait(edo_stream *s, edo_io_wait *wait) {
    edo_stream *below = ((polite *)(void *)s)->below;
    below->ops->unwait(below, wait);
}
static const edo_stream_ops polite_ops = { .name = "polite",
                                           .poll_shutdown = polite_shutdown,
                                           .poll_seek = polite_seek,
                                           .unwait = polite_unwait };
static polite goodbye;

/* Nothing more can be written. */
static void fill_stream(void) {
    static char many[1 << 16];
    while (edo_try_write(near_end, many, sizeof many) > 0) continue;
}
static void full_stream_open(uint32_t n) {
    stream_open(n);
    goodbye = (polite){ { .ops = &polite_ops, .refs = { 1 } }, near_end };
    fill_stream();
}
static void write_make(void *f, uint32_t i) {
    (void)i;
    (void)edo_write_init(f, near_end, "x", 1);
}
static void writev_make(void *f, uint32_t i) {
    static const struct iovec vecs[] = { { .iov_base = bytes, .iov_len = 1 },
                                         { .iov_base = bytes + 1, .iov_len = 1 } };
    (void)i;
    (void)edo_writev_init(f, near_end, vecs, EDO_COUNT(vecs));
}
static void shutdown_make(void *f, uint32_t i) {
    (void)i;
    (void)edo_shutdown_init(f, &goodbye.base);
}
static void seek_make(void *f, uint32_t i) {
    (void)edo_seek_init(f, &goodbye.base, i, SEEK_SET, NULL);
}
static void full_bufs_open(uint32_t n) {
    bufs_open(n);
    fill_stream();
}
static void write_bytes_make(void *f, uint32_t i) {
    (void)edo_write_bytes_init(f, near_end, &all_bytes[i]);
}

static void full_framed_open(uint32_t n) {
    framed_open(n);
    fill_stream();
    for (uint32_t i = 0; i < n; i++)
        GROWTH_CHECK(edo_bytes_chain_append(&framed[i].out, "x", 1) == 0);
}
static void framed_send_make(void *f, uint32_t i) {
    (void)edo_framed_send_init(f, &framed[i], &all_bytes[i]);
}
static void framed_feed_make(void *f, uint32_t i) {
    (void)edo_framed_feed_init(f, &framed[i], &all_bytes[i]);
}
static void framed_flush_make(void *f, uint32_t i) {
    (void)edo_framed_flush_init(f, &framed[i]);
}

static edo_buf_writer *writers;

static void flush_open(uint32_t n) {
    full_stream_open(n);
    writers = growth_alloc(n, sizeof *writers);
    for (uint32_t i = 0; i < n; i++) {
        GROWTH_CHECK(edo_buf_writer_init(&writers[i], near_end, NULL) == 0);
        GROWTH_CHECK(edo_try_write(edo_buf_writer_stream(&writers[i]), "x", 1) == 1);
    }
}
static void flush_make(void *f, uint32_t i) {
    (void)edo_flush_init(f, edo_buf_writer_stream(&writers[i]));
}
static void put_make(void *f, uint32_t i) {
    static char many[EDO_BUF_WRITER_BYTES];
    (void)edo_put_init(f, &writers[i], many, sizeof many);
}
static void flush_shut(uint32_t n) {
    for (uint32_t i = 0; i < n; i++) edo_buf_writer_deinit(&writers[i]);
    free(writers);
    stream_shut(n);
}
static void full_stream_wake(uint32_t n) {
    static char many[1 << 16];
    struct pollfd room = { .fd = edo_stream_fd(near_end), .events = POLLOUT };
    (void)n;
    while (poll(&room, 1, 0) == 0) (void)edo_try_read(far_end, many, sizeof many);
    GROWTH_CHECK(edo_sleep(edo_ms(1)) == 0);
}

/* ---- Descriptors ----------------------------------------------------------------------------- */

static edo_fd *fd_of;

static void fd_open(uint32_t n) {
    stream_open(n);
    GROWTH_CHECK(edo_fd_open(&fd_of, edo_stream_fd(near_end), NULL) == 0);
}
static void fd_ready_make(void *f, uint32_t i) {
    (void)i;
    (void)edo_fd_ready_init(f, fd_of, EDO_IO_READ);
}
static int fd_try(int fd, void *arg) {
    (void)arg;
    struct pollfd p = { .fd = fd, .events = POLLIN };
    return poll(&p, 1, 0) > 0 ? 0 : -EAGAIN;
}
static void fd_io_make(void *f, uint32_t i) {
    (void)i;
    (void)edo_fd_io_init(f, fd_of, EDO_IO_READ, fd_try, NULL);
}
static void fd_shut(uint32_t n) {
    edo_fd_close(fd_of);
    stream_shut(n);
}

/* ---- Programs -------------------------------------------------------------------------------- */

static edo_process *process;

/* A program of a case that ends without process_shut() ends with the case. */
static int die_with_parent(void *arg) {
    (void)arg;
    return prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ? -errno : 0;
}

static void process_open(uint32_t n) {
    const char *const argv[] = { "sleep", "1000", NULL };
    const edo_process_opts opts = { .kill_on_unref = true, .before_exec = die_with_parent };
    (void)n;
    GROWTH_CHECK(edo_process_spawn(&process, argv, &opts) == 0);
}
static void process_make(void *f, uint32_t i) {
    (void)i;
    (void)edo_process_wait_init(f, process);
}
static void process_wake(uint32_t n) {
    (void)n;
    (void)edo_process_kill(process);
}
static void process_shut(uint32_t n) {
    (void)n;
    edo_process_unref(process);
}

/* ---- Signals --------------------------------------------------------------------------------- */

static edo_signal *signal_of;

static void signal_open(uint32_t n) {
    (void)n;
    GROWTH_CHECK(edo_signal_listen(&signal_of, SIGUSR1) == 0);
}
static void signal_make(void *f, uint32_t i) {
    (void)i;
    (void)edo_signal_recv_init(f, signal_of);
}
static void signal_info_make(void *f, uint32_t i) {
    static edo_signal_info info;
    (void)i;
    (void)edo_signal_recv_info_init(f, signal_of, &info);
}
static void signal_wake(uint32_t n) {
    (void)n;
    GROWTH_CHECK(raise(SIGUSR1) == 0);
    GROWTH_CHECK(edo_sleep(edo_ms(1)) == 0);
}
static void signal_shut(uint32_t n) {
    (void)n;
    edo_signal_close(signal_of);
}

static void ctrl_c_open(uint32_t n) {
    (void)n;
}
static void ctrl_c_make(void *f, uint32_t i) {
    (void)i;
    (void)edo_ctrl_c_init(f);
}
static void ctrl_c_wake(uint32_t n) {
    (void)n;
    GROWTH_CHECK(raise(SIGINT) == 0);
    GROWTH_CHECK(edo_sleep(edo_ms(1)) == 0);
}

/* As KIND, but of a kind that has a descriptor each. */
#define SOURCES(future, ...) .n_max = SOURCES_MAX, KIND(future, __VA_ARGS__)

const growth_case growth_sources[] = {
    { .name = "accept",
      MANY(edo_accept_future, listener_open, accept_make, listener_close, NULL, listener_shut) },
    { .name = "tcp_connect",
      SOURCES(edo_tcp_connect_future, full_open, connect_make, NULL, NULL, full_shut) },
    { .name = "io_ready",
      MANY(edo_io_ready_future, stream_open, ready_make, stream_wake, NULL, stream_shut) },
    { .name = "read",
      KIND(edo_read_future, stream_open, read_make, stream_wake, NULL, stream_shut) },
    { .name = "readv",
      KIND(edo_readv_future, stream_open, readv_make, stream_wake, NULL, stream_shut) },
    { .name = "read_exact",
      KIND(edo_read_exact_future, stream_open, exact_make, stream_wake, NULL, stream_shut) },
    { .name = "read_line",
      KIND(edo_read_line_future, lines_open, line_make, stream_wake, NULL, lines_shut) },
    { .name = "copy", KIND(edo_copy_future, copy_open, copy_make, stream_wake, NULL, copy_shut) },
    { .name = "copy_both",
      KIND(edo_copy_both_future, both_open, both_make, stream_wake, NULL, both_shut) },
    { .name = "read_bytes",
      KIND(edo_read_bytes_future, bufs_open, read_bytes_make, stream_wake, NULL, bufs_shut) },
    { .name = "read_all",
      KIND(edo_read_all_future, bufs_open, read_all_make, stream_wake, NULL, bufs_shut) },
    { .name = "write_bytes",
      KIND(edo_write_bytes_future, full_bufs_open, write_bytes_make, full_stream_wake, NULL,
           bufs_shut) },
    { .name = "framed_recv",
      KIND(edo_framed_recv_future, framed_open, framed_recv_make, stream_wake, NULL, framed_shut) },
    { .name = "framed_send",
      KIND(edo_framed_send_future, full_framed_open, framed_send_make, full_stream_wake, NULL,
           framed_shut) },
    { .name = "framed_feed",
      KIND(edo_framed_feed_future, full_framed_open, framed_feed_make, full_stream_wake, NULL,
           framed_shut) },
    { .name = "framed_flush",
      KIND(edo_framed_flush_future, full_framed_open, framed_flush_make, full_stream_wake, NULL,
           framed_shut) },
    { .name = "fill", KIND(edo_fill_future, fill_open, fill_make, stream_wake, NULL, fill_shut) },
    { .name = "flush",
      KIND(edo_flush_future, flush_open, flush_make, full_stream_wake, NULL, flush_shut) },
    { .name = "put",
      KIND(edo_put_future, flush_open, put_make, full_stream_wake, NULL, flush_shut) },
    { .name = "write",
      KIND(edo_write_future, full_stream_open, write_make, full_stream_wake, NULL, stream_shut) },
    { .name = "writev",
      KIND(edo_writev_future, full_stream_open, writev_make, full_stream_wake, NULL, stream_shut) },
    { .name = "seek",
      KIND(edo_seek_future, full_stream_open, seek_make, full_stream_wake, NULL, stream_shut) },
    { .name = "shutdown",
      KIND(edo_shutdown_future, full_stream_open, shutdown_make, full_stream_wake, NULL,
           stream_shut) },
    { .name = "fd_ready",
      KIND(edo_fd_ready_future, fd_open, fd_ready_make, stream_wake, NULL, fd_shut) },
    { .name = "fd_io", KIND(edo_fd_io_future, fd_open, fd_io_make, stream_wake, NULL, fd_shut) },
    { .name = "process_wait",
      KIND(edo_process_wait_future, process_open, process_make, process_wake, NULL, process_shut) },
    { .name = "signal_recv",
      KIND(edo_signal_recv_future, signal_open, signal_make, signal_wake, NULL, signal_shut) },
    { .name = "signal_recv_info",
      KIND(edo_signal_recv_info_future, signal_open, signal_info_make, signal_wake, NULL,
           signal_shut) },
    { .name = "ctrl_c",
      SOURCES(edo_ctrl_c_future, ctrl_c_open, ctrl_c_make, ctrl_c_wake, NULL, ctrl_c_open) },
    { .name = NULL },
};
