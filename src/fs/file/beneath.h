/* SPDX-License-Identifier: MIT */
/* fs/file/beneath.h: opens what lies in a directory, for paths of strangers. On a thread that may
 * block. */
#ifndef EDOI_FS_FILE_BENEATH_H
#define EDOI_FS_FILE_BENEATH_H

#include <sys/types.h>

/* As open(2) of `path`, which begins in the directory `dir` and does not lead out of it, neither by
 * ".." nor by a symbolic link nor as an absolute one. Returns the descriptor, or a negative code:
 * -EXDEV if it leads out. Without openat2() a link that stays inside is refused, too, with
 * -ELOOP or -ENOTDIR, and each ".." with -EXDEV. */
int edoi_open_beneath(const char *dir, const char *path, int flags, mode_t mode);

#endif
