/* SPDX-License-Identifier: MIT */
/* runtime/scheduler/run_queue.h: where the tasks of one worker wait to run.
 *
 *     front slot   the task that was woken last; it runs next, so that partners find what they
 *                  exchange in cache. After three in a row it goes to the back like a fresh one.
 *     batch        tasks that may run anywhere, kept from siblings while they are few: taken from
 *                  the ring at once, or pushed here while the ring is empty
 *     ring         tasks that any worker may take (ring.h)
 *     queue        tasks that stay here: fibers that have run, and all of a current-thread runtime
 *     fired        those that a timer woke; it takes turns with the others
 *     deferred     the last tasks that went pending. Each is still busy, so a wake by this thread
 *                  is plain; the one that is displaced goes idle.
 *
 * All that other threads may do is to take from the ring, to put into the inbox (inbox.h), to
 * inject into the runtime, and to take over front slot, batch and deferred tasks in a long poll
 * (takeover.h).
 *
 * inv. 1: a task in `lifo`, `queue`, `fired` or `deferred` has this worker as its owner; one in the
 *         ring has none; one in `batch` has none if it was taken from a ring, else this worker.
 * inv. 2: a fiber that has a home, as one that has run unless it migrates, is in no ring and no
 *         batch. */
#ifndef EDOI_RUNTIME_SCHEDULER_RUN_QUEUE_H
#define EDOI_RUNTIME_SCHEDULER_RUN_QUEUE_H

#include "runtime/scheduler/ring.h"
#include "runtime/scheduler/task_queue.h"

#ifdef EDOI_MODEL
#    define EDOI_DEFERRED_MAX 1u /* so that two tasks displace each other */
#else
#    define EDOI_DEFERRED_MAX 8u
#endif

/* Where a task goes that this thread wakes. */
typedef enum edoi_wake_place {
    EDOI_WAKE_NEXT,    /* the front slot; the task displaced there goes to the back */
    EDOI_WAKE_STAMPED, /* as NEXT, and the time is noted */
    EDOI_WAKE_BACK,    /* the back of `queue` */
    EDOI_WAKE_FIRED    /* the back of `fired` */
} edoi_wake_place;

/* The worker's thread only; but for a helper, see takeover.h. */
typedef struct edoi_run_queue {
    edo_task *lifo;              /* the front slot */
    uint32_t lifo_run;           /* polls in a row from the front slot */
    edoi_wake_place wakes_to;    /* for wakes from now on */
    edoi_wake_place wakes_usual; /* const */
    bool after_fired;            /* the last task came from `fired` */
    bool from_queue;             /* the last task came from `queue`, and not from `batch` */
    bool from_ring;              /* the last batch came from the ring, and not from the injected */
    edoi_task_queue queue;
    edoi_task_queue fired;
    uint32_t batch_at, batch_end; /* those left in `batch`, modulo its size */
    uint32_t keep_now; /* tasks that `batch` may keep: cost.keep_most while the ring is empty, else
                          0 */
    edo_task *batch[EDOI_RING_BATCH];
    edo_task *deferred[EDOI_DEFERRED_MAX];
    uint64_t deferred_n; /* ever; modulo EDOI_DEFERRED_MAX the slot displaced next */
} edoi_run_queue;

#endif
