/* SPDX-License-Identifier: MIT */
/* runtime/core.h: the runtime and its workers.
 *
 * A worker is a token: a run queue, a driver, a wheel and a pool of stacks, held by one thread at a
 * time. In a multi-thread runtime each has a thread of its own. A current-thread runtime has one, held
 * by the thread that drives; handing it on goes through a mutex, see drive.c.
 *
 * inv. 1: the worker's fields belong to the thread that holds it, but for those under "any thread".
 * inv. 2: a task in `queue`, `fired`, `lifo` or `deferred` has this worker as its owner; one in `batch` or
 *         `ring` has none.
 * inv. 3: a fiber that has run is in no ring and no batch. */
#ifndef EDOI_RUNTIME_CORE_H
#define EDOI_RUNTIME_CORE_H

#include "fiber/fiber.h"
#include "runtime/clock.h"
#include "runtime/idle.h"
#include "runtime/inbox.h"
#include "runtime/parker.h"
#include "runtime/ring.h"
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
    bool shares;                        /* const: multi-thread, what has no home goes to `ring` */
    bool searching;                     /* it counts in runtime->idle.searching */
    uint8_t closing;                    /* step of the shutdown: crew.c */
    bool after_fired;                   /* the last task came from `fired` */
    bool from_queue;                    /* the last task came from `queue`, not from `batch` */
    bool from_ring;                     /* the last batch came from `ring`, not from the injected */
    uint32_t index;                     /* const: in runtime->workers */
    uint32_t lifo_run;                  /* polls in a row from the LIFO slot */
    edo_task *lifo;                     /* runs next */
    edoi_task_queue queue;      /* those that stay here; all tasks of a current-thread runtime */
    edoi_task_queue fired;      /* of those: woken by timers; takes turns with `queue` */
    edoi_task_queue *wakes_to;  /* to whose back a woken task goes; NULL: to `lifo` */
    uint32_t batch_at, batch_n; /* those left in `batch` */
    edo_task *batch[EDOI_RING_BATCH]; /* taken from a ring, run in order */
    edo_task *deferred[DEFERRED_MAX]; /* went pending last; wakes by this thread need no atomic */
    uint32_t deferred_next;           /* slot that is displaced next */
    uint32_t look_in;                 /* pops until the next look at the injection list; 1 while
                                         `fired` is not empty */
    uint32_t event_interval;          /* const: polls between two looks at the driver */
    uint32_t fibers_n;                /* fibers that have run here and live: they stay */
    uint32_t arrived_n;               /* of those ever placed here, that have run: spread.h */
    edo_atomic_u32 shown_n;           /* atomic, relaxed: fibers_n - arrived_n, of late; written by
                                         this thread only */
    edo_atomic_u32 tasks_n;           /* atomic, relaxed: spawned by this thread and alive, less
                                         those spawned by others that ended here; read by anybody */
    uint32_t polls_n;                 /* since `ran_from_ns` */
    int64_t ran_from_ns;              /* when the last turn ended */
    int64_t mean_poll_ns;             /* of late */
    uint32_t victim;                  /* the sibling that was robbed last */
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
    edo_atomic_u64 polls; /* atomic, relaxed: in the runs of the loop that are over */
    edo_atomic_u32
        polls_left;          /* atomic, relaxed: of this run, when the poll began: a store for each
                                  poll, so that another thread can tell one long poll from many */
    edoi_wheel wheel;        /* lock: its own */
    edo_atomic_u32 placed_n; /* atomic, relaxed: fibers that were ever placed here: spread.h */
    edoi_inbox inbox;        /* fibers that live here, woken by others */
    edoi_ring ring;
} edoi_worker;

/* The threads of a multi-thread runtime: crew.c. */
typedef struct edoi_crew {
    edo_atomic_u32 stop; /* atomic, relaxed: workers end at their next turn */
    pthread_mutex_t mutex;
    pthread_cond_t changed; /* threads_n, or tasks while closing */
    uint32_t threads_n;     /* that have not ended; lock: mutex */
    uint32_t told_n;        /* workers that have cancelled their tasks; lock: mutex */
    uint32_t heard_n;       /* workers that have run those who heard of it; lock: mutex */
    bool stopping;          /* somebody waits for the end; lock: mutex */
} edoi_crew;

struct edo_runtime {
    edo_atomic_u32 refs;       /* atomic: handles and pins */
    edo_atomic_u32 signalled;  /* atomic, set by edo_main's signal handler: cancel `root` once */
    uint64_t id;               /* const */
    edo_runtime_opts opts;     /* const, defaults filled in */
    edo_atomic_ptr root;       /* atomic: M3, M4; edo_main's */
    edoi_lock inject_lock;     /* leaf; guards `injected` */
    edoi_task_queue injected;  /* tasks without a home, from threads that are no worker, and what a
                                    full ring gave away */
    edo_atomic_u32 injected_n; /* atomic: S1, S2 */
    edoi_idle idle;            /* any thread */
    edo_atomic_u32 spread_at;  /* atomic, relaxed: the worker where a fiber was placed last */
    uint32_t workers_n;        /* const */
    edoi_worker **workers;     /* const; the first is `worker` */
    pthread_mutex_t spawn_mutex; /* guards the two below, and the setting of `closing` */
    edoi_slab foreign_slab;      /* tasks spawned by threads that are no worker */
    uint32_t foreign_n;          /* how many ever, modulo 2^32 */
    edo_atomic_u32 closing;      /* atomic, relaxed: spawns fail */
    edo_atomic_u32 gave_up;      /* atomic, relaxed: a shutdown has waited, and left some behind */
    edoi_crew crew;              /* the workers' threads */
    struct edoi_blocking *blocking; /* const */
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

/* Counts tasks that this worker has made (1) or ended (-1). */
EDOI_INLINE void edoi_worker_count(edoi_worker *w, uint32_t change) {
    // relaxed, no read-modify-write: only this thread writes it
    edoi_store_rlx_u32(&w->tasks_n, edoi_load_rlx_u32(&w->tasks_n) + change);
}

/* Whether spawns fail. */
EDOI_INLINE bool edoi_runtime_is_closing(const edo_runtime *rt) {
    return edoi_load_rlx_u32(&rt->closing) !=
           0; // relaxed: who has to be sure asks under spawn_mutex
}

/* Whether a shutdown has waited its time already: the next one does not. */
EDOI_INLINE bool edoi_runtime_gave_up(const edo_runtime *rt) {
    return edoi_load_rlx_u32(&rt->gave_up) != 0; // relaxed: only how long somebody waits
}

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

/* The same for any thread: it may have ended, and its memory be gone. */
EDOI_INLINE edo_task *edoi_worker_seen_running(const edoi_worker *w) {
    return edoi_task_of(EDOI_ATOMIC_LOAD(&w->now.waker, EDOI_RELAXED));
}

/* `waker` is NULL after a poll. */
EDOI_INLINE void edoi_worker_set_running(edoi_worker *w, edo_waker *waker) {
    EDOI_ATOMIC_STORE(&w->now.waker, waker, EDOI_RELAXED); // relaxed: only this thread acts on it
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
