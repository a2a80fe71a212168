/* SPDX-License-Identifier: MIT */
/* log/out/queue.h: lines wait here for a thread that writes them, so that no other waits for a
 * descriptor that is slow, full or not read.
 *
 * There is one queue for a descriptor. A thread that adds a line copies it into the ring (ring.h)
 * and makes no system call, except to wake a sleeping writer: at most once in EDOI_LOG_NAP_MS, or
 * for a line at level ERROR. A line that finds no room is dropped and counted, less severe ones
 * earlier. The writer, a thread that the first line starts, waits for its reader as long as that
 * takes (drain.c).
 *
 * inv. 1: a line stays in the ring until it is written, so that a thread on its way to an abort
 *         finds it there.
 * inv. 2: no write begins after `is_abandoned` is set: the descriptor may be another one by then.
 *
 * inv. 1 is not asserted: a crash is not asked for. inv. 2 is not asserted: whether the kernel has
 * the write is not known.
 *
 * Lock order: `start_mu`, then queues.lock or `mu`; both are leaves. No write is made with either
 * held. */
#ifndef EDOI_LOG_OUT_QUEUE_H
#define EDOI_LOG_OUT_QUEUE_H

#include "log/out/output.h"
#include "log/out/pieces.h"
#include "log/out/ring.h"

#include <pthread.h>

#define EDOI_LOG_NAP_MS    10
#define EDOI_LOG_FLUSH_NS  INT64_C(1000000000) /* how long the end of a log waits for its reader */
#define EDOI_LOG_LEVELS    ((size_t)EDO_LEVEL_TRACE + 1)
#define EDOI_LOG_PIECE_MAX (64u * 1024)
#define EDOI_LOG_QUEUES    8u /* more descriptors are written to at once */

/* How many lines were dropped, by level. */
typedef struct edoi_log_lost {
    uint64_t n[EDOI_LOG_LEVELS];
} edoi_log_lost;

/* Returns the line that says what was lost, in `room` bytes at `at`. Called by the writer. */
typedef edo_str edoi_log_tell_fn(const edoi_log_lost *lost, const edoi_log_look *look, char *at,
                                 size_t room);

typedef struct edoi_log_queue {
    edoi_log_ring ring;
    int fd;                               /* const, borrowed while it has a user */
    int64_t flush_ns;                     /* const: EDOI_LOG_FLUSH_NS, shorter in tests */
    uint32_t users_n;                     /* lock: queues.lock */
    edo_atomic_u64 refs;                  /* the users', the writer's, and those for a moment */
    edo_atomic_u64 lost[EDOI_LOG_LEVELS]; /* relaxed: lines dropped and not told of */
    edo_atomic_u32 has_writer;            /* 0: it is to be started; written under start_mu */
    edo_atomic_u32 is_writing;            /* the writer is in a write, or about to be; inv. 2 */
    edo_atomic_u32 has_crashed;           /* the writer makes no other write */
    /* lock: mu */
    pthread_mutex_t mu;
    pthread_cond_t woken, written;
    bool is_woken;
    bool is_abandoned;      /* inv. 2: the queue has no user any more */
    uint64_t written_at;    /* the ring's tail */
    edoi_log_tell_fn *tell; /* reports lost lines; NULL: the threads that log do */
    edoi_log_look look;     /* of the line that reports lost lines */
    /* The writer's. */
    edoi_log_output *output;
    char piece[EDOI_LOG_PIECE_MAX];
} edoi_log_queue;

/* May lines be queued from now on? While they may not edoi_log_queue_use() finds no queue. */
void edoi_log_queues_allow(bool may);

/* Another number after each edoi_log_queues_allow(), and when a queue's descriptor leads elsewhere:
 * who has asked for a queue before asks anew. */
uint32_t edoi_log_queues_way(void);
void edoi_log_queues_turn(void);

/* Returns the queue of `fd`, which stays until edoi_log_queue_leave(); NULL: lines are not queued,
 * there is no memory, or there are too many queues. Then they are written at once. */
EDO_API edoi_log_queue *edoi_log_queue_use(int fd);

/* Ends a use; NULL does nothing. The last user waits for the queued lines as edoi_log_queue_flush()
 * does; lines left after that are dropped. */
EDO_API void edoi_log_queue_leave(edoi_log_queue *queue);

/* Keep the queue's memory for a moment, beyond its last user. */
EDOI_INLINE void edoi_log_queue_ref(edoi_log_queue *queue) {
    (void)edoi_add_rlx_u64(&queue->refs, 1); // relaxed: the caller's own keeps it alive
}
EDO_API void edoi_log_queue_unref(edoi_log_queue *queue);

/* Has the writer say itself what was lost. */
void edoi_log_queue_tells(edoi_log_queue *queue, edoi_log_tell_fn *tell, const edoi_log_look *look);

/* Adds a line, which ends with "\n"; false: it is dropped, and was counted. */
EDO_API bool edoi_log_queue_add(edoi_log_queue *queue, edo_str line, edo_level level);

/* Is there no room for any line of that level? Then one is counted as dropped, as by
 * edoi_log_queue_add(), and need not be built. */
EDO_API bool edoi_log_queue_is_full(edoi_log_queue *queue, edo_level level);

/* Counts a line as dropped. */
EDO_API void edoi_log_queue_drop(edoi_log_queue *queue, edo_level level);

/* What was dropped and not told of; it counts as told now. False: nothing. */
EDO_API bool edoi_log_queue_take_lost(edoi_log_queue *queue, edoi_log_lost *lost);

/* Counts lines as lost. */
void edoi_log_queue_lose(edoi_log_queue *queue, const edoi_log_lost *lost);

/* Waits until the lines so far are written, or EDOI_LOG_FLUSH_NS have passed: false. */
EDO_API bool edoi_log_queue_flush(edoi_log_queue *queue);

/* The same for all queues, within that time in all. */
EDO_API bool edoi_log_queues_flush(void);

/* Adds a report as a line of level ERROR, if there is a queue for `fd` whose writer runs; false:
 * there is none, or no room. */
bool edoi_log_queues_tell(int fd, edo_str line);

/* The writer's thread: `arg` is its queue. */
void *edoi_log_queue_drain(void *arg);

/* The writer rests until it is woken, or its nap is over. */
void edoi_log_queue_rest(edoi_log_queue *queue, edoi_log_rest how);

/* On the way to an abort: writes the complete lines of all queues without a lock, and waits for
 * readers for EDOI_LOG_FLUSH_NS at most. The writers stop. Async-signal-safe. */
void edoi_log_queues_crash(void);

/* For that: the queues, NULL where there is none. */
extern edo_atomic_ptr edoi_log_queues_shown[EDOI_LOG_QUEUES];

#endif
