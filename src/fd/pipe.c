/* SPDX-License-Identifier: MIT */
/* fd/pipe.c: pipes of the kernel. */
#include "base/assert.h"
#include "base/opts.h"
#include "fd/fd_stream.h"

#include <edo/pipe.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

static int pipe_open(int fds[2], const edo_pipe_opts *opts) {
    if (!edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) return -EINVAL;
    if (opts->bytes > INT_MAX) return -EINVAL;
    if (pipe2(fds, O_CLOEXEC | O_NONBLOCK | (opts->packets ? O_DIRECT : 0)) < 0) return -errno;
    if (opts->bytes == 0 || fcntl(fds[1], F_SETPIPE_SZ, (int)opts->bytes) >= 0) return 0;
    int err = -errno;
    (void)close(fds[0]);
    (void)close(fds[1]);
    return err;
}

int edo_pipe(edo_stream **reader, edo_stream **writer, const edo_pipe_opts *opts) {
    static const edo_pipe_opts usual;
    int fds[2];
    edo_stream *first;
    if (!opts) opts = &usual;
    int err = pipe_open(fds, opts);
    if (err < 0) return err;
    err = edoi_pipe_stream_new(&first, fds[0], opts->packets, EDOI_CALLER());
    if (err < 0) {
        (void)close(fds[0]);
    } else {
        err = edoi_pipe_stream_new(writer, fds[1], opts->packets, EDOI_CALLER());
        if (err < 0) edo_close(first);
    }
    if (err < 0) {
        (void)close(fds[1]);
        return err;
    }
    *reader = first;
    return 0;
}

int edo_fifo_open(edo_stream **out, const char *path, uint32_t what) {
    static const int modes[] = { -1, O_RDONLY, O_WRONLY, O_RDWR };
    if (what == 0 || what > EDO_FIFO_BOTH) return -EINVAL;
    int fd = open(path, modes[what] | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) return -errno;
    struct stat st;
    int err = fstat(fd, &st) < 0 ? -errno : S_ISFIFO(st.st_mode) ? 0 : -EINVAL;
    if (err == 0) err = edoi_fd_stream_new(out, fd, EDOI_CALLER());
    if (err < 0) (void)close(fd);
    return err;
}
