/* SPDX-License-Identifier: MIT */
/* fd/fd_stream.c: pipes, terminals and devices as streams: readv, writev and readiness.
 *
 * A short write shows that a pipe is full: this saves the system call that would return EAGAIN. A
 * short read shows that it is empty only if it has no packets, which each take a read: of that
 * (O_DIRECT) the reading end has no sign, and another process may change it at the writing end at
 * any time. So only a pipe that was made here without packets is taken for empty at once; for other
 * pipes a system call asks how many bytes they have, instead of the one that would return EAGAIN.
 * With other devices (a terminal returns one line at a time) both show nothing.
 *
 * A stream is the head of its source. */
#include "fd/fd_stream.h"

#include "io/sigpipe.h"
#include "io/source_io.h"
#include "records/handles.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

static const edo_stream_ops own_pipe_ops, pipe_ops, packet_pipe_ops, device_ops;

static edoi_source *source_of(edo_stream *s) {
    return edoi_source_behind(s);
}

static size_t fd_stream_bytes_of(const struct iovec *vecs, size_t n) {
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++) bytes += vecs[i].iov_len;
    return bytes;
}

/* After a short read: is the pipe empty? Bytes that come after the question are an event. */
static bool is_drained(const edo_stream *s, int fd) {
    int left = 0;
    if (s->ops == &own_pipe_ops) return true;
    return s->ops == &pipe_ops && ioctl(fd, FIONREAD, &left) == 0 && left == 0;
}

static edo_polled fd_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                          size_t n, uint32_t flags, int *result) {
    edoi_source *src = source_of(s);
    if (flags & EDO_IO_PEEK) {
        *result = -ENOTSUP;
        return EDO_READY;
    }
    for (;;) {
        uint32_t tick;
        int waits = edoi_may_try(src, EDOI_READ, cx, wait, &tick);
        if (waits != 0) return edoi_not_tried(waits, result);
        int fd = edoi_source_fd(src);
        ssize_t got = readv(fd, to, (int)n);
        if (got < 0 && s->ops == &device_ops && edoi_is_hung_up(fd)) got = 0;
        if (got >= 0) {
            bool is_short = (size_t)got < fd_stream_bytes_of(to, n);
            bool is_asked = got > 0 && is_short && tick != 0 && !edoi_source_tick_is_hung(tick);
            if (is_asked && is_drained(s, fd)) edoi_source_drained(src, EDOI_READ, tick);
            *result =
                edoi_source_is_closed(src) && got == 0 ? edoi_source_closed_error(src) : (int)got;
            return EDO_READY;
        }
        if (edoi_try_is_over(src, EDOI_READ, cx, tick, result)) return EDO_READY;
    }
}

static ssize_t write_without_signal(int fd, const struct iovec *from, size_t n) {
    edoi_sigpipe sigpipe;
    edoi_sigpipe_block(&sigpipe);
    ssize_t put = writev(fd, from, (int)n);
    edoi_sigpipe_restore(&sigpipe, put < 0 && errno == EPIPE);
    return put;
}

static edo_polled fd_write(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *from,
                           size_t n, int *result) {
    edoi_source *src = source_of(s);
    bool is_pipe = s->ops != &device_ops;
    for (;;) {
        uint32_t tick;
        int waits = edoi_may_try(src, EDOI_WRITE, cx, wait, &tick);
        if (waits != 0) return edoi_not_tried(waits, result);
        int fd = edoi_source_fd(src);
        ssize_t put = is_pipe ? write_without_signal(fd, from, n) : writev(fd, from, (int)n);
        if (put >= 0) {
            if (is_pipe && s->ops != &packet_pipe_ops && (size_t)put < fd_stream_bytes_of(from, n))
                edoi_source_drained(src, EDOI_WRITE, tick);
            *result = (int)put;
            return EDO_READY;
        }
        if (edoi_try_is_over(src, EDOI_WRITE, cx, tick, result)) return EDO_READY;
    }
}

/* The reader of a pipe sees the end once no writer is left: so the descriptor, which other threads
 * may be using, changes into the writing end of a pipe without a reader. */
static int end_writing(int fd) {
    int broken[2];
    if (pipe2(broken, O_CLOEXEC | O_NONBLOCK) < 0) return -errno;
    (void)close(broken[0]);
    int err = dup3(broken[1], fd, O_CLOEXEC) < 0 ? -errno : 0;
    (void)close(broken[1]);
    return err;
}

static edo_polled fd_shutdown(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    (void)cx;
    (void)wait;
    edoi_source *src = source_of(s);
    *result = 0;
    if (edoi_source_is_closed(src)) {
        *result = edoi_source_closed_error(src);
    } else if (s->ops != &device_ops &&
               (fcntl(edoi_source_fd(src), F_GETFL) & O_ACCMODE) == O_WRONLY) {
        *result = end_writing(edoi_source_fd(src));
        edoi_source_nudge(src, EDOI_WRITE); // wakes a waiting writer
    }
    return EDO_READY;
}

static edo_polled fd_ready(edo_stream *s, edo_cx *cx, edo_io_wait *wait, uint32_t what,
                           int *result) {
    uint32_t tick;
    edoi_dir dir = what == EDO_IO_READ ? EDOI_READ : EDOI_WRITE;
    int waits = edoi_may_try(source_of(s), dir, cx, wait, &tick);
    if (waits > 0) return EDO_PENDING;
    *result = waits < 0 ? waits : (int)what;
    return EDO_READY;
}

static void fd_unwait(edo_stream *s, edo_io_wait *wait) {
    edoi_source_unwait(source_of(s), wait);
}

static void fd_close(edo_stream *s) {
    edoi_source_end_file(source_of(s));
}

/* Other processes may have copies of the descriptor, which would keep it registered. */
static void fd_free(edo_stream *s) {
    edoi_source_deregister(source_of(s));
    edoi_source_free(source_of(s));
}

static int fd_number(edo_stream *s) {
    return edoi_source_fd(source_of(s));
}

#define OPS_WITH(more)                                                                             \
    .flags = EDO_STREAM_VECTORED | EDOI_STREAM_IS_SOURCE | (more), .poll_read = fd_read,           \
    .poll_write = fd_write, .poll_shutdown = fd_shutdown, .poll_ready = fd_ready,                  \
    .unwait = fd_unwait, .close = fd_close, .free = fd_free, .fd = fd_number

static const edo_stream_ops own_pipe_ops = { .name = "pipe", OPS_WITH(0) };
static const edo_stream_ops pipe_ops = { .name = "pipe", OPS_WITH(EDOI_STREAM_HAS_PACKETS) };
static const edo_stream_ops packet_pipe_ops = { .name = "packet pipe",
                                                OPS_WITH(EDOI_STREAM_HAS_PACKETS) };
static const edo_stream_ops device_ops = { .name = "device", OPS_WITH(0) };

static int fd_stream_new(edo_stream **out, int fd, const edo_stream_ops *ops, const void *caller) {
    edoi_source *src;
    int err = edoi_source_reserve(&src);
    if (err < 0) return err;
    edo_stream *s = (edo_stream *)edoi_source_head(src);
    *s = (edo_stream){ .ops = ops, .refs = { 1 } };
    edoi_source_open(src, fd);
    *out = edoi_handle_made_here(EDOI_STREAM, s, caller);
    return 0;
}

int edoi_fd_stream_new(edo_stream **out, int fd, const void *caller) {
    struct stat st;
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fstat(fd, &st) < 0) return -errno;
    const edo_stream_ops *ops = flags & O_DIRECT ? &packet_pipe_ops : &pipe_ops;
    return fd_stream_new(out, fd, S_ISFIFO(st.st_mode) ? ops : &device_ops, caller);
}

int edoi_pipe_stream_new(edo_stream **out, int fd, bool packets, const void *caller) {
    return fd_stream_new(out, fd, packets ? &packet_pipe_ops : &own_pipe_ops, caller);
}
