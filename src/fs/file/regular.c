/* SPDX-License-Identifier: MIT */
/* fs/file/regular.c: see regular.h. */
#include "fs/file/regular.h"

#include <edo/error.h>

#include <errno.h>
#include <fcntl.h>

static int regular_look(edo_stream *file, struct stat *about) {
    int err = edo_file_stat(about, file);
    if (err == -ENOTSUP) return -EINVAL; // what has no places is another kind of stream
    if (err < 0) return err;
    if (S_ISDIR(about->st_mode)) return -EISDIR;
    return S_ISREG(about->st_mode) ? 0 : -EINVAL;
}

int edoi_fs_open_regular(edo_stream **out, struct stat *about, const char *path,
                         const edo_fs_open_opts *opts) {
    edo_fs_open_opts o = opts ? *opts : (edo_fs_open_opts){ 0 };
    struct stat own;
    edo_stream *file = NULL;
    o.flags |= O_NONBLOCK | O_NOCTTY;
    int err = edo_fs_open(&file, path, &o);
    if (err < 0 && err != -ENXIO) return err;
    err = err == -ENXIO ? -EINVAL // a FIFO that nobody reads, or a socket
                        : regular_look(file, about ? about : &own);
    if (err == 0)
        *out = file;
    else
        edo_close(file);
    return err == -EINVAL ? edo_fail(err, "it is no regular file") : err;
}
