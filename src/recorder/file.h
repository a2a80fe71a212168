/* SPDX-License-Identifier: MIT */
/* recorder/file.h: the file that the rings are: who has it, and what becomes of one that was there.
 *
 * A process that records to a file holds a lock on it (flock), so that another one with the same
 * name in its environment, a child perhaps, takes no file away that is in use. The kernel keeps the
 * lock for as long as the file is mapped: no descriptor stays open. */
#ifndef EDOI_RECORDER_FILE_H
#define EDOI_RECORDER_FILE_H

#include "base/atomic.h"

#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

/* A file that is mapped. All zero: none. */
typedef struct edoi_recorder_file {
    edo_atomic_u32 is_there;      /* atomic, relaxed: it exists, and was not truncated */
    edo_atomic_u64 device, inode; /* atomic, relaxed: which one */
} edoi_recorder_file;

/* The kernel's number of this process: other processes check with it whether this one lives. In a
 * simulated host (edo/sim.h) getpid() returns another number. Async-signal-safe. */
EDOI_INLINE pid_t edoi_recorder_pid(void) {
    return (pid_t)syscall(SYS_getpid);
}

#define EDOI_RECORDER_NAME_BYTES 1536u /* more than a report's path has */

/* Opens PATH.new-NUMBER, which is new, and writes that to `name`. Returns a descriptor.
 * Async-signal-safe. */
EDO_MUST_USE int edoi_recorder_open_new(char name[EDOI_RECORDER_NAME_BYTES], const char *path);

/* Makes a file of `bytes` beside `path`, and reserves all its blocks on the disk: a store to a page
 * without a block would end the process. A file at `path` stays until edoi_recorder_file_name();
 * PATH.before, which would be replaced then, is removed now if the disk is full. `mine`: the file
 * that this process records to; it may be the same. Returns a descriptor. Errors: -ENOSPC, -EFBIG;
 * as edoi_recorder_file_name(). One thread at a time, also for the next two. */
EDO_MUST_USE int edoi_recorder_file_make(const char *path, uint64_t bytes,
                                         const edoi_recorder_file *mine);

/* Renames that file to `path`. A former file is kept as PATH.before, unless another process records
 * to it, or it was not made by a recorder. Errors: -EBUSY, -EINVAL, -EPERM, -ELOOP, -ENAMETOOLONG;
 * as open() and rename(). Then `path` still names the former file. */
EDO_MUST_USE int edoi_recorder_file_name(const char *path, const edoi_recorder_file *mine);

/* Or removes it. */
void edoi_recorder_file_drop(void);

/* Remembers an open file; `fd`: -1: there is none. Async-signal-safe. */
void edoi_recorder_file_set(edoi_recorder_file *f, int fd);

/* Is it the file with this device and inode, as fstat() returns them? */
bool edoi_recorder_file_is(const edoi_recorder_file *f, uint64_t device, uint64_t inode);

#endif
