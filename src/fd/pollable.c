/* SPDX-License-Identifier: MIT */
/* fd/pollable.c: see fd_stream.h. poll() calls every file ready; only a registration tells. */
#include "fd/fd_stream.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

int edoi_fd_check_pollable(int fd) {
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0) return -errno;
    struct epoll_event none = { .events = 0 };
    int err = epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &none) < 0 ? -errno : 0;
    (void)close(epoll);
    return err;
}
