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
    edo_atomic_u32 is_there;      /* atomic, relaxed: it is, and nobody has cut it */
    edo_atomic_u64 device, inode; /* atomic, relaxed: which one */
} edoi_recorder_file;

/* The kernel's number of this process, by which others find out whether it is there: getpid() of a
 * simulated host (edo/sim.h) is another one. Async-signal-safe. */
EDOI_INLINE pid_t edoi_recorder_pid(void) {
    return (pid_t)syscall(SYS_getpid);
}

#define EDOI_RECORDER_NAME_BYTES 1536u /* more than a report's path has */

/* Opens PATH.new-NUMBER, which is new, and writes that to `name`. Returns a descriptor.
 * Async-signal-safe. */
EDO_MUST_USE int edoi_recorder_open_new(char name[EDOI_RECORDER_NAME_BYTES], const char *path);

/* Makes a file of `bytes` beside `path`, all of which the disk sets aside: a store to a page
 * without room would end the process. What is there stays as it is until edoi_recorder_file_name();
 * only where there is no room otherwise, PATH.before goes, which would then. `mine`: the file that
 * this process records to; it may be the same. Returns a descriptor. Errors: those of the next
 * one; -ENOSPC, -EFBIG. One thread at a time, also for the next two. */
EDO_MUST_USE int edoi_recorder_file_make(const char *path, uint64_t bytes,
                                         const edoi_recorder_file *mine);

/* Gives that file its name. One that was there is kept as PATH.before, unless another process
 * records to it, or it is no file of ours. Errors: -EBUSY, -EINVAL, -EPERM, -ELOOP, -ENAMETOOLONG;
 * those of open() and rename(). Then the name is that of what was there. */
EDO_MUST_USE int edoi_recorder_file_name(const char *path, const edoi_recorder_file *mine);

/* Or removes it. */
void edoi_recorder_file_drop(void);

/* Remembers an open file; `fd`: -1: there is none. Async-signal-safe. */
void edoi_recorder_file_set(edoi_recorder_file *f, int fd);

/* Is it the file that fstat() tells of? */
bool edoi_recorder_file_is(const edoi_recorder_file *f, uint64_t device, uint64_t inode);

#endif
