/* SPDX-License-Identifier: MIT */
/* edo/recorder.h: the flight recorder: what the last seconds were like, when it is too late to
 * look.
 *
 *     EDO_RECORDER=turns ./shop                     # in memory, written when something goes wrong
 *     EDO_RECORDER=all:/dev/shm/shop.rec ./shop     # in a file, which outlives a kill -9
 *     edo trace /dev/shm/shop.rec > shop.json       # for ui.perfetto.dev, speedscope, Chrome
 *
 * Each worker of each runtime writes events of 24 bytes into a ring of its own, which keeps the
 * latest. It takes no lock, calls nothing and waits for nobody. There are two depths:
 *
 *     EDO_RECORDER_TURNS   turns of the workers, their sleeps, polls longer than a millisecond with
 *                          the name of their task, takeovers, reports of the watchdog, spans, notes
 *     EDO_RECORDER_ALL     also each poll and what its task waits for, each spawn, each wake, by
 *                          whom, each descriptor that is ready, steals
 *
 * The first is meant to be on in production: an event takes some 10 ns, and a turn has few. The
 * second reads a clock before each poll and takes the slow way of each spawn and wake. Off, which
 * is the default, nothing is allocated, and a worker asks once in a turn whether it is on.
 *
 * The rings are written to a file on a crash, on a misuse that a release build notices and a debug
 * build ends for, on a report of the watchdog, with a dump by a signal (SIGQUIT in edo_main(), or
 * edo_dump_on_signal()), and by edo_recorder_write(). edo trace makes a picture of such a file, or
 * prints the last second of one task.
 *
 * A program with runtimes reads EDO_RECORDER when it makes the first one. If another process
 * records to that file, as one that has started this one, it takes FILE.PID. A child of fork() has
 * an empty recorder in memory of its own, whatever its parent's file is; where its parent's reports
 * or rings are a file FILE, its reports go to FILE.PID. A report that cannot be written is told on
 * standard error, the same error once, and so is at the start a folder that may not be written to.
 *
 * Of files that are named by a process, each start removes those of this program whose processes
 * have ended, but for the latest four, and halves of files whose writers were killed.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, at once.   Since: 0.1 */
#ifndef EDO_RECORDER_H
#define EDO_RECORDER_H

#include <edo/base.h>

EDO_BEGIN_DECLS

/* How much is recorded. */
typedef enum edo_recorder_depth {
    EDO_RECORDER_OFF,
    EDO_RECORDER_TURNS,
    EDO_RECORDER_ALL
} edo_recorder_depth;

/* Options; all zero is the default. */
typedef struct edo_recorder_opts {
    edo_recorder_depth depth; /* 0: EDO_RECORDER_TURNS */
    const char *file;         /* the rings are this file, which is made anew; one that was there is
                                 renamed to FILE.before. NULL: they are memory */
    const char *report_file;  /* what is written by itself goes there, and replaces what was written
                                 before; NULL: "edo-PID.rec" in the working directory, or with
                                 `.file` nowhere, since that has it all */
    bool no_reports;          /* nothing is written by itself */
    uint32_t events;          /* that a ring keeps, rounded up to a power of two, at most 2^24;
                                 0: 32,768, which are 768 KiB */
    uint32_t rings;           /* workers that have one of their own; others share one. At most 511;
                                 0: two more than there are cores, 8 at least */
    uint64_t reserved[4];     /* must be 0 */
} edo_recorder_opts;

/** Starts to record, or records otherwise from now on. The first call decides how much memory there
 * is, which stays until the process ends; if a client of edo/console.h was there before, the memory
 * is that of the default options. A later call may change the depth, where reports go, and the
 * file: then the rings begin anew. The whole size of a file is taken when it is made, so that a
 * disk that is full later does no harm; a file on a disk may hold up a worker for as long as the
 * kernel writes the page back that it stores to, one on tmpfs (/dev/shm) does not.
 *
 * It also has crashes told: SIGABRT, SIGSEGV, SIGBUS, SIGFPE and SIGILL that would end the process
 * get a handler, which writes, and lets them end it. If somebody cuts the file while it is in use,
 * the handler of SIGBUS puts empty memory in its place, and sets the depth to EDO_RECORDER_OFF; a
 * program that has a handler of its own for SIGBUS would end. The file is locked (flock(2)) for as
 * long as it is mapped.
 * Errors:  -EINVAL    bad options, or .report_file has 1,024 bytes or more
 *          -EBUSY     .events or .rings are not those of the first call; another process records
 *                     to .file
 *          -ENOSPC    there is no room for all of the file beside the one that was there; then
 *                     FILE.before may be gone
 *          -EINVAL    .file is there and no regular file; -EPERM  it is somebody else's; -ELOOP
 *                     it is a symbolic link
 *          -ENOMEM; those of open(2) and rename(2); nothing has changed
 * Waits:   for the disk, and the first time for 2 ms, to measure a clock. */
EDO_MUST_USE EDO_API int edo_recorder_start(const edo_recorder_opts *opts);

/** Sets how much is recorded from now on. A worker that sleeps takes notice when it wakes. Starts
 * the recorder with its default options if it was never started. While a client of edo/console.h
 * watches, all is recorded; what is set here counts when it has gone.
 * Errors:  -EINVAL, -ENOMEM; with EDO_RECORDER_OFF never
 * Waits:   as edo_recorder_start(), the first time. */
EDO_API int edo_recorder_set(edo_recorder_depth depth);

/** Returns how much is recorded now, which a client of edo/console.h may have raised.
 * Waits:   never. */
EDO_API edo_recorder_depth edo_recorder_get(void);

/** Writes what the rings have to a file, which is made anew, while workers go on: beside it, as
 * PATH.new-NUMBER, which is renamed at its end.
 * Errors:  -ENODATA  the recorder was never started; -EBUSY  it is the file of the rings
 *          -EINVAL  it is there, and no regular file; -EPERM  it is somebody else's; -ELOOP  it is
 *          a symbolic link; -ENAMETOOLONG  it has more than 1,500 bytes
 *          those of open(2), write(2) and rename(2), as -ENOSPC; what was there is there still
 * Waits:   for the disk; not in the sense of an await: in a task call it by edo_blocking(). Allowed
 *          in a signal handler. */
EDO_MUST_USE EDO_API int edo_recorder_write(const char *path);

/** Records a note of the program, with a number, in the task that runs.
 * Owns:    `text` is a literal, or stays unchanged for as long as the process; of the first 1,024
 *          texts that the recorder meets, names of tasks among them, a file has up to 119 bytes.
 * Waits:   never. Without a recorder it costs a load and a branch. */
EDO_API void edo_recorder_note(const char *text, uint64_t number);

EDO_END_DECLS

#endif
