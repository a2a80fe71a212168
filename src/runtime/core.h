/* SPDX-License-Identifier: MIT */
/* runtime/core.h: the runtime and its worker.
 *
 * A worker is a token: a run queue, a driver, a wheel and a pool of stacks, held by one thread at a
 * time, which drives the runtime. Handing it on goes through a mutex, see drive.c.
 *
 * inv. 1: the worker's fields belong to the thread that holds it, but for those under "any thread".
 * inv. 2: a task in `queue`, `fired`, `lifo` or `deferred` has this worker as its owner. */
#ifndef EDOI_RUNTIME_CORE_H
#define EDOI_RUNTIME_CORE_H

#include "fiber/fiber.h"
#include "runtime/clock.h"
#include "runtime/parker.h"
#include "runtime/slab.h"
#include "runtime/starved.h"
#include "runtime/task.h"
#include "runtime/wheel.h"
#include "runtime/worker.h"

#include <edo/runtime.h>

#include <pthread.h>

#ifdef EDOI_MODEL
#    define DEFERRED_MAX 1u /* so that two tasks displace each other */
#else
#    define DEFERRED_MAX 8u
#endif

struct edoi_fiber_task;

typedef struct edoi_worker {
    edo_cx cx;                          /* of the poll that runs */
    edoi_polled_now now;                /* the task that runs; a wake in its own poll is plain */
    struct edoi_fiber_task *fiber;      /* on whose stack the thread is; NULL: on its own */
    struct edoi_fiber_task *polled_for; /* the fiber for which its runner polls what it awaits */
    uint16_t id;                        /* const; unique among the living workers of the process */
    struct edoi_trail *machine_trail;   /* of the state machine that is polled */
    bool no_lifo;                       /* const */
    bool after_fired;                   /* the last task came from `fired` */
    uint32_t lifo_run;                  /* polls in a row from the LIFO slot */
    edo_task *lifo;                     /* runs next */
    edoi_task_queue queue;
    edoi_task_queue fired;            /* woken by timers; takes turns with `queue` */
    edoi_task_queue *wakes_to;        /* to whose back a woken task goes; NULL: to `lifo` */
    edo_task *deferred[DEFERRED_MAX]; /* went pending last; wakes by this thread need no atomic */
    uint32_t deferred_next;           /* slot that is displaced next */
    uint32_t look_in;                 /* pops until the next look at the injection list; 1 while
                                         `fired` is not empty */
    uint32_t event_interval;          /* const: polls between two looks at the driver */
    uint32_t fibers_n;                /* fibers that have run here and live: they stay */
    uint32_t tasks_n;                 /* spawned by this thread and alive, less those spawned by
                                         others and ended: see edoi_runtime_tasks_alive() */
    uint32_t now_s;                   /* clock of the last turn, s */
    uint32_t reclaim_at;              /* page of the slab where edoi_reclaim() goes on */
    edoi_parker *parker;              /* of the thread that drives */
    edoi_slab slab;
    edoi_stack_pool stacks;
    edoi_fiber thread; /* the thread's own stack, while a fiber runs */
    edoi_clock clock;
    edoi_driver *driver;  /* const */
    edo_runtime *runtime; /* const */
    edoi_starved starved;
    /* any thread */
    edoi_wheel wheel;      /* lock: its own */
    edoi_lock inject_lock; /* leaf; guards `injected` */
    edoi_task_queue injected;
    edo_atomic_u32 injected_n; /* atomic: S1, S2 */
    edo_atomic_u32 asleep;     /* atomic: S1, S2: waits in the driver, or is about to */
} edoi_worker;

struct edo_runtime {
    edo_atomic_u32 refs;         /* atomic: handles and pins */
    edo_atomic_u32 signalled;    /* atomic, set by edo_main's signal handler: cancel `root` once */
    uint64_t id;                 /* const */
    edo_runtime_opts opts;       /* const, defaults filled in */
    edo_task *root;              /* edo_main's; driving thread only */
    pthread_mutex_t spawn_mutex; /* guards the three below */
    edoi_slab foreign_slab;      /* tasks spawned by threads that do not drive */
    uint32_t foreign_n;          /* how many ever, modulo 2^32 */
    bool closing;                /* spawns fail; the driving thread may read it without */
    /* lock: drive.c's */
    bool driven;
    bool pinned; /* fibers live that have run: only the thread `driver` may drive */
    struct edoi_thread *driver;
    edo_runtime *bound_next;
    struct edoi_drive_waiter *drive_waiters;
    edo_runtime *next;  /* lock: runtime.c's: of edoi_runtimes */
    edoi_parker *spare; /* const: for a driving thread that has no memory for its own */
    edoi_worker worker;
};

extern edo_runtime *edoi_runtimes; /* lock: runtime.c's: all there are; for tools/edo-gdb.py */

/* The worker that this thread holds, NULL if none. Opaque: a fiber may not keep the address. */
edoi_worker *edoi_worker_here(void);
void edoi_worker_set_here(edoi_worker *w);

/* The fiber to which what is done now belongs: the one that runs, or the one polled for. */
EDOI_INLINE struct edoi_fiber_task *edoi_fiber_served(const edoi_worker *w) {
    return w->fiber ? w->fiber : w->polled_for;
}

/* The task that runs, NULL between polls. */
EDOI_INLINE edo_task *edoi_worker_running(const edoi_worker *w) {
    return edoi_task_of(w->now.waker);
}

EDOI_INLINE void edoi_queue_push(edoi_task_queue *q, edo_task *t) {
    t->next = NULL;
    if (q->first) {
        q->last->next = t;
    } else {
        q->first = t;
    }
    q->last = t;
}

EDOI_INLINE edo_task *edoi_queue_pop(edoi_task_queue *q) {
    edo_task *t = q->first;
    if (t) q->first = t->next;
    return t;
}

#endif
