/* SPDX-License-Identifier: MIT */
/* log/out/writer.h: writes complete lines to a descriptor that may be slow, full or broken.
 *
 * One thread at a time; output.c holds its mutex around every call. Any thread may read is_stuck
 * and call edoi_writer_is_blocked().
 *
 * inv. 1: a writer has waited for its reader for `wait_ms` at most, in all, since the reader last
 *         kept up: took every line without a wait for EDOI_WRITER_CALM_NS. That the reader takes a
 *         line now and then gives nothing back.
 * inv. 2: while a write that may block takes longer than `wait_ms`, edoi_writer_is_blocked(); it
 *         counts as a wait.
 * inv. 2 is not asserted: the thread that could is in the write. */
#ifndef EDOI_LOG_OUT_WRITER_H
#define EDOI_LOG_OUT_WRITER_H

#include "base/atomic.h"

#include <stdio.h>

#define EDOI_WRITER_WAIT_MS  1000
#define EDOI_WRITER_SHORT_MS 20 /* a wait that other threads share, before is_stuck is set */
#define EDOI_WRITER_CALM_NS  INT64_C(10000000000)

typedef struct edoi_writer {
    int fd;
    int own;        /* a terminal opened anew, so that a write does not block; -1: none */
    int wait_ms;    /* EDOI_WRITER_WAIT_MS, shorter in tests */
    bool may_stall; /* a pipe, socket or terminal: poll before writing */
    bool is_socket;
    bool is_pipe;
    bool is_torn;             /* a line was begun but not ended */
    int failure;              /* errno of the last write, or flush, if it was no lack of room; 0 */
    int64_t spent_ns;         /* of wait_ms, inv. 1 */
    int64_t calm_ns;          /* since when the descriptor had room at each look; 0: it had not */
    edo_atomic_u32 is_stuck;  /* relaxed, a hint: the writing thread waits, and not for a moment */
    edo_atomic_u64 writes_ns; /* relaxed, a hint: since when it is in a write that may block; 0 */
} edoi_writer;

/* Borrows `fd`. */
void edoi_writer_init(edoi_writer *writer, int fd);
void edoi_writer_deinit(edoi_writer *writer);

/* Has the descriptor room for a line now? */
bool edoi_writer_has_room(const edoi_writer *writer);

/* Waits for room as the next line would; false: that would be dropped. */
bool edoi_writer_await(edoi_writer *writer);

/* For other threads: is the writing thread in a write that has blocked it for longer than a wait
 * may be? */
bool edoi_writer_is_blocked(const edoi_writer *writer);

/* Writes what the program has in the buffer of `file`, which leads to the writer's descriptor;
 * false: there is no room for it, or the write has failed, and it stays there, as does, with true,
 * what is longer than a pipe takes at once. The write blocks if another process takes the room
 * first (inv. 2); it never raises SIGPIPE. */
bool edoi_writer_flush(edoi_writer *writer, FILE *file);

/* Writes a line; false: dropped. Never raises SIGPIPE, and waits no longer than the limit, but for
 * inv. 2. */
bool edoi_writer_line(edoi_writer *writer, const char *bytes, size_t n);

/* Writes what there is room for, without a wait, but for inv. 2; returns how many bytes, 0: there
 * is no room; or -errno. `begins`: with these bytes a line begins. The caller blocks SIGPIPE. */
ssize_t edoi_writer_some(edoi_writer *writer, const char *bytes, size_t n, bool begins);

#endif
