/* SPDX-License-Identifier: MIT */
/* sim/calls/disk/stdio.c: FILE of files on a disk, and of random numbers. libc's own streams write
 * and read inside libc, so these are streams of fopencookie(), which call what everybody calls. For
 * libc these have no descriptor, but here they do.
 *
 * tmpfile() stays libc's: of a file without a name a crash leaves nothing. */
#include "base/memory/alloc.h"
#include "sim/calls/disk/enter.h"

#include "sim/calls/calls.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

EDOI_SIM_CALLS(disk_stdio);

/* A stream of a file on a disk. */
typedef struct stdio_file {
    struct stdio_file *next;
    FILE *stream;
    int fd;
} stdio_file;

static EDOI_THREAD_LOCAL stdio_file *stdio_files; /* open ones: a world has one thread */

/* NULL: it is libc's. */
static stdio_file *stdio_find(const FILE *stream) {
    stdio_file *f = stdio_files;
    while (f && f->stream != stream) f = f->next;
    return f;
}

/* ---- What a stream calls --------------------------------------------------------------------- */

static ssize_t stdio_read(void *cookie, char *to, size_t n) {
    return read(((stdio_file *)cookie)->fd, to, n);
}

/* Less than all is a failure, whose errno stays. */
static ssize_t stdio_write(void *cookie, const char *from, size_t n) {
    size_t done = 0;
    while (done < n) {
        ssize_t put = write(((stdio_file *)cookie)->fd, from + done, n - done);
        if (put < 0) break;
        done += (size_t)put;
    }
    return (ssize_t)done;
}

static int stdio_seek(void *cookie, off64_t *at, int whence) {
    off64_t there = lseek64(((stdio_file *)cookie)->fd, *at, whence);
    if (there < 0) return -1;
    *at = there;
    return 0;
}

static int stdio_close(void *cookie) {
    stdio_file *f = cookie, **at = &stdio_files;
    while (*at && *at != f) at = &(*at)->next;
    if (*at) *at = f->next;
    int result = close(f->fd);
    edoi_free(f);
    return result;
}

/* The stream of a descriptor, which stays open if there is no memory. */
static FILE *stdio_new(int fd, const char *mode) {
    static const cookie_io_functions_t calls = { stdio_read, stdio_write, stdio_seek, stdio_close };
    stdio_file *f = edoi_calloc(1, sizeof *f);
    if (!f) {
        errno = ENOMEM;
        return NULL;
    }
    f->fd = fd;
    f->stream = fopencookie(f, mode, calls);
    if (!f->stream) {
        edoi_free(f);
        return NULL;
    }
    if (*mode == 'a' && !strchr(mode, '+')) (void)lseek(fd, 0, SEEK_END); // as libc's
    f->next = stdio_files;
    stdio_files = f;
    return f->stream;
}

/* ---- Modes ----------------------------------------------------------------------------------- */

/* The flags of an open, or -EINVAL. */
static int stdio_flags(const char *mode) {
    bool is_both = strchr(mode, '+') != NULL;
    int flags = is_both ? O_RDWR : *mode == 'r' ? O_RDONLY : O_WRONLY;
    if (*mode == 'w') flags |= O_CREAT | O_TRUNC;
    if (*mode == 'a') flags |= O_CREAT | O_APPEND;
    if (strchr(mode, 'x')) flags |= O_EXCL;
    if (strchr(mode, 'e')) flags |= O_CLOEXEC;
    return *mode == 'r' || *mode == 'w' || *mode == 'a' ? flags : -EINVAL;
}

/* A stream of wide characters is more than these are. */
static bool stdio_may(const edoi_sim_disk_call *c, const char *mode) {
    bool may = !strstr(mode, ",ccs=");
    if (!may) edoi_sim_refuse(c->host, "fopen() with ccs= on its disk");
    return may;
}

/* ---- libc's names ---------------------------------------------------------------------------- */

/* Random numbers of the machine, which read() gives by the seed. */
static bool stdio_is_dice(const char *path) {
    return edoi_sim_here() &&
           (strcmp(path, "/dev/urandom") == 0 || strcmp(path, "/dev/random") == 0);
}

/* False: it is libc's. */
static bool stdio_open(const char *path, const char *mode, FILE **out) {
    char below[PATH_MAX];
    if (stdio_is_dice(path)) {
        int dice = open(path, O_RDONLY | O_CLOEXEC);
        *out = dice >= 0 ? stdio_new(dice, mode) : NULL;
        if (dice >= 0 && !*out) (void)close(dice);
        return true;
    }
    edoi_sim_disk_call c = edoi_sim_disk_enter_path(AT_FDCWD, path, below);
    if (!c.disk) return false;
    int flags = stdio_may(&c, mode) ? stdio_flags(mode) : -ENOTSUP;
    int fd = flags < 0 ? flags : edoi_simdisk_open(c.disk, below, flags, 0666);
    fd = edoi_sim_disk_return(&c, fd);
    *out = fd >= 0 ? stdio_new(fd, mode) : NULL;
    if (fd >= 0 && !*out) (void)close(fd);
    return true;
}

FILE *fopen(const char *restrict path, const char *restrict mode) {
    FILE *stream;
    if (stdio_open(path, mode, &stream)) return stream;
    return EDOI_SIM_NEXT(fopen)(path, mode);
}

FILE *fopen64(const char *restrict path, const char *restrict mode) {
    FILE *stream;
    if (stdio_open(path, mode, &stream)) return stream;
    return EDOI_SIM_NEXT(fopen64)(path, mode);
}

FILE *fdopen(int fd, const char *mode) {
    edoi_sim_disk_call c = edoi_sim_disk_enter_fd(fd);
    if (!c.disk) return EDOI_SIM_NEXT(fdopen)(fd, mode);
    int flags = stdio_may(&c, mode) ? stdio_flags(mode) : -ENOTSUP, status = fcntl(fd, F_GETFL);
    if (flags >= 0 && flags & O_APPEND && fcntl(fd, F_SETFL, status | O_APPEND) < 0) flags = -errno;
    return edoi_sim_disk_return(&c, flags) < 0 ? NULL : stdio_new(fd, mode);
}

/* freopen() turns one stream into another: streams of a disk cannot do that, since the new stream
 * might be of the other kind. */
static bool stdio_refuses(const char *path, const FILE *stream) {
    char below[PATH_MAX];
    edoi_sim_host *h = edoi_sim_here();
    edoi_sim_disk_call c = { NULL, NULL };
    if (path) c = edoi_sim_disk_enter_path(AT_FDCWD, path, below);
    edoi_sim_disk_leave(&c);
    bool is_refused = h && (c.disk || stdio_find(stream));
    if (is_refused) edoi_sim_refuse(h, "freopen() on its disk");
    if (is_refused) errno = ENOTSUP;
    return is_refused;
}

FILE *freopen(const char *restrict path, const char *restrict mode, FILE *restrict stream) {
    if (stdio_refuses(path, stream)) return NULL;
    return EDOI_SIM_NEXT(freopen)(path, mode, stream);
}

FILE *freopen64(const char *restrict path, const char *restrict mode, FILE *restrict stream) {
    if (stdio_refuses(path, stream)) return NULL;
    return EDOI_SIM_NEXT(freopen64)(path, mode, stream);
}

int fileno(FILE *stream) {
    const stdio_file *f = stdio_find(stream);
    return f ? f->fd : EDOI_SIM_NEXT(fileno)(stream);
}

int fileno_unlocked(FILE *stream) {
    const stdio_file *f = stdio_find(stream);
    return f ? f->fd : EDOI_SIM_NEXT(fileno_unlocked)(stream);
}
