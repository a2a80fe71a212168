/* SPDX-License-Identifier: MIT */
/* fs/file/beneath.c: see beneath.h. */
#include "fs/file/beneath.h"

#include "net/raw_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TRIES_MAX 64 /* while others rename what lies on the way */

/* The kernel follows the path, and refuses each step that would leave the directory. It returns
 * EAGAIN when something on the way was renamed, and it cannot tell. */
static int open_in(int dir, const char *path, int flags, mode_t mode) {
    if (edoi_calls_go_through_libc) return -ENOSYS; // which has no such function
    struct open_how how = { .flags = (uint32_t)flags,
                            .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
    if (flags & (O_CREAT | O_TMPFILE)) how.mode = mode; // else it must be 0
    for (int tries = 0;; tries++) {
        long fd = syscall(SYS_openat2, dir, path, &how, sizeof how);
        if (fd >= 0) return (int)fd;
        if (errno != EINTR && (errno != EAGAIN || tries == TRIES_MAX)) return -errno;
    }
}

static int beneath_open_at(int dir, const char *name, int flags, mode_t mode) {
    int fd;
    do fd = openat(dir, name, flags, mode);
    while (fd < 0 && errno == EINTR);
    return fd < 0 ? -errno : fd;
}

/* ---- Without openat2() ----------------------------------------------------------------------- */

static bool is_step(const char *name, const char *step) {
    size_t n = strlen(step);
    return strncmp(name, step, n) == 0 && (name[n] == '/' || name[n] == '\0');
}

/* The next step that moves, and in `*n` its length: 0 at the end of the path. */
static const char *next_step(const char *path, size_t *n) {
    for (;;) {
        path += strspn(path, "/");
        if (!is_step(path, ".")) break;
        path++;
    }
    *n = strcspn(path, "/");
    return path;
}

/* Opens the step of `n` bytes at `name`: none is the directory itself. Closes `dir`. */
static int open_step(int dir, const char *name, size_t n, int flags, mode_t mode) {
    char step[NAME_MAX + 1] = ".";
    int fd = n > NAME_MAX ? -ENAMETOOLONG : is_step(name, "..") ? -EXDEV : 0;
    if (fd == 0) {
        memcpy(step, name, n);
        if (n > 0) step[n] = '\0';
        fd = beneath_open_at(dir, step, flags | O_NOFOLLOW, mode);
    }
    (void)close(dir);
    return fd;
}

/* Step by step, by what each directory holds at that moment. A link is not followed, and ".." not
 * taken, since others may rename what they lead to between the look and the step. Closes `dir`. */
static int walk(int dir, const char *path, int flags, mode_t mode) {
    size_t n, next_n;
    const char *step = next_step(path, &n), *next = next_step(step + n, &next_n);
    for (; next_n > 0 && dir >= 0; step = next, n = next_n, next = next_step(step + n, &next_n))
        dir = open_step(dir, step, n, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    // The kernel would follow a link with a slash behind it, whatever the flags say.
    if (step[n] == '/') flags |= O_DIRECTORY;
    return dir < 0 ? dir : open_step(dir, step, n, flags, mode);
}

int edoi_open_beneath(const char *dir, const char *path, int flags, mode_t mode) {
    int at;
    do at = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    while (at < 0 && errno == EINTR);
    if (at < 0) return -errno;
    int fd = open_in(at, path, flags, mode);
    // Older than Linux 5.6, or in a sandbox that does not know the call.
    bool is_unknown = fd == -ENOSYS || fd == -EPERM;
    if (is_unknown && *path != '/' && *path != '\0') return walk(at, path, flags, mode);
    (void)close(at);
    if (is_unknown) return *path == '/' ? -EXDEV : -ENOENT;
    return fd;
}
