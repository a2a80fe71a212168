/* SPDX-License-Identifier: MIT */
/* recorder/file.h: the file that the rings are: who has it, and what becomes of one that was there.
 *
 * A process that records to a file holds a lock on it (flock), so that another one with the same
 * name in its environment, a child perhaps, takes no file away that is in use. The kernel keeps the
 * lock for as long as the file is mapped: no descriptor stays open. */
#ifndef EDOI_RECORDER_FILE_H
#define EDOI_RECORDER_FILE_H

#include "base/atomic.h"

/* A file that is mapped. All zero: none. */
typedef struct edoi_recorder_file {
    edo_atomic_u32 is_there;      /* atomic, relaxed: it is, and nobody has cut it */
    edo_atomic_u64 device, inode; /* atomic, relaxed: which one */
} edoi_recorder_file;

/* Makes the file `path` of `bytes`, all of which the disk sets aside: a store to a page without
 * room would end the process. One that was there is kept as PATH.before, unless another process
 * records to it, or it is no file of ours. `mine`: the file that this process records to; it may be
 * the same. Returns a descriptor. Errors: -EBUSY, -EINVAL, -EPERM, -ELOOP,
 * -ENAMETOOLONG, -ENOSPC; those of open() and rename(). */
EDO_MUST_USE int edoi_recorder_file_make(const char *path, uint64_t bytes,
                                         const edoi_recorder_file *mine);

/* Remembers an open file; `fd`: -1: there is none. Async-signal-safe. */
void edoi_recorder_file_set(edoi_recorder_file *f, int fd);

/* Is it the file that fstat() tells of? */
bool edoi_recorder_file_is(const edoi_recorder_file *f, uint64_t device, uint64_t inode);

#endif
