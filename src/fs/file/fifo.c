/* SPDX-License-Identifier: MIT */
/* fs/file/fifo.c: see fifo.h. */
#include "fs/file/fifo.h"
#include "fs/file/beneath.h"
#include "net/raw_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

/* What never waits, or is no FIFO whatever is there. */
#define NEVER_WAITS (O_NONBLOCK | O_PATH | O_DIRECTORY | O_EXCL)

static int fifo_look_at(struct stat *out, const char *path, int flags) {
    int err;
    do err = fstatat(AT_FDCWD, path, out, flags & O_NOFOLLOW ? AT_SYMLINK_NOFOLLOW : 0);
    while (err < 0 && errno == EINTR);
    return err < 0 ? -errno : 0;
}

int edoi_fifo_waits(const char *beneath, const char *path, int flags) {
    struct stat st;
    // in a world of edo/sim.h no thread sleeps
    if (edoi_calls_go_through_libc || (flags & NEVER_WAITS) || (flags & O_ACCMODE) == O_RDWR)
        return 0;
    if (beneath) return 1;
    int err = fifo_look_at(&st, path, flags);
    if (err == -ENOENT) return 0; // it may be made
    return err < 0 ? err : S_ISFIFO(st.st_mode);
}

bool edoi_fifo_is(int fd) {
    struct stat st;
    return fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);
}

bool edoi_fifo_is_at(const char *beneath, const char *path, int flags) {
    if (!beneath) return true; // it was looked at
    int fd = edoi_open_beneath(beneath, path, O_PATH | O_CLOEXEC | (flags & O_NOFOLLOW), 0);
    bool is = fd >= 0 && edoi_fifo_is(fd);
    if (fd >= 0) (void)close(fd);
    return is;
}

void edoi_fifo_step(void) {
    (void)poll(NULL, 0, EDOI_FIFO_STEP_MS);
}

/* Is a writer there that has written nothing? tee(2), which takes nothing, would wait for it. */
static bool fifo_has_silent_writer(int fd) {
    int to[2];
    if (pipe2(to, O_CLOEXEC) < 0) return false; // the next step tries again
    bool is_there = tee(fd, to[1], 1, SPLICE_F_NONBLOCK) != 0;
    (void)close(to[0]);
    (void)close(to[1]);
    return is_there;
}

bool edoi_fifo_has_writer(int fd, int ms) {
    struct pollfd p = { .fd = fd, .events = POLLIN };
    if (fifo_has_silent_writer(fd)) return true;
    return poll(&p, 1, ms) > 0; // it has written, or has left again
}
