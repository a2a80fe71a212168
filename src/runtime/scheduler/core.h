/* SPDX-License-Identifier: MIT */
/* runtime/scheduler/core.h: the runtime and its workers.
 *
 * A worker is a token: a run queue, a driver, a wheel and a pool of stacks, held by one thread at a
 * time. In a multi-thread runtime each has a thread of its own. A current-thread runtime has one,
 * held by the thread that drives; handing it on goes through a mutex, see drive.c.
 *
 * inv. 1: the worker's fields belong to the thread that holds it, but for those under "any thread".
 * inv. 2: a task in `queue`, `fired`, `lifo` or `deferred` has this worker as its owner; one in
 *         `ring` has none; one in `batch` has none if it was taken from a ring, else this worker.
 * inv. 3: a fiber that has a home is in no ring and no batch: one that has run, unless it
 *         migrates. */
#ifndef EDOI_RUNTIME_SCHEDULER_CORE_H
#define EDOI_RUNTIME_SCHEDULER_CORE_H

#include "base/fork.h"
#include "driver/clock.h"
#include "driver/wheel.h"
#include "fiber/fiber.h"
#include "runtime/fiber/stack_wait.h"
#include "runtime/metrics/stats.h"
#include "runtime/scheduler/assist.h"
#include "runtime/scheduler/cost.h"
#include "runtime/scheduler/idle.h"
#include "runtime/scheduler/inbox.h"
#include "runtime/scheduler/ring.h"
#include "runtime/scheduler/run_queue.h"
#include "runtime/scheduler/takeover.h"
#include "runtime/task/task.h"
#include "runtime/task/task_slab.h"
#include "runtime/thread/parker.h"
#include "runtime/worker.h"

#include <edo/runtime.h>

#include <pthread.h>

struct edoi_fiber_task;

/* Which poll a worker is in, as another thread sees it. */
typedef struct edoi_seen_poll {
    const edo_task *task; /* perhaps gone; NULL: in none */
    uint64_t polls_n;     /* that ended before it */
    uint32_t in_place;    /* odd: in edo_block_in_place() */
} edoi_seen_poll;

/* What the watchdog has seen of a worker, and told. lock: that of registry.h. */
typedef struct edoi_watched {
    edoi_seen_poll poll;
    bool is_told;     /* that poll needs no more attention */
    bool was_named;   /* it was reported, its end was not */
    bool is_stranded; /* it was reported as such */
    int64_t since_ns; /* when it was first seen */
    int64_t cpu_ns;   /* what the thread had used then */
    uint64_t waits;   /* as of edoi_thread_waits() */
    int64_t waits_ns; /* since when */
    const char *site; /* of the last report */
    int64_t told_ns;  /* when that was */
} edoi_watched;

/* The fibers that live at a worker, and those placed there: spread.h. The worker's thread, but for
 * `shown_n`, which any thread reads, and `placed_n`. */
typedef struct edoi_placement {
    uint32_t fibers_n;                /* fibers that have run here and live: they stay */
    uint32_t arrived_n;               /* of those ever placed here: that have run */
    struct edoi_fiber_ctx *placed;    /* of those that were placed here and live */
    struct edoi_fiber_ctx *placed_at; /* the one where edoi_reclaim() goes on; NULL: the first */
    edo_atomic_u32 shown_n;  /* atomic, relaxed: fibers_n - arrived_n, as of the last turn */
    edo_atomic_u32 placed_n; /* atomic, relaxed: fibers that any thread ever placed here */
} edoi_placement;

typedef struct edoi_worker {
    /* The poll that runs. */
    edo_cx cx;
    edoi_polled_now now;                /* the task that runs; a wake in its own poll is plain */
    struct edoi_fiber_task *fiber;      /* on whose stack the thread is; NULL: on its own */
    struct edoi_fiber_task *polled_for; /* the fiber for which its runner polls what it awaits */
    struct edoi_trail *machine_trail;   /* of the state machine that is polled */
    edoi_fiber thread;                  /* the thread's own stack, while a fiber runs */
    /* What it is. */
    uint16_t id;             /* const; unique among the living workers of the process */
    bool has_thread;         /* const: multi-thread, it is driven by a thread of its own */
    bool shares;             /* const: it has siblings; they may take what has no home */
    uint32_t index;          /* const: in runtime->workers */
    uint32_t event_interval; /* const: polls between two looks at the driver */
    edoi_driver *driver;     /* const */
    edo_runtime *runtime;    /* const */
    edoi_wheel *wheel;       /* const; lock: its own */
    /* What there is to run, and how it goes. */
    edoi_run_queue run;
    edoi_cost cost;
    edoi_placement placement;
    edoi_stack_wait stack_wait;
    uint32_t run_left;    /* polls until the next look at the driver, as of the last look at what
                          comes from outside */
    uint32_t victim;      /* the sibling from which it stole last */
    bool searching;       /* it counts in runtime->idle.searching */
    uint8_t closing;      /* step of the shutdown: threads.c */
    uint32_t now_s;       /* clock of the last turn, s */
    edoi_lookout lookout; /* after siblings; but for turned_ns, which any thread reads */
    edoi_tally tally;
    /* What it has. */
    edoi_parker *parker; /* of the thread that drives */
    edoi_task_slab slab;
    edoi_frees frees; /* of other slabs */
    edoi_stack_pool stacks;
    edoi_clock clock;
    int64_t stands_until_ns; /* of the monotonic clock: a paused one waits no longer for jobs */
    pthread_t os_thread;  /* of its own thread, if it `is_joinable`; of the thread that starts and
                                stops the threads, one at a time */
    bool is_joinable;     /* as os_thread */
    edoi_watched watched; /* the watchdog's */
    /* Any thread. */
    edo_atomic_u32 tid;     /* atomic, relaxed: the kernel's name of the thread that holds it; 0: no
                               thread does */
    edo_atomic_u64 polls_n; /* atomic, relaxed: polls that had ended at the last look at what comes
                               from outside */
    edo_atomic_u32 look_in; /* atomic, relaxed: pops until the next look; 1 if there is one before
                               each poll. Written for each poll, so that other threads can tell one
                               long poll from many */
    edo_atomic_u32 look_every; /* atomic, relaxed: what `look_in` was at the last look */
    edo_atomic_u64 spawned_n;  /* atomic, relaxed: tasks spawned by this thread */
    edo_atomic_u64 ended_n;    /* atomic, relaxed: tasks that have ended here */
    edo_atomic_u32 in_place;   /* atomic, relaxed: calls of edo_block_in_place() begun, and ended */
    edo_atomic_u32 awaits;     /* atomic, relaxed: 1 while such a call awaits */
    edo_atomic_u32 dumps;      /* atomic, relaxed: 1 while its thread is in edo_dump_tasks() */
    edoi_inbox inbox;          /* fibers that live here, woken by other threads */
    edoi_places places;        /* which thread may touch front slot, batch and deferred tasks */
    edoi_ring ring;            /* tasks that any worker may take */
    edoi_shown shown;
} edoi_worker;

/* The threads of a multi-thread runtime: threads.c. */
typedef struct edoi_threads {
    edo_atomic_u32 stop; /* atomic, relaxed: workers end at their next turn */
    pthread_mutex_t mutex;
    pthread_cond_t changed; /* threads_n, stopping, or tasks while closing */
    uint32_t threads_n;     /* that have not ended; lock: mutex */
    uint32_t told_n;        /* workers that have cancelled their tasks; lock: mutex */
    uint32_t heard_n;       /* workers that have run their cancelled tasks since; lock: mutex */
    bool stopping;          /* a thread ends the runtime's threads; lock: mutex */
    bool buries;            /* that one is a worker which was left behind; lock: mutex */
    bool is_left;           /* a thread was left behind in a poll; lock: mutex */
} edoi_threads;

struct edo_runtime {
    edo_atomic_u32 handles;   /* atomic: LT3; what users hold: lifetime.h */
    edo_atomic_u32 pins;      /* atomic: LT1; one for all handles, one for each wake under way */
    edo_atomic_u32 signalled; /* atomic, set by edo_main's signal handler: cancel `root` once */
    edo_atomic_u64
        signal_ns; /* atomic: SR4; when it was taken, by the monotonic clock; 0: not yet */
    edo_atomic_u64
        signal_clock_ns; /* atomic, relaxed: `signal_ns` by the runtime's clock; stored before it */
    uint64_t id;         /* const */
    uint32_t forks;      /* const: edoi_forks() when it was made */
    edo_runtime_opts opts;     /* const, defaults filled in */
    edo_atomic_ptr root;       /* atomic: SR1, SR2; edo_main's */
    edo_atomic_ptr on_signal;  /* atomic: SR3; the waker of the thread that waits for the root */
    edoi_lock inject_lock;     /* leaf; guards `injected` */
    edoi_task_queue injected;  /* tasks without a home, from threads that are no worker, and what a
                                    full ring gave away */
    edo_atomic_u32 injected_n; /* atomic: WK1, WK2 */
    edo_atomic_u64 remote_n; /* atomic, relaxed: tasks queued by threads that are no worker, ever */
    edoi_idle idle;          /* any thread */
    edoi_assist assist;      /* any thread */
    edo_atomic_u32 spread_at;    /* atomic, relaxed: the worker where a fiber was placed last */
    uint32_t workers_n;          /* const */
    edoi_worker **workers;       /* const; the first is `worker` */
    pthread_mutex_t spawn_mutex; /* guards the two below, and the setting of `spawn_flags` */
    edoi_task_slab foreign_slab; /* tasks spawned by threads that are no worker */
    edo_atomic_u64 foreign_n;    /* atomic, relaxed: how many ever; written under spawn_mutex */
    edo_atomic_u64 abandoned_n;  /* as foreign_n: tasks that were given up */
    edo_atomic_u32 spawn_flags;  /* atomic, relaxed: 0, or why a spawn is not as quick as usual */
    edo_atomic_u32 gave_up;      /* atomic, relaxed: a shutdown has waited, and left some behind */
    edo_atomic_u32 is_left;      /* atomic, relaxed: kept for ever, for what it has left behind */
    edo_atomic_u32 is_over;      /* atomic, relaxed: edo_runtime_free() has ended it: handles keep
                                       only its memory */
    edoi_threads threads;        /* the workers' threads */
    struct edoi_blocking *blocking; /* const */
    edoi_buckets poll_buckets;      /* const */
    edoi_buckets sched_buckets;     /* const */
    bool stamps;                    /* const: tasks are stamped when they are queued */
    /* lock: drive.c's */
    bool driven;
    bool is_wanted;      /* by a shutdown, which waits: no other thread is the next that drives */
    edoi_parker *pinned; /* that of the only thread that may drive, since fibers live that have run
                            there; NULL: any thread may */
    edo_runtime *bound_next, *bound_prev; /* in the list of `pinned` */
    struct edoi_drive_waiter *drive_waiters;
    struct edoi_drive_waiter *drive_next; /* of them is woken next; NULL: none has to be */
    edo_atomic_u32 asked;   /* atomic, relaxed: the thread that drives shall end all tasks; read
                               outside the lock, too */
    int64_t asked_until_ns; /* at the latest */
    bool asked_told;        /* they were cancelled; of the thread that drives */
    bool asked_ended;       /* they were waited for; of the thread that drives */
    edo_runtime *next;      /* lock: runtime.c's, and that of registry.h: of edoi_runtimes */
    edo_runtime *prev;      /* lock: the same two; NULL: the first */
    bool is_watched;        /* lock: the watchdog's */
    bool whole;             /* lock: that of registry.h: it is made, and may be looked at */
    edoi_parker *spare;     /* const: for a driving thread that has no memory for its own */
    edoi_worker worker;
};

/* Counts one more; only this thread writes `n`, so it needs no read-modify-write. */
EDOI_INLINE void edoi_worker_count(edo_atomic_u64 *n) {
    edoi_store_rlx_u64(n, edoi_load_rlx_u64(n) + 1);
}

/* Polls that have ended since the last look. */
EDOI_INLINE uint32_t edoi_worker_polls_since(const edoi_worker *w) {
    return EDOI_OWN_LOAD(&w->look_every) - EDOI_OWN_LOAD(&w->look_in);
}

/* Polls that have ended, ever. Exact on the worker's thread; others may see parts of two numbers,
 * and only compare it with what they saw before. */
EDOI_INLINE uint64_t edoi_worker_polls(const edoi_worker *w) {
    return EDOI_OWN_LOAD(&w->polls_n) + edoi_worker_polls_since(w);
}

/* Polls and spawns, ever. The time that passes is divided by them: a poll that makes many tasks
 * does not say how long theirs take. The worker's thread. */
EDOI_INLINE uint64_t edoi_worker_steps(const edoi_worker *w) {
    return edoi_worker_polls(w) + EDOI_OWN_LOAD(&w->spawned_n);
}

/* At a look: adds up the polls since the last one. */
EDOI_INLINE void edoi_worker_count_polls(edoi_worker *w) {
    uint32_t look_in = EDOI_OWN_LOAD(&w->look_in);
    uint32_t polls_n = EDOI_OWN_LOAD(&w->look_every) - look_in;
    EDOI_OWN_STORE(&w->polls_n, EDOI_OWN_LOAD(&w->polls_n) + polls_n);
    EDOI_OWN_STORE(&w->look_every, look_in);
    w->run_left -= polls_n;
}

/* Whether there is a look before each poll. */
EDOI_INLINE bool edoi_worker_takes_turns(const edoi_worker *w) {
    return w->run.fired.first || w->tally.timed;
}

/* The polls are counted: the next look is after `pops` pops, but not after the end of the run. */
EDOI_INLINE void edoi_worker_look_after(edoi_worker *w, uint32_t pops) {
    if (pops > w->run_left) pops = w->run_left;
    EDOI_OWN_STORE(&w->look_every, pops);
    EDOI_OWN_STORE(&w->look_in, pops);
}

/* What `signalled` says; 0: nothing yet. */
#define EDOI_SIGNAL_SENT  1u /* a signal came, the root has to be cancelled */
#define EDOI_SIGNAL_TAKEN 2u /* it has been */

#define EDOI_SPAWN_CLOSING 1u /* it fails */
#define EDOI_SPAWN_STAMPS  2u /* const: the task is stamped */

/* Whether the runtime is one of a process that this one was forked from: then nothing of it is
 * touched but what is const. */
EDOI_INLINE bool edoi_runtime_is_forked(const edo_runtime *rt) {
    return EDOI_UNLIKELY(rt->forks != edoi_forks());
}

/* The function of a task has returned in a child of the process that ran it: there is nothing to go
 * back to. Says so, and ends the process with status 1. */
EDOI_NORETURN void edoi_fork_task_returned(void);

/* Whether spawns fail. relaxed: a caller that has to be sure asks under spawn_mutex. */
EDOI_INLINE bool edoi_runtime_is_closing(const edo_runtime *rt) {
    return edoi_load_rlx_u32(&rt->spawn_flags) & EDOI_SPAWN_CLOSING;
}

/* Whether a spawn is as quick as usual. */
EDOI_INLINE bool edoi_runtime_spawns_quickly(const edo_runtime *rt) {
    return edoi_load_rlx_u32(&rt->spawn_flags) == 0; // relaxed: as above
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

/* Any thread. relaxed: they are only compared. */
EDOI_INLINE edoi_seen_poll edoi_worker_seen_poll(const edoi_worker *w) {
    return (edoi_seen_poll){ edoi_worker_seen_running(w), edoi_worker_polls(w),
                             edoi_load_rlx_u32(&w->in_place) };
}

/* Whether the worker is still in the poll that was seen, and has not blocked in place since. */
EDOI_INLINE bool edoi_worker_is_in(const edoi_worker *w, const edoi_seen_poll *seen) {
    edoi_seen_poll now = edoi_worker_seen_poll(w);
    return now.task && now.task == seen->task && now.polls_n == seen->polls_n &&
           now.in_place == seen->in_place;
}

/* `waker` is NULL after a poll. */
EDOI_INLINE void edoi_worker_set_running(edoi_worker *w, edo_waker *waker) {
    EDOI_ATOMIC_STORE(&w->now.waker, waker, EDOI_RELAXED); // relaxed: only this thread acts on it
}

#endif
