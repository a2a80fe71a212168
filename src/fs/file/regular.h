/* SPDX-License-Identifier: MIT */
/* fs/file/regular.h: opens a path where a regular file makes sense, and perhaps a pipe. */
#ifndef EDOI_FS_FILE_REGULAR_H
#define EDOI_FS_FILE_REGULAR_H

#include <edo/file.h>

/* What else there may be. */
#define EDOI_FS_PIPE   1u /* with somebody at its other end, or with bytes to be read */
#define EDOI_FS_DEVICE 2u /* of characters, as a terminal */

/* As edo_fs_open(), which waits for the other end of a FIFO: this one waits for nobody, and returns
 * -EISDIR, or -EINVAL for what is neither a regular file nor one of `others`. `about` may be
 * NULL. */
EDO_MUST_USE EDO_API int edoi_fs_open_regular(edo_stream **out, struct stat *about,
                                              const char *path, const edo_fs_open_opts *opts,
                                              unsigned others);

#endif
