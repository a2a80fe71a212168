/* SPDX-License-Identifier: MIT */
/* base/files/open.c: see open.h. */
#include "base/files/open.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int edoi_fd_wait(int fd) {
    int flags = fcntl(fd, F_GETFL);
    return flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0 ? -errno : 0;
}

int edoi_open_unheld(const char *path, int flags, mode_t mode) {
    struct stat st;
    int fd = open(path, flags | O_NONBLOCK, mode);
    // of a file that another process has a lease of: that gives it back within a time
    if (fd < 0 && errno == EAGAIN && stat(path, &st) == 0 && S_ISREG(st.st_mode))
        fd = open(path, flags, mode);
    if (fd < 0) return -errno;
    int err = edoi_fd_wait(fd);
    if (err < 0) (void)close(fd);
    return err < 0 ? err : fd;
}

/* A read of nothing says nothing, and one of a byte takes it: tee(2) leaves it there. */
bool edoi_pipe_is_written(int fd) {
    int to[2];
    if (pipe2(to, O_CLOEXEC) < 0) return true; // who reads finds out
    ssize_t n = tee(fd, to[1], 1, SPLICE_F_NONBLOCK);
    bool is = n > 0 || (n < 0 && errno == EAGAIN);
    (void)close(to[0]);
    (void)close(to[1]);
    return is;
}
