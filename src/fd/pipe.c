/* SPDX-License-Identifier: MIT */
/* fd/pipe.c: pipes of the kernel. */
#include "base/assert.h"
#include "fd/fd_stream.h"

#include <edo/pipe.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int edo_pipe(edo_stream **reader, edo_stream **writer) {
    int fds[2];
    edo_stream *first;
    if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0) return -errno;
    int err = edoi_fd_stream_new(&first, fds[0], EDOI_CALLER());
    if (err < 0) {
        (void)close(fds[0]);
    } else {
        err = edoi_fd_stream_new(writer, fds[1], EDOI_CALLER());
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
