/* SPDX-License-Identifier: MIT */
/* fs/file/beneath.c: see beneath.h. */
#include "fs/file/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TRIES_MAX 64 /* while others rename what lies on the way */

/* The kernel follows the path, and refuses each step that would leave the directory. It returns
 * EAGAIN when something on the way was renamed, and it cannot tell. */
static int open_in(int dir, const char *path, int flags, mode_t mode) {
    struct open_how how = { .flags = (uint32_t)flags,
                            .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
    if (flags & (O_CREAT | O_TMPFILE)) how.mode = mode; // else it must be 0
    for (int tries = 0;; tries++) {
        long fd = syscall(SYS_openat2, dir, path, &how, sizeof how);
        if (fd >= 0) return (int)fd;
        if (errno != EINTR && (errno != EAGAIN || tries == TRIES_MAX)) return -errno;
    }
}

int edoi_open_beneath(const char *dir, const char *path, int flags, mode_t mode) {
    int at;
    do at = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    while (at < 0 && errno == EINTR);
    if (at < 0) return -errno;
    int fd = open_in(at, path, flags, mode);
    (void)close(at);
    return fd;
}
