/* SPDX-License-Identifier: MIT */
/* fs/file/regular.h: opens a path where only a regular file makes sense. */
#ifndef EDOI_FS_FILE_REGULAR_H
#define EDOI_FS_FILE_REGULAR_H

#include <edo/file.h>

/* As edo_fs_open(), which waits for the other end of a FIFO: this one waits for nobody, and returns
 * -EISDIR, or -EINVAL for what else is no regular file. `about` may be NULL. */
EDO_MUST_USE EDO_API int edoi_fs_open_regular(edo_stream **out, struct stat *about,
                                              const char *path, const edo_fs_open_opts *opts);

#endif
