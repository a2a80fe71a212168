/* SPDX-License-Identifier: MIT */
/* fs/file/file.h: an open file, which is a stream with a place.
 *
 *             free                          running                     ended
 *     op      at once: running, free       waits                       waits
 *             by a job: running, owned     owner: waits                owner: takes the result, free
 *     job     (never)                      ended; or free if no owner  (never)
 *     unwait  (nothing)                    owner: no owner             owner: free
 *
 * inv. 1: `running` means that one operation at once, one job, or one edo_copy() uses `place`'s
 *         bytes and the members of the job; so they need no lock meanwhile.
 * inv. 2: a job belongs to the wait that began it, its `owner`: only that takes the result. A job
 *         without an owner discards it, but keeps the failure of a write.
 * inv. 3: `place` moves when a result is handed out: what was cancelled has not moved it.
 *         It moves before others may run: the next operation begins where this one ended.
 * inv. 4: a job is a task of its own, and holds a reference of the stream until its system call is
 *         over. A call that waits for a job on its own thread, or for a ring, holds one, too.
 * inv. 5: `jobs_n` jobs have yet to tell their result; all but the newest are about to end. The
 *         memory is freed by the last of them, or with the stream's last reference.
 * inv. 3 is not asserted: a file does not remember its former place. */
#ifndef EDOI_FS_FILE_FILE_H
#define EDOI_FS_FILE_FILE_H

#include "base/lock.h"
#include "driver/source_waiters.h"
#include "runtime/watch/open.h"

#include <edo/blocking.h>
#include <edo/io.h>

#include <sys/stat.h>
#include <sys/types.h>

#define EDOI_FILE_PIECE ((size_t)256 << 10) /* bytes of one operation at most */

typedef enum edoi_file_job { EDOI_FILE_READS, EDOI_FILE_WRITES, EDOI_FILE_FINDS_END } edoi_file_job;

typedef struct edoi_file {
    edo_stream base;
    int fd;               /* const */
    edoi_open_thing open; /* for those who look at what is open */
    bool appends;         /* const */
    bool no_ring;         /* const: an io_uring would do otherwise than a call of a thread */
    uint64_t disk;        /* const: jobs that read from one disk take turns; 0: they do not */
    edoi_lock lock;       /* leaf, but for wakes; guards all below, see inv. 1 */
    bool running, closed, shut;
    bool is_gone;                   /* no reference is left, and the descriptor is closed */
    uint32_t jobs_n;                /* inv. 5 */
    bool no_read_now, no_write_now; /* not tried: this file system knows no RWF_NOWAIT; or as set */
    int failure;                    /* of a write that lost its owner; told once */
    edoi_source_waiters waiters;
    uint64_t place; /* at most INT64_MAX */
    const edo_io_wait *owner;
    edoi_file_job job;
    char *buf; /* of the job */
    size_t n;  /* bytes of it to be read or written */
    int64_t result;
} edoi_file;

/* What is known of a file: a network file system is not asked. All zero where nothing is. */
void edoi_file_ask(int fd, struct statx *about);

/* Takes the descriptor on success. `about`: of edoi_file_ask(). Errors: -ENOMEM. */
EDO_MUST_USE int edoi_file_new(edo_stream **out, int fd, const struct statx *about, bool appends,
                               const void *caller);

/* The file that `s` is; NULL: it is another kind of stream. */
edoi_file *edoi_file_of(edo_stream *s);

bool edoi_file_is_closed(edoi_file *f);

/* As edo_blocking(fn, arg), with a reference meanwhile: the file may be closed under the call. Jobs
 * of one `turns`, unless it is 0, take turns (edoi_blocking_in_turn()).
 * Errors: -EDO_ECLOSED  it was closed before the job began; `fn` was not called. */
EDO_MUST_USE int edoi_file_run(edoi_file *f, edo_task_fn *fn, void *arg, uint64_t turns);

/* Takes the turn of an operation at the place, if no other has it, and writing is not over: others
 * wait until edoi_file_release(), which says where the place is then. */
EDO_MUST_USE bool edoi_file_claim(edoi_file *f, uint64_t *place);
void edoi_file_release(edoi_file *f, uint64_t place);

/* The `copy` of edoi_copying_ops. */
int edoi_file_copy(edo_stream *to, edo_stream *from, uint64_t *bytes);

/* preadv2() and pwritev2() until no signal interrupts them; a failure is a negative code. */
ssize_t edoi_file_readv(int fd, const struct iovec *to, size_t n, uint64_t at, int flags);
ssize_t edoi_file_writev(int fd, const struct iovec *from, size_t n, uint64_t at, int flags);

/* Did a call with RWF_NOWAIT fail because it would wait? If the file system does not know the flag
 * `*never` becomes true. */
bool edoi_file_would_wait(ssize_t result, bool *never);

#endif
