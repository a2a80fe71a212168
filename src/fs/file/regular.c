/* SPDX-License-Identifier: MIT */
/* fs/file/regular.c: see regular.h. */
#include "fs/file/regular.h"

#include "base/files/open.h"

#include <edo/error.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

/* Of what has places, calls wait as if it had been opened to do so. */
static int regular_ask(edo_stream *file, struct stat *about) {
    const int fd = file->ops->fd(file);
    int err = edo_file_stat(about, file);
    if (err == -ENOTSUP) return fstat(fd, about) < 0 ? -errno : 0; // another kind of stream
    return err < 0 ? err : edoi_fd_wait(fd);
}

static int regular_look(edo_stream *file, struct stat *about, bool is_read, unsigned others) {
    int err = regular_ask(file, about);
    if (err < 0 || S_ISREG(about->st_mode)) return err;
    if (S_ISDIR(about->st_mode)) return -EISDIR;
    if (S_ISCHR(about->st_mode) && others & EDOI_FS_DEVICE) return 0;
    if (!S_ISFIFO(about->st_mode) || !(others & EDOI_FS_PIPE))
        return edo_fail(-EINVAL, "it is no regular file");
    if (!is_read || edoi_pipe_is_written(file->ops->fd(file))) return 0;
    return edo_fail(-EINVAL, "it is a pipe that nobody writes");
}

/* A regular file that another process has a lease of: that gives it back within a time. What is
 * something else by now is left alone. */
static int regular_open_leased(edo_stream **out, const char *path, const edo_fs_open_opts *opts) {
    const edo_fs_open_opts place = { .beneath = opts->beneath,
                                     .flags = O_PATH | (opts->flags & O_NOFOLLOW) };
    edo_fs_open_opts o = *opts;
    edo_stream *there;
    struct stat about;
    int err = edo_fs_open(&there, path, &place);
    if (err < 0) return err;
    err = edo_file_stat(&about, there);
    edo_close(there);
    if (err < 0 || !S_ISREG(about.st_mode)) return err < 0 ? err : -EAGAIN;
    o.flags &= ~O_NONBLOCK;
    return edo_fs_open(out, path, &o);
}

int edoi_fs_open_regular(edo_stream **out, struct stat *about, const char *path,
                         const edo_fs_open_opts *opts, unsigned others) {
    edo_fs_open_opts o = opts ? *opts : (edo_fs_open_opts){ 0 };
    struct stat own;
    edo_stream *file = NULL;
    o.flags |= O_NONBLOCK | O_NOCTTY;
    int err = edo_fs_open(&file, path, &o);
    if (err == -EAGAIN) err = regular_open_leased(&file, path, &o);
    if (err == -ENXIO) return edo_fail(-EINVAL, "it is a pipe that nobody reads, or a socket");
    if (err < 0) return err;
    err = regular_look(file, about ? about : &own, !o.write && !o.append, others);
    if (err == 0)
        *out = file;
    else
        edo_close(file);
    return err;
}
