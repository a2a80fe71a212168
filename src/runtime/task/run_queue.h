/* SPDX-License-Identifier: MIT */
/* runtime/task/run_queue.h: the places where the tasks of one worker wait to run. The
 * operations on them are in run_queue_ops.h; scheduler.c and spawn.c call them.
 *
 *     front slot   the task woken last (`lifo`). It runs next, so that tasks that exchange data
 *                  find it in cache. After three polls in a row from here, the next goes to the
 *                  back.
 *     batch        tasks that may run anywhere, kept from siblings while they are few: taken as a
 *                  batch from the ring, a sibling's ring or the injection list, or pushed here
 *                  while the ring is empty
 *     ring         tasks that any worker may take (ring.h)
 *     queue        tasks that stay here: fibers with this home, and all tasks of a worker without
 *                  siblings
 *     fired        as queue, but woken by a timer; takes turns with all other places but
 *                  `spent`
 *     spent        as queue, but of tasks that have spent their budget; they run when no other task
 *                  can, and one of them in each run. A task from the front slot that finds the
 *                  budget spent, by its waker, goes to the back
 *     deferred     the last eight tasks that went pending. They stay busy, so a wake by this thread
 *                  is plain; a task that is displaced goes idle.
 *
 * Other threads may take from the ring, push to the inbox (inbox.h), inject into the runtime, and
 * in a long poll take over the front slot, the batch and the deferred tasks (takeover.h); they may
 * do nothing else.
 *
 * inv. 1: a task in `lifo`, `queue`, `fired`, `spent` or `deferred` has this worker as its owner; a
 *         task in the ring has none; a task in `batch` has this worker if it was pushed there, and
 *         none if it was taken from a ring or the injection list.
 * inv. 2: a fiber with a home is in no ring and no batch. A fiber gets a home when it first runs,
 *         unless it migrates, or when it is placed (spread.h). */
#ifndef EDOI_RUNTIME_TASK_RUN_QUEUE_H
#define EDOI_RUNTIME_TASK_RUN_QUEUE_H

#include "runtime/task/ring.h"
#include "runtime/task/task.h"
#include "runtime/task/task_queue.h"

#ifdef EDOI_MODEL
#    define EDOI_DEFERRED_MAX 1u /* so that two tasks displace each other */
#else
#    define EDOI_DEFERRED_MAX 8u
#endif

/* Where a task goes that this thread wakes. To the back: a task that may run anywhere goes to the
 * batch or the ring instead. */
typedef enum edoi_wake_place {
    EDOI_WAKE_NEXT,    /* the front slot; the task displaced there goes to the back */
    EDOI_WAKE_STAMPED, /* as NEXT, and the wake is stamped or recorded */
    EDOI_WAKE_BACK,    /* the back of `queue` */
    EDOI_WAKE_FIRED    /* the back of `fired` */
} edoi_wake_place;

/* The worker's thread only, except for a helper: takeover.h. */
typedef struct edoi_run_queue {
    edo_task *lifo;              /* the front slot */
    uint32_t lifo_run;           /* polls in a row from the front slot */
    edoi_wake_place wakes_to;    /* for wakes from now on */
    edoi_wake_place wakes_usual; /* changed by recorded.c alone */
    bool after_fired;            /* the last task came from `fired` */
    bool after_spent;            /* a task from `spent` has run in this run */
    bool from_queue;             /* the last task came from `queue`, and not from `batch` */
    bool from_ring;              /* the last batch came from the ring, not the injection list */
    edoi_task_queue queue;
    uint64_t queue_pops_n; /* of `queue`, in total; counted on a worker without siblings only */
    edoi_task_queue fired;
    edoi_task_queue spent;
    uint32_t batch_at, batch_end; /* the tasks left in `batch`: [at, end), modulo its size */
    uint32_t keep_now; /* tasks that `batch` may keep: cost.keep_most, or 0 while the ring may hold
                          tasks or tasks are injected */
    edo_task *batch[EDOI_RING_BATCH];
    edo_task *deferred[EDOI_DEFERRED_MAX];
    uint64_t deferred_n; /* tasks ever deferred; modulo EDOI_DEFERRED_MAX: the slot used next */
    uint64_t chance;     /* state of the random numbers by which the next task is chosen; 0: the
                            order is the one above. chance.h */
} edoi_run_queue;

#endif
