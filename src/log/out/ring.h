/* SPDX-License-Identifier: MIT */
/* log/out/ring.h: lines on their way to the thread that writes them.
 *
 * Any thread adds lines, one thread (the consumer) takes them, and none waits: a line that finds no
 * room is refused. The bytes are divided into cells. A line has consecutive cells of its own, and
 * each cell has a mark beside it: the mark of the first cell is set when the line is complete, and
 * has its length.
 *
 * The consumer rests while there are no lines. A thread that adds a line wakes it; a nap is ended
 * early only by an urgent line. The ring has the atomic words for that; the queue does the waiting
 * (queue.h).
 *
 * inv. 1: tail <= head <= tail + cells_n.
 * inv. 2: a mark is 0, except in the first cell of a line that is completely copied.
 * inv. 3: no wake-up is lost: if a line is added while the consumer begins to rest, the consumer
 *         sees the new head, or the thread that adds the line sees the rest.
 * inv. 3 is not asserted: no thread sees both. The model looks. */
#ifndef EDOI_LOG_OUT_RING_H
#define EDOI_LOG_OUT_RING_H

#include "base/atomic.h"

#include <edo/bytes.h>
#include <edo/log.h>

#define EDOI_LOG_CELL       32u /* bytes */
#define EDOI_LOG_QUEUED_MAX 65535u

/* What the thread that takes lines does. */
typedef enum edoi_log_rest {
    EDOI_LOG_WRITES, /* it looks for more before it rests */
    EDOI_LOG_NAPS,   /* for some milliseconds */
    EDOI_LOG_SLEEPS,
} edoi_log_rest;

typedef struct edoi_log_ring {
    char *bytes;           /* const */
    edo_atomic_u32 *marks; /* const; one for each cell, inv. 2 */
    uint32_t cells_n;      /* const; a power of two */
    edo_atomic_u64 head;   /* cells that were given to lines so far */
    edo_atomic_u64 tail;   /* cells that were taken back; written by the thread that takes */
    edo_atomic_u32 rest;   /* edoi_log_rest */
} edoi_log_ring;

/* A line in the ring. */
typedef struct edoi_log_queued {
    edo_str text;
    edo_level level;
} edoi_log_queued;

/* How many bytes of memory a ring of `cells_n` takes beside its struct. */
size_t edoi_log_ring_bytes(uint32_t cells_n);

/* `memory` is zeroed, and stays the caller's. */
void edoi_log_ring_init(edoi_log_ring *ring, void *memory, uint32_t cells_n);

/* Adds a line of 1 to EDOI_LOG_QUEUED_MAX bytes if a share of the ring stays free behind it: the
 * more, the less severe `level` is. False: there is no room. Any thread. */
bool edoi_log_ring_add(edoi_log_ring *ring, edo_str line, edo_level level);

/* Is there room for the shortest line at that level? A hint, so that no line is formatted and then
 * refused. Any thread. */
EDO_API bool edoi_log_ring_has_room(const edoi_log_ring *ring, edo_level level);

/* After an addition: must the caller wake the thread that takes? True once for each rest. */
bool edoi_log_ring_wakes(edoi_log_ring *ring, bool is_urgent);

/* Is the ring so full that a nap should end? A hint. */
EDO_API bool edoi_log_ring_is_filling(const edoi_log_ring *ring);

/* The thread that takes, or after it has stopped another one: finds the complete line at `*at`,
 * which begins at the tail, and moves on; false: there is none. The line lies in the ring until
 * edoi_log_ring_free(). */
bool edoi_log_ring_next(const edoi_log_ring *ring, uint64_t *at, edoi_log_queued *line);

/* The thread that takes: gives back all lines before `at`. */
void edoi_log_ring_free(edoi_log_ring *ring, uint64_t at);

/* The thread that takes: says that it rests. False: a line came meanwhile, and it does not. */
bool edoi_log_ring_rests(edoi_log_ring *ring, edoi_log_rest how);

/* The same thread: the time of its rest is over. False: another thread wakes it now. */
bool edoi_log_ring_rises(edoi_log_ring *ring, edoi_log_rest how);

#endif
