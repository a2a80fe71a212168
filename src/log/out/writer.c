/* SPDX-License-Identifier: MIT */
/* log/out/writer.c: write(2) with the additions that a log needs.
 *
 * The descriptor belongs to the program and is often shared with others, so its flags are not
 * changed: poll(2) shows whether there is room. Another process may take that before the write,
 * and a terminal has room for a few bytes only: so no write may block. A socket gets MSG_DONTWAIT
 * with each write, and a pipe RWF_NOWAIT; before Linux 6.4, and where the pipe has a name, it is
 * opened anew for that one write: if it stayed open its reader would not see the end when the
 * program closes the descriptor. A terminal is opened anew once. Where a new open file is refused,
 * as after a change of the user, the write may block (inv. 2).
 *
 * A pipe without a reader raises SIGPIPE, whose disposition is the program's too: the signal is
 * blocked in this thread during the write, and consumed if the write raised it. */
#include "log/out/writer.h"

#include "base/assert.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define REFUSED_MAX 64 /* writes interrupted, or refused although poll reported room */
#define NS_PER_MS   INT64_C(1000000)

static int writer_open_anew(int fd) {
    char path[32];
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

void edoi_writer_init(edoi_writer *writer, int fd) {
    struct stat st = { .st_mode = S_IFREG };
    (void)fstat(fd, &st); // what is no descriptor drops all
    *writer = (edoi_writer){ .fd = fd, .own = -1, .wait_ms = EDOI_WRITER_WAIT_MS };
    writer->may_stall = !S_ISREG(st.st_mode);
    writer->is_socket = S_ISSOCK(st.st_mode);
    writer->is_pipe = S_ISFIFO(st.st_mode);
    if (S_ISCHR(st.st_mode) && isatty(fd)) writer->own = writer_open_anew(fd);
}

void edoi_writer_deinit(edoi_writer *writer) {
    if (writer->own >= 0) (void)close(writer->own);
    writer->own = -1;
}

static int64_t writer_now_ns(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now); // this cannot fail
    return now.tv_sec * 1000 * NS_PER_MS + now.tv_nsec;
}

static int64_t left_ns(const edoi_writer *writer) {
    return writer->wait_ms * NS_PER_MS - writer->spent_ns;
}

static int poll_for_room(const edoi_writer *writer, int ms) {
    struct pollfd pfd = { .fd = writer->fd, .events = POLLOUT };
    return poll(&pfd, 1, ms);
}

bool edoi_writer_has_room(const edoi_writer *writer) {
    int n;
    do n = poll_for_room(writer, 0);
    while (n < 0 && errno == EINTR);
    return n != 0; // an error is reported by write(2)
}

/* Waits for room, for `most_ms` or what is left; false: time is up. */
static bool wait_for_room(edoi_writer *writer, int64_t most_ms) {
    int64_t most_ns = most_ms * NS_PER_MS, begun_ns = writer_now_ns(), took_ns = 0;
    int n = 0;
    EDO_INV("writer inv. 1", left_ns(writer) > 0);
    if (most_ns > left_ns(writer)) most_ns = left_ns(writer);
    do {
        n = poll_for_room(writer, (int)((most_ns - took_ns + NS_PER_MS - 1) / NS_PER_MS));
        took_ns = writer_now_ns() - begun_ns;
    } while (n < 0 && errno == EINTR && took_ns < most_ns);
    writer->spent_ns += took_ns;
    return n > 0 || (n < 0 && errno != EINTR);
}

/* The descriptor had room at once. */
static void keep_calm(edoi_writer *writer) {
    if (writer->spent_ns == 0) return;
    int64_t now_ns = writer_now_ns();
    if (writer->calm_ns == 0) writer->calm_ns = now_ns;
    if (now_ns - writer->calm_ns >= EDOI_WRITER_CALM_NS) writer->spent_ns = 0;
}

bool edoi_writer_await(edoi_writer *writer) {
    if (!writer->may_stall) return true;
    if (edoi_writer_has_room(writer)) {
        keep_calm(writer);
        return true;
    }
    writer->calm_ns = 0;
    if (left_ns(writer) > 0 && wait_for_room(writer, EDOI_WRITER_SHORT_MS)) return true;
    if (left_ns(writer) <= 0) return false;
    edoi_store_rlx_u32(&writer->is_stuck, 1);
    bool has_room = wait_for_room(writer, writer->wait_ms);
    edoi_store_rlx_u32(&writer->is_stuck, 0);
    return has_room;
}

/* Around a write that may block: inv. 2. */
static void writer_watch(edoi_writer *writer) {
    edoi_store_rlx_u64(&writer->writes_ns, (uint64_t)writer_now_ns());
}

static void writer_watched(edoi_writer *writer) {
    int64_t took_ns = writer_now_ns() - (int64_t)edoi_load_rlx_u64(&writer->writes_ns);
    edoi_store_rlx_u64(&writer->writes_ns, 0);
    if (took_ns < NS_PER_MS) return;
    writer->spent_ns += took_ns;
    writer->calm_ns = 0;
}

/* The last resort: it may block. */
static ssize_t write_watched(edoi_writer *writer, const char *bytes, size_t n) {
    writer_watch(writer);
    ssize_t wrote = write(writer->fd, bytes, n);
    writer_watched(writer); // keeps errno: clock_gettime() does not fail
    return wrote;
}

/* The kernels that refuse RWF_NOWAIT for a pipe differ in how they say so. */
static ssize_t write_to_pipe(edoi_writer *writer, const char *bytes, size_t n) {
    const struct iovec piece = { .iov_base = (void *)(uintptr_t)bytes, .iov_len = n };
    ssize_t wrote = pwritev2(writer->fd, &piece, 1, -1, RWF_NOWAIT);
    if (wrote >= 0 || errno == EAGAIN || errno == EPIPE) return wrote;
    int own = writer_open_anew(writer->fd);
    if (own < 0) return write_watched(writer, bytes, n); // its reader may be gone, too
    wrote = write(own, bytes, n);
    int err = errno;
    (void)close(own);
    errno = err;
    return wrote;
}

static ssize_t writer_write(edoi_writer *writer, const char *bytes, size_t n) {
    if (writer->is_socket) return send(writer->fd, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (writer->is_pipe) return write_to_pipe(writer, bytes, n);
    if (writer->own >= 0) return write(writer->own, bytes, n);
    return writer->may_stall ? write_watched(writer, bytes, n) : write(writer->fd, bytes, n);
}

bool edoi_writer_is_blocked(const edoi_writer *writer) {
    int64_t since_ns = (int64_t)edoi_load_rlx_u64(&writer->writes_ns);
    return since_ns > 0 && writer_now_ns() - since_ns >= writer->wait_ms * NS_PER_MS;
}

/* Writes all, or returns false. */
static bool writer_write_all(edoi_writer *writer, const char *bytes, size_t n) {
    size_t done = 0;
    writer->failure = 0;
    for (int refused_n = 0; done < n && refused_n < REFUSED_MAX;) {
        size_t piece = n - done;
        if (writer->may_stall) {
            if (piece > PIPE_BUF) piece = PIPE_BUF;
            if (!edoi_writer_await(writer)) break;
        }
        ssize_t wrote = writer_write(writer, bytes + done, piece);
        if (wrote > 0) {
            done += (size_t)wrote;
        } else if (wrote < 0 && (errno == EINTR || errno == EAGAIN)) {
            refused_n++;
        } else {
            writer->failure = wrote < 0 ? errno : EIO;
            break;
        }
    }
    if (done > 0) writer->is_torn = done < n;
    return done == n;
}

/* SIGPIPE is not raised in this thread between the two; `has_failed`: a write may have tried. */
typedef struct pipe_signal {
    sigset_t before, pending;
} pipe_signal;

static void pipe_signal_block(pipe_signal *s) {
    sigset_t pipe_only;
    sigemptyset(&pipe_only);
    sigemptyset(&s->pending);
    sigaddset(&pipe_only, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_only, &s->before);
    if (sigismember(&s->before, SIGPIPE)) sigpending(&s->pending);
}

static void pipe_signal_restore(const pipe_signal *s, bool has_failed) {
    const struct timespec at_once = { 0, 0 };
    sigset_t pipe_only;
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    while (has_failed && !sigismember(&s->pending, SIGPIPE) &&
           sigtimedwait(&pipe_only, NULL, &at_once) < 0 && errno == EINTR) {
    }
    pthread_sigmask(SIG_SETMASK, &s->before, NULL);
}

static bool flush_watched(edoi_writer *writer, FILE *file) {
    pipe_signal s;
    pipe_signal_block(&s);
    writer_watch(writer);
    writer->failure = fflush(file) == 0 ? 0 : errno;
    writer_watched(writer);
    pipe_signal_restore(&s, writer->failure != 0);
    return writer->failure == 0;
}

/* A thread that has the lock of `file` may wait in printf(), and its text has no order with
 * ours; nor has what is too long for a write that does not block. */
bool edoi_writer_flush(edoi_writer *writer, FILE *file) {
    writer->failure = 0;
    if (ftrylockfile(file) != 0) return true;
    size_t n = __fpending(file);
    bool is_wanted = n > 0 && (!writer->may_stall || n <= PIPE_BUF), is_done = true;
    if (is_wanted) is_done = edoi_writer_await(writer) && flush_watched(writer, file);
    funlockfile(file);
    return is_done;
}

/* Ends the line that was torn, then writes this one. */
static bool writer_put_whole_line(edoi_writer *writer, const char *bytes, size_t n) {
    bool is_whole = !writer->is_torn || writer_write_all(writer, "\n", 1);
    return is_whole && writer_write_all(writer, bytes, n);
}

bool edoi_writer_line(edoi_writer *writer, const char *bytes, size_t n) {
    if (!writer->may_stall) return writer_put_whole_line(writer, bytes, n);
    pipe_signal s;
    pipe_signal_block(&s);
    bool is_written = writer_put_whole_line(writer, bytes, n);
    pipe_signal_restore(&s, !is_written);
    return is_written;
}

static ssize_t writer_try(edoi_writer *writer, const char *bytes, size_t n) {
    bool has_room = !writer->may_stall || edoi_writer_has_room(writer);
    ssize_t wrote = has_room ? writer_write(writer, bytes, n) : 0;
    return wrote < 0 ? (errno == EAGAIN ? 0 : -errno) : wrote;
}

ssize_t edoi_writer_some(edoi_writer *writer, const char *bytes, size_t n, bool begins) {
    if (begins && writer->is_torn) {
        ssize_t ended = writer_try(writer, "\n", 1);
        if (ended <= 0) return ended;
    }
    ssize_t wrote = writer_try(writer, bytes, n);
    if (wrote > 0) writer->is_torn = bytes[wrote - 1] != '\n';
    return wrote;
}
