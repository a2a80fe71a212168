/* SPDX-License-Identifier: MIT */
/* trace/writer.c: write(2) with what a log needs around it.
 *
 * The descriptor is the program's, often shared with others, so its flags stay as they are: whether
 * a write would block is asked by poll(2), which for a pipe promises room for PIPE_BUF bytes. A
 * pipe whose reader is gone raises SIGPIPE, whose disposition is the program's too: it is blocked
 * in this thread while we write, and taken back if we raised it. */
#include "trace/writer.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define REFUSED_MAX 64 /* writes that were interrupted, or refused although poll said yes */

void edoi_writer_init(edoi_writer *writer, int fd) {
    struct stat st;
    *writer = (edoi_writer){ .fd = fd, .wait_ms = EDOI_WRITER_WAIT_MS };
    writer->may_stall = fstat(fd, &st) == 0 && !S_ISREG(st.st_mode);
}

/* Waits until a piece can be written; false: the wait is over. */
static bool is_writable(edoi_writer *writer) {
    struct pollfd pfd = { .fd = writer->fd, .events = POLLOUT };
    int n = 0;
    do {
        n = poll(&pfd, 1, writer->has_stalled ? 0 : writer->wait_ms);
    } while (n < 0 && errno == EINTR);
    writer->has_stalled = n == 0;
    return n > 0; // an error is writable: write(2) will say which
}

/* Writes all, or returns false. */
static bool write_all(edoi_writer *writer, const char *bytes, size_t n) {
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
    if (!writer->may_stall) return write_all(writer, bytes, n);
    sigset_t pipe_only, before, pending;
    sigemptyset(&pipe_only);
    sigemptyset(&pending);
    sigaddset(&pipe_only, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
    if (sigismember(&before, SIGPIPE)) sigpending(&pending);
    bool is_whole = !writer->is_torn || write_all(writer, "\n", 1); // end what was begun
    bool is_written = is_whole && write_all(writer, bytes, n);
    if (!is_written && !sigismember(&pending, SIGPIPE)) {
        const struct timespec at_once = { 0, 0 };
        while (sigtimedwait(&pipe_only, NULL, &at_once) < 0 && errno == EINTR) {
        }
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return is_written;
}
