/* SPDX-License-Identifier: MIT */
/* log/out/output.h: where the lines of logs go: descriptors that others read, or do not.
 *
 * All logs of the process that lead to the same pipe, socket, terminal or file, by whatever
 * descriptor, share one output, and so one bounded wait for its reader (writer.h). One thread
 * writes to it at a time. While that thread waits for the reader the others do not wait for it:
 * their lines are dropped and counted. An output ends with its last user; how long its reader was
 * waited for is remembered for the next one of that place. */
#ifndef EDOI_LOG_OUT_OUTPUT_H
#define EDOI_LOG_OUT_OUTPUT_H

#include "log/out/writer.h"

#include <edo/bytes.h>

#include <pthread.h>
#include <sys/types.h>

typedef struct edoi_log_output {
    pthread_mutex_t mu;           /* the turn */
    edoi_writer writer;           /* lock: mu; its descriptor is set for each line */
    edo_atomic_u64 lost_n;        /* relaxed: lines dropped and not reported yet */
    dev_t device;                 /* const */
    ino_t file;                   /* const */
    edo_atomic_u64 refs;          /* counted down, and up from 0, under outputs.lock */
    struct edoi_log_output *next; /* lock: outputs.lock */
} edoi_log_output;

/* Returns the output of `fd`, with a reference, or NULL: no memory. */
EDO_API edoi_log_output *edoi_log_output_of(int fd);

/* Has the output of `fd` stay for the life of the process, in `memory` (zeroed, which stays, too)
 * if there is none yet. */
void edoi_log_output_keep(edoi_log_output *memory, int fd);

/* Is `out` the output of `fd`? Not after a dup2() over that. */
EDO_API bool edoi_log_output_leads(const edoi_log_output *out, int fd);

/* Adds a reference for one who has one. */
EDOI_INLINE void edoi_log_output_ref(edoi_log_output *out) {
    (void)edoi_add_rlx_u64(&out->refs, 1); // relaxed: the caller's own keeps it alive
}

/* Gives a reference back; `out` may be NULL. */
EDO_API void edoi_log_output_unref(edoi_log_output *out);

/* Takes the turn; false: another thread has it and waits for the reader. Then the caller's line is
 * dropped, and was counted. */
bool edoi_log_output_begin(edoi_log_output *out);
void edoi_log_output_end(edoi_log_output *out);

/* Waits until the thread that has the turn has ended it, which takes as long as it may wait for the
 * reader; or blocks in a write (writer.h, inv. 2). */
void edoi_log_output_settle(edoi_log_output *out);

/* In turn: writes a line; false: it is lost, and the caller counts it. */
bool edoi_log_output_put(edoi_log_output *out, int fd, edo_str line);

/* Counts a line that is lost. */
void edoi_log_output_drop(edoi_log_output *out);

/* A turn for one line; false: it is dropped, and was counted. */
EDO_API bool edoi_log_output_write(edoi_log_output *out, int fd, edo_str line);

/* The same, after what the program has in the buffer of `file`; `out` is the output of that file.
 * Returns 0, also if the line was dropped because the reader does not read; or the write's error.
 */
EDO_MUST_USE EDO_API int edoi_log_output_write_behind(edoi_log_output *out, FILE *file,
                                                      edo_str line);

/* Returns how many lines were dropped since the last call, for a line that reports it. */
EDO_API uint64_t edoi_log_output_take_lost(edoi_log_output *out);

EDOI_INLINE bool edoi_log_output_has_lost(const edoi_log_output *out) {
    return edoi_load_rlx_u64(&out->lost_n) > 0;
}

/* They were not told of after all. */
void edoi_log_output_lose(edoi_log_output *out, uint64_t n);

/* In a turn of its own: edoi_writer_some(). For a thread that does not mind to wait until others
 * have ended their turns. */
ssize_t edoi_log_output_some(edoi_log_output *out, int fd, edo_str bytes, bool begins);

/* How many lines the process has dropped. */
uint64_t edoi_log_outputs_dropped(void);

/* Counts lines that were dropped before they came to an output. */
void edoi_log_outputs_count(uint64_t n);

#endif
