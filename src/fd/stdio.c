/* SPDX-License-Identifier: MIT */
/* fd/stdio.c: the standard streams. O_NONBLOCK belongs to the open file, which the shell and other
 * programs share: so it is set only on an open file of our own. */
#include "base/assert.h"
#include "fd/fd_stream.h"

#include <edo/pipe.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* The master of a pseudo-terminal is a terminal, too, but opening it makes another terminal. */
static bool is_terminal(int fd) {
    unsigned number;
    return isatty(fd) && ioctl(fd, TIOCGPTN, &number) < 0;
}

/* A pipe of packets (O_DIRECT) is one at each open file by itself: the one of our own becomes so,
 * too. A flag that cannot be set is not worth the stream. */
static void keep_packets(int own, int fd) {
    int flags = fcntl(fd, F_GETFL);
    if (flags >= 0 && flags & O_DIRECT) (void)fcntl(own, F_SETFL, O_NONBLOCK | O_DIRECT);
}

/* Opens the pipe or terminal behind `fd` once more, non-blocking; -1: another kind of file, or not
 * allowed. */
static int open_again(int fd, int mode) {
    char path[32];
    struct stat st;
    if (fstat(fd, &st) < 0 || !(S_ISFIFO(st.st_mode) || is_terminal(fd))) return -1;
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int own = open(path, mode | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (own >= 0 && edoi_fd_check_pollable(own) < 0) {
        (void)close(own);
        own = -1;
    }
    if (own >= 0 && S_ISFIFO(st.st_mode)) keep_packets(own, fd);
    return own;
}

static int open_standard(edo_stream **out, int fd, int mode, const void *caller) {
    int err, own = open_again(fd, mode);
    if (own >= 0) {
        err = edoi_fd_stream_new(out, own, caller);
    } else {
        own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
        if (own < 0) return -errno;
        err = edoi_pool_stream_new(out, own, mode == O_WRONLY, caller);
    }
    if (err < 0) (void)close(own);
    return err;
}

int edo_stdin(edo_stream **out) {
    return open_standard(out, STDIN_FILENO, O_RDONLY, EDOI_CALLER());
}

int edo_stdout(edo_stream **out) {
    return open_standard(out, STDOUT_FILENO, O_WRONLY, EDOI_CALLER());
}

int edo_stderr(edo_stream **out) {
    return open_standard(out, STDERR_FILENO, O_WRONLY, EDOI_CALLER());
}
