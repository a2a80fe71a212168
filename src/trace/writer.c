/* SPDX-License-Identifier: MIT */
/* trace/writer.c: write(2) with the additions that a log needs.
 *
 * The descriptor belongs to the program and is often shared with others, so its flags are not
 * changed: poll(2) tells whether a write would block; for a pipe it guarantees room for PIPE_BUF
 * bytes. A pipe without a reader raises SIGPIPE, whose disposition is the program's too: the signal
 * is blocked in this thread during the write, and consumed if the write raised it. */
#include "trace/writer.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define REFUSED_MAX 64 /* writes interrupted, or refused although poll reported room */

void edoi_writer_init(edoi_writer *writer, int fd) {
    struct stat st;
    *writer = (edoi_writer){ .fd = fd, .wait_ms = EDOI_WRITER_WAIT_MS };
    writer->may_stall = fstat(fd, &st) == 0 && !S_ISREG(st.st_mode);
}

/* Waits until a piece can be written; false: time is up. */
static bool is_writable(edoi_writer *writer) {
    struct pollfd pfd = { .fd = writer->fd, .events = POLLOUT };
    int n = 0;
    do {
        n = poll(&pfd, 1, writer->has_stalled ? 0 : writer->wait_ms);
    } while (n < 0 && errno == EINTR);
    writer->has_stalled = n == 0;
    return n > 0; // after an error write(2) reports it
}

/* Writes all, or returns false. */
static bool writer_write_all(edoi_writer *writer, const char *bytes, size_t n) {
    size_t done = 0;
    for (int refused_n = 0; done < n && refused_n < REFUSED_MAX;) {
        size_t piece = n - done;
        if (writer->may_stall) {
            if (piece > PIPE_BUF) piece = PIPE_BUF;
            if (!is_writable(writer)) break;
        }
        ssize_t wrote = write(writer->fd, bytes + done, piece);
        if (wrote > 0) {
            done += (size_t)wrote;
        } else if (wrote < 0 && (errno == EINTR || errno == EAGAIN)) {
            refused_n++;
        } else {
            break;
        }
    }
    if (done > 0) writer->is_torn = done < n;
    return done == n;
}

bool edoi_writer_line(edoi_writer *writer, const char *bytes, size_t n) {
    if (!writer->may_stall) return writer_write_all(writer, bytes, n);
    sigset_t pipe_only, before, pending;
    sigemptyset(&pipe_only);
    sigemptyset(&pending);
    sigaddset(&pipe_only, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
    if (sigismember(&before, SIGPIPE)) sigpending(&pending);
    bool is_whole = !writer->is_torn || writer_write_all(writer, "\n", 1); // ends the torn line
    bool is_written = is_whole && writer_write_all(writer, bytes, n);
    if (!is_written && !sigismember(&pending, SIGPIPE)) {
        const struct timespec at_once = { 0, 0 };
        while (sigtimedwait(&pipe_only, NULL, &at_once) < 0 && errno == EINTR) {
        }
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return is_written;
}
