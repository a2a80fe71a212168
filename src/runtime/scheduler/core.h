/* SPDX-License-Identifier: MIT */
/* runtime/scheduler/core.h: the structures of a runtime and of its workers.
 *
 * A worker is a run queue, a driver, a timer wheel and a pool of stacks, held by one thread at a
 * time. In a multi-thread runtime each worker has a thread of its own. A current-thread runtime has
 * one worker, held by the thread that drives; a mutex guards handing it on (drive.c).
 *
 * inv. 1: a worker's fields belong to the thread that holds it, except those under "Any thread".
 * inv. 2: in which places a task may be, and who owns it there: inv. 1 and 2 of run_queue.h. */
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
    const edo_task *task; /* may be freed; NULL: it is in no poll */
    uint64_t polls_n;     /* polls that had ended before */
    uint32_t in_place;    /* odd: in edo_block_in_place() */
} edoi_seen_poll;

/* What the watchdog has seen of a worker and reported. lock: that of registry.h. */
typedef struct edoi_watched {
    edoi_seen_poll poll; /* the poll seen last */
    bool is_told;        /* `poll` is done with */
    bool was_named;      /* `poll` was reported, its end was not */
    bool is_stranded;    /* `poll` was reported as stranded */
    int64_t since_ns;    /* when `poll` was first seen */
    int64_t cpu_ns;      /* CPU time of the thread at `since_ns` */
    uint64_t waits;      /* result of edoi_thread_waits() */
    int64_t waits_ns;    /* since when `waits` has that value */
    uint32_t waits_n;    /* how many waits of `poll` were seen */
    const char *site;    /* of the last report */
    int64_t told_ns;     /* when the last report was */
} edoi_watched;

/* The fibers that live on a worker, and those placed there: spread.h. The worker's thread, except
 * `shown_n`, which any thread reads, and `placed_n`. */
typedef struct edoi_placement {
    uint32_t fibers_n;                /* living fibers that have run here and stay */
    uint32_t arrived_n;               /* fibers ever placed here that have run */
    struct edoi_fiber_ctx *placed;    /* list of living fibers that were placed here */
    struct edoi_fiber_ctx *placed_at; /* where edoi_reclaim() continues; NULL: the first */
    edo_atomic_u32 shown_n;  /* atomic, relaxed: fibers_n - arrived_n, as of the last turn */
    edo_atomic_u32 placed_n; /* atomic, relaxed: fibers that any thread ever placed here */
} edoi_placement;

typedef struct edoi_worker {
    /* The poll that runs. */
    edo_cx cx;
    edoi_polled_now now;                /* the task that runs; a wake in its own poll is plain */
    struct edoi_fiber_task *fiber;      /* the thread is on its stack; NULL: on its own */
    struct edoi_fiber_task *polled_for; /* the fiber whose awaited future the run loop polls */
    struct edoi_trail *machine_trail;   /* of the state machine that is polled */
    edoi_fiber thread;                  /* the thread's own stack, while a fiber runs */
    /* What it is. */
    uint16_t id;             /* const; unique among the living workers of the process */
    bool has_thread;         /* const: multi-thread, a thread of its own drives it */
    bool shares;             /* const: it has siblings, which may take tasks without a home */
    uint32_t index;          /* const: in runtime->workers */
    uint32_t event_interval; /* const: polls between two looks at the driver, and one more of
                                a task that has spent its budget */
    edoi_driver *driver;     /* const */
    edo_runtime *runtime;    /* const */
    edoi_wheel *wheel;       /* const; lock: its own */
    /* What there is to run, and how it goes. */
    edoi_run_queue run;
    edoi_cost cost;
    edoi_placement placement;
    edoi_stack_wait stack_wait;
    uint32_t run_left;    /* polls left until the next look at the driver, as of the last look at
                             tasks from outside */
    uint32_t victim;      /* index of the sibling from which it stole last */
    bool searching;       /* it counts in runtime->idle.searching */
    uint8_t closing;      /* step of the shutdown: threads.c */
    uint32_t now_s;       /* clock of the last turn, s */
    edoi_lookout lookout; /* over siblings in long polls: assist.h */
    edoi_tally tally;
    /* What it has. */
    edoi_parker *parker; /* of the thread that drives */
    edoi_task_slab slab;
    edoi_frees frees; /* freed tasks of other slabs, not given back yet */
    edoi_stack_pool stacks;
    edoi_clock clock;
    int64_t waits_most_ns;   /* a wait in the driver is no longer; negative: no bound */
    int64_t stands_until_ns; /* monotonic: until when a paused clock waits for blocking jobs */
    struct edoi_quiet_waiter *quiet; /* futures that wait until no task can run: quiet.h */
    pthread_t os_thread;  /* its own thread, if `is_joinable`; belongs to the thread that starts
                                and stops the threads, one at a time */
    bool is_joinable;     /* belongs to the same thread */
    edoi_watched watched; /* the watchdog's */
    /* Any thread. */
    edo_atomic_u32 tid;     /* atomic, relaxed: kernel id of the thread that holds it; 0: none */
    edo_atomic_u64 polls_n; /* atomic, relaxed: polls that had ended at the last look at tasks from
                               outside */
    edo_atomic_u32 look_in; /* atomic, relaxed: pops until the next look; 1 if there is one before
                               each poll. Written for each poll, so that other threads can tell one
                               long poll from many */
    edo_atomic_u32 look_every; /* atomic, relaxed: the value of `look_in` at the last look */
    edo_atomic_u64 spawned_n;  /* atomic, relaxed: tasks spawned by this thread */
    edo_atomic_u64 ended_n;    /* atomic, relaxed: tasks that have ended here */
    edo_atomic_u32 in_place;   /* atomic, relaxed: calls of edo_block_in_place() begun plus ended */
    edo_atomic_u32 awaits;     /* atomic, relaxed: 1 while such a call awaits */
    edo_atomic_u32 dumps;      /* atomic, relaxed: 1 while its thread is in edo_dump_tasks() */
    edoi_inbox inbox;          /* fibers with this home, woken or placed by other threads */
    edoi_places places;        /* which thread may touch front slot, batch and deferred tasks */
    edoi_ring ring;            /* tasks that any worker may take */
    edoi_shown shown;
} edoi_worker;

/* The threads of a multi-thread runtime: threads.c. */
typedef struct edoi_threads {
    edo_atomic_u32 stop; /* atomic, relaxed: workers end at their next turn */
    pthread_mutex_t mutex;
    pthread_cond_t changed; /* threads_n, stopping, or tasks while closing */
    uint32_t threads_n;     /* threads that have not ended; lock: mutex */
    uint32_t told_n;        /* workers that have cancelled their tasks; lock: mutex */
    uint32_t heard_n;       /* workers that have run their cancelled tasks since; lock: mutex */
    bool stopping;          /* a thread ends the runtime's threads; lock: mutex */
    bool buries;            /* with `stopping`: a worker that was left behind does; lock: mutex */
    bool is_left;           /* a thread was left behind in a poll; lock: mutex */
} edoi_threads;

struct edo_runtime {
    edo_atomic_u32 handles;   /* atomic: LT3; handles that users hold: lifetime.h */
    edo_atomic_u32 pins;      /* atomic: LT1; one for all handles, one for each wake under way */
    edo_atomic_u32 signalled; /* atomic, set by edo_main's signal handler: cancel `root` once */
    edo_atomic_u64
        signal_ns; /* atomic: SR4; when the signal was taken, monotonic clock; 0: not yet */
    edo_atomic_u64
        signal_clock_ns; /* atomic, relaxed: `signal_ns` by the runtime's clock; stored before it */
    uint64_t id;         /* const */
    uint32_t forks;      /* const: edoi_forks() when the runtime was created */
    edo_runtime_opts opts;            /* const, defaults filled in */
    edo_atomic_u64 shutdown_least_ns; /* atomic, relaxed: of edo_runtime_extend_shutdown() */
    bool shutdown_is_default;         /* const: only then `shutdown_least_ns` counts */
    edo_atomic_ptr root;              /* atomic: SR1, SR2; edo_main's task */
    edo_atomic_ptr on_signal;  /* atomic: SR3; the waker of the thread that waits for the root */
    edoi_driver *main_driver;  /* const between the program's begin and end: where that thread
                                  sleeps, for the signal handler; NULL: elsewhere */
    edoi_lock inject_lock;     /* leaf; guards `injected` */
    edoi_task_queue injected;  /* the injection list: tasks for any worker, from threads that could
                                  not queue them on a worker of their own, or from a full ring */
    edo_atomic_u32 injected_n; /* atomic: WK1, WK2 */
    edo_atomic_u64 remote_n; /* atomic, relaxed: tasks queued by threads that are no worker, ever */
    edoi_idle idle;          /* any thread */
    edoi_assist assist;      /* any thread */
    edo_atomic_u32 spread_at;    /* atomic, relaxed: the worker where a fiber was placed last */
    uint32_t workers_n;          /* const */
    edoi_worker **workers;       /* const; the first is `worker` */
    pthread_mutex_t spawn_mutex; /* guards the two below, and the setting of `spawn_flags`,
                                    but see edoi_drive_begin() */
    edoi_task_slab foreign_slab; /* tasks spawned by threads that are no worker */
    edo_atomic_u64 foreign_n;    /* atomic, relaxed: tasks ever spawned by such threads; written
                                    under spawn_mutex */
    edo_atomic_u64 abandoned_n;  /* atomic, relaxed: tasks that the shutdown abandoned; written
                                    under the lock of registry.h */
    edo_atomic_u32 spawn_flags;  /* atomic, relaxed: EDOI_SPAWN_*; 0: the quick spawn may be used */
    edo_atomic_u32 gave_up; /* atomic, relaxed: a shutdown timed out, with threads or jobs left */
    edo_atomic_u32 is_left; /* atomic, relaxed: never freed: threads, tasks or jobs that were
                                    left behind may use it */
    edo_atomic_u32 is_over; /* atomic, relaxed: edo_runtime_free() has ended it; handles keep
                                    only its memory */
    edoi_threads threads;   /* the workers' threads */
    struct edoi_blocking *blocking; /* const */
    edoi_buckets poll_buckets;      /* const */
    edoi_buckets sched_buckets;     /* const */
    bool stamps;                    /* const: tasks are stamped when they are queued */
    /* lock: drive.c's */
    bool driven;         /* a thread drives */
    bool is_hosted;      /* a foreign loop turns it: it is bound to that loop's thread, and between
                            turns its worker counts as asleep; written by the thread that drives */
    bool is_wanted;      /* a shutdown waits to drive: no other thread may drive next */
    edoi_parker *pinned; /* parker of the only thread that may drive, since fibers that have run
                            there live; NULL: any thread may */
    edo_runtime *bound_next, *bound_prev;    /* in the list of `pinned` */
    struct edoi_drive_waiter *drive_waiters; /* threads that wait to drive */
    struct edoi_drive_waiter *drive_next;    /* the one to be woken next; NULL: none */
    edo_atomic_u32 asked;   /* atomic, relaxed: the thread that drives has to end all tasks; also
                               read outside the lock */
    int64_t asked_until_ns; /* the deadline of that */
    bool asked_told;        /* the tasks were cancelled; belongs to the thread that drives */
    bool asked_ended;       /* the tasks were waited for; belongs to the thread that drives */
    edo_runtime *next;      /* in edoi_runtimes; lock: runtime.c's and that of registry.h */
    edo_runtime *prev;      /* as `next`; NULL: it is the first */
    bool is_watched;        /* lock: the watchdog's */
    bool whole;             /* its set-up is complete; lock: that of registry.h */
    edoi_parker *spare;     /* const: for a driving thread that has no memory for its own */
    edoi_worker worker;
};

/* Adds one. Only this thread writes `n`, so no read-modify-write is needed. */
EDOI_INLINE void edoi_worker_count(edo_atomic_u64 *n) {
    edoi_store_rlx_u64(n, edoi_load_rlx_u64(n) + 1);
}

/* Polls that have ended since the last look. */
EDOI_INLINE uint32_t edoi_worker_polls_since(const edoi_worker *w) {
    return EDOI_OWN_LOAD(&w->look_every) - EDOI_OWN_LOAD(&w->look_in);
}

/* Polls that have ever ended. Exact on the worker's thread. Other threads may combine an old and a
 * new value, so they only compare the result with an earlier one. */
EDOI_INLINE uint64_t edoi_worker_polls(const edoi_worker *w) {
    return EDOI_OWN_LOAD(&w->polls_n) + edoi_worker_polls_since(w);
}

/* Polls and spawns, ever. The mean poll time is the time passed divided by these: spawns count, so
 * that a poll that spawns many tasks does not make polls look long. The worker's thread. */
EDOI_INLINE uint64_t edoi_worker_steps(const edoi_worker *w) {
    return edoi_worker_polls(w) + EDOI_OWN_LOAD(&w->spawned_n);
}

/* At a look: adds the polls since the last look to `polls_n`. */
EDOI_INLINE void edoi_worker_count_polls(edoi_worker *w) {
    uint32_t look_in = EDOI_OWN_LOAD(&w->look_in);
    uint32_t polls_n = EDOI_OWN_LOAD(&w->look_every) - look_in;
    EDOI_OWN_STORE(&w->polls_n, EDOI_OWN_LOAD(&w->polls_n) + polls_n);
    EDOI_OWN_STORE(&w->look_every, look_in);
    w->run_left -= polls_n;
}

/* Is there a look before each poll? */
EDOI_INLINE bool edoi_worker_takes_turns(const edoi_worker *w) {
    return w->run.fired.first || w->tally.timed;
}

/* Sets the next look: after `pops` pops, at the end of the run at the latest. The polls so far are
 * counted. */
EDOI_INLINE void edoi_worker_look_after(edoi_worker *w, uint32_t pops) {
    if (pops > w->run_left) pops = w->run_left;
    EDOI_OWN_STORE(&w->look_every, pops);
    EDOI_OWN_STORE(&w->look_in, pops);
}

/* Values of `signalled`; 0: no signal yet. */
#define EDOI_SIGNAL_SENT  1u /* a signal came, the root has to be cancelled */
#define EDOI_SIGNAL_TAKEN 2u /* the root was cancelled */

#define EDOI_SPAWN_CLOSING 1u /* spawns fail */
#define EDOI_SPAWN_STAMPS  2u /* const: spawned tasks are stamped */

/* Was the runtime created before a fork, in a parent of this process? Then only its const fields
 * may be touched. */
EDOI_INLINE bool edoi_runtime_is_forked(const edo_runtime *rt) {
    return EDOI_UNLIKELY(rt->forks != edoi_forks());
}

/* Called when a task's function has returned in a forked child, where no run loop continues it:
 * reports that, and ends the process with status 1. */
EDOI_NORETURN void edoi_fork_task_returned(void);

/* Do spawns fail? relaxed: a caller that has to be sure asks under spawn_mutex. */
EDOI_INLINE bool edoi_runtime_is_closing(const edo_runtime *rt) {
    return edoi_load_rlx_u32(&rt->spawn_flags) & EDOI_SPAWN_CLOSING;
}

/* May the quick spawn be used? */
EDOI_INLINE bool edoi_runtime_spawns_quickly(const edo_runtime *rt) {
    return edoi_load_rlx_u32(&rt->spawn_flags) == 0; // relaxed: as above
}

/* Has a shutdown timed out? Then the next one does not wait. */
EDOI_INLINE bool edoi_runtime_gave_up(const edo_runtime *rt) {
    return edoi_load_rlx_u32(&rt->gave_up) != 0; // relaxed: decides only how long a thread waits
}

extern edo_runtime *edoi_runtimes; /* lock: runtime.c's; all runtimes; for tools/edo-gdb.py */

/* The worker that this thread holds, NULL if none. Opaque, since a fiber must not keep the address
 * of the thread-local. */
edoi_worker *edoi_worker_here(void);
void edoi_worker_set_here(edoi_worker *w);

/* The fiber on whose behalf this thread acts: the one that runs, or the one polled for. */
EDOI_INLINE struct edoi_fiber_task *edoi_fiber_served(const edoi_worker *w) {
    return w->fiber ? w->fiber : w->polled_for;
}

/* The task that runs, NULL between polls. */
EDOI_INLINE edo_task *edoi_worker_running(const edoi_worker *w) {
    return edoi_task_of(w->now.waker);
}

/* edoi_worker_running() for any thread: the task may have ended, and its memory may be freed. */
EDOI_INLINE edo_task *edoi_worker_seen_running(const edoi_worker *w) {
    return edoi_task_of(EDOI_ATOMIC_LOAD(&w->now.waker, EDOI_RELAXED));
}

/* Any thread. relaxed: the values are only compared. */
EDOI_INLINE edoi_seen_poll edoi_worker_seen_poll(const edoi_worker *w) {
    return (edoi_seen_poll){ edoi_worker_seen_running(w), edoi_worker_polls(w),
                             edoi_load_rlx_u32(&w->in_place) };
}

/* Is the worker still in the poll that was seen, and has it not blocked in place since? */
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
