/* SPDX-License-Identifier: MIT */
/* runtime/worker/worker.h: a worker: a run queue, a driver, a timer wheel and a pool of stacks,
 * held by one thread at a time. In a multi-thread runtime each worker has a thread of its own. A
 * current-thread runtime has one worker, held by the thread that drives; a mutex guards handing it
 * on (drive.c).
 *
 * inv. 1: a worker's fields belong to the thread that holds it, except those under "Any thread".
 * inv. 1 is not asserted: each access would have to ask. The thread sanitizer finds others.
 *
 * In which places a task may be, and who owns it there: inv. 1 and 2 of run_queue.h. */
#ifndef EDOI_RUNTIME_WORKER_WORKER_H
#define EDOI_RUNTIME_WORKER_WORKER_H

#include "driver/clock.h"
#include "driver/driver.h"
#include "driver/wheel.h"
#include "fiber/fiber.h"
#include "fiber/stack.h"
#include "runtime/task/inbox.h"
#include "runtime/task/ring.h"
#include "runtime/task/run_queue.h"
#include "runtime/task/task.h"
#include "runtime/task/task_slab.h"
#include "runtime/worker/here.h"
#include "runtime/worker/places.h"
#include "runtime/worker/tally.h"

#include <edo/runtime.h>

#include <pthread.h>

struct edoi_fiber_task;
struct edoi_parker;

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

/* What a fiber has in its context, for a state machine. The worker's thread. */
typedef struct edoi_machine {
    struct edoi_trail *trail;
    struct edo_context_block *values; /* what is bound in its poll: values.h; NULL: nothing */
} edoi_machine;

/* When a worker looks for memory that is not needed any more: reclaim.c. The worker's thread. */
typedef struct edoi_looks {
    uint64_t polls_n; /* as of the last time that there was much to look for */
    uint32_t until_s; /* looks go on until then */
    uint32_t next_s;
} edoi_looks;

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

/* How long its polls take, and so how many tasks it keeps: cost.h. The worker's thread. */
typedef struct edoi_cost {
    int64_t mean_poll_ns; /* moving mean of recent polls; 0: not known */
    uint64_t measured_at; /* edoi_worker_steps() at the last measurement */
    int64_t ran_from_ns;  /* since when tasks run that are not measured yet */
    uint32_t keep_most;   /* polls that together take less time than a wake */
    uint32_t offer_in;    /* polls between two calls of edoi_steal_offer(), at most */
} edoi_cost;

/* The fibers that wait for a stack: stack_wait.h. The worker's thread. */
typedef struct edoi_stack_wait {
    edoi_task_queue tasks[EDOI_STACK_CLASSES]; /* by the class of their stack */
    uint32_t listed_n;                         /* in `tasks` */
    uint32_t n;       /* refused and not begun: in `tasks`, or tried next */
    bool is_told;     /* about the fibers that wait now */
    int64_t until_ns; /* the end of the pause, monotonic */
    int64_t told_ns;  /* when it was last reported */
} edoi_stack_wait;

/* Where it takes tasks of siblings: steal.h. The worker's thread. */
typedef struct edoi_thief {
    uint32_t victim;   /* index of the sibling from which it stole last */
    uint32_t evened_n; /* turns with work and short polls, ever; wraps around */
} edoi_thief;

/* Over siblings in long polls: assist.h. */
typedef struct edoi_lookout {
    edo_atomic_u64 turned_ns;    /* atomic, relaxed: when the worker last ended a turn with work to
                                    run; any thread reads it */
    edo_atomic_u64 seen_polls_n; /* atomic, relaxed: which poll siblings saw last; written by any
                                    sibling that looks */
    edo_atomic_u64 seen_ns;      /* as seen_polls_n: when they first saw that poll */
    int64_t look_at_ns;          /* when it looks at siblings next */
    bool watches;                /* the value of its bit in `watchers` */
    bool sees_long;              /* the last look found a sibling that needs help */
    bool helps;                  /* it woke up to help, or did not go to sleep for that reason */
    bool expects;                /* it was picked, or did not sleep, because of injected tasks */
    bool rested;                 /* its bit was in `sleepers`; it has yet to look for a watcher */
} edoi_lookout;

/* A thread of its own, of a multi-thread runtime: threads.c alone writes it, for one thread at a
 * time that starts or stops the threads. */
typedef struct edoi_worker_own {
    pthread_t thread; /* if `is_joinable` */
    bool is_joinable;
} edoi_worker_own;

/* How the thread that holds the worker waits when no task can run. One file writes each field. */
typedef struct edoi_worker_pause {
    int64_t waits_most_ns;   /* a wait in the driver is no longer; negative: no bound.
                                foreign_loop.c */
    int64_t stands_until_ns; /* monotonic: until when a paused clock waits for blocking jobs.
                                shutdown.c */
    struct edoi_quiet_waiter *quiet; /* futures that wait until no task can run: quiet.h */
} edoi_worker_pause;

/* What other threads see of the one that holds the worker. Atomic, relaxed; written by that one
 * where it begins and ends what a field says. */
typedef struct edoi_worker_thread {
    edo_atomic_u32 tid;      /* kernel id; 0: no thread holds it */
    edo_atomic_u32 in_place; /* calls of edo_block_in_place() begun plus ended */
    edo_atomic_u32 awaits;   /* 1 while such a call awaits */
    edo_atomic_u32 dumps;    /* 1 while the thread is in edo_dump_tasks() */
} edoi_worker_thread;

/* What the worker has done. Atomic, relaxed; written by the thread that holds it, for each poll and
 * spawn, so in one cache line. */
typedef struct edoi_worker_counts {
    edo_atomic_u64 polls;   /* polls that had ended at the last look at tasks from outside */
    edo_atomic_u32 look_in; /* pops until the next look; 1 if there is one before each poll. Written
                               for each poll, so that other threads can tell one long poll from
                               many */
    edo_atomic_u32 look_every; /* the value of `look_in` at the last look */
    edo_atomic_u64 spawned;    /* tasks spawned by this thread */
    edo_atomic_u64 ended;      /* tasks that have ended here */
} edoi_worker_counts;

typedef struct edoi_worker {
    /* The poll that runs. */
    edo_cx cx;
    edoi_polled_now now;                /* the task that runs; a wake in its own poll is plain */
    struct edoi_fiber_task *fiber;      /* the thread is on its stack; NULL: on its own */
    struct edoi_fiber_task *polled_for; /* the fiber whose awaited future the run loop polls */
    edoi_machine machine;               /* of the state machine that is polled */
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
    uint32_t run_left;   /* polls left until the next look at the driver, as of the last look at
                             tasks from outside */
    edoi_thief thief;    /* the siblings' rings at which it looks */
    bool searching;      /* it counts in runtime->idle.searching */
    uint32_t now_tenths; /* clock of the last turn, tenths of a second */
    edoi_looks looks;
    edoi_lookout lookout; /* over siblings in long polls: assist.h */
    edoi_tally tally;
    /* What it has. */
    struct edoi_parker *parker; /* of the thread that drives */
    edoi_task_slab slab;
    edoi_frees frees; /* freed tasks of other slabs, not given back yet */
    edoi_stack_pool stacks;
    edoi_clock clock;
    edoi_worker_pause pause; /* how it waits */
    edoi_worker_own own;     /* its own thread: threads.c */
    edoi_watched watched;    /* the watchdog's */
    /* Any thread. */
    edoi_worker_counts count;        /* what it has done */
    edoi_worker_thread shown_thread; /* what dumps and the watchdog see of its thread */
    edoi_inbox inbox;                /* fibers with this home, woken or placed by other threads */
    edoi_places places; /* which thread may touch front slot, batch and deferred tasks */
    edoi_ring ring;     /* tasks that any worker may take */
    edoi_shown shown;
} edoi_worker;

/* Adds one. Only this thread writes `n`, so no read-modify-write is needed. */
EDOI_INLINE void edoi_worker_count(edo_atomic_u64 *n) {
    edoi_store_rlx_u64(n, edoi_load_rlx_u64(n) + 1);
}

/* Polls that have ended since the last look. */
EDOI_INLINE uint32_t edoi_worker_polls_since(const edoi_worker *w) {
    return EDOI_OWN_LOAD(&w->count.look_every) - EDOI_OWN_LOAD(&w->count.look_in);
}

/* Polls that have ever ended. Exact on the worker's thread. Other threads may combine an old and a
 * new value, so they only compare the result with an earlier one. */
EDOI_INLINE uint64_t edoi_worker_polls(const edoi_worker *w) {
    return EDOI_OWN_LOAD(&w->count.polls) + edoi_worker_polls_since(w);
}

/* Polls and spawns, ever. The mean poll time is the time passed divided by these: spawns count, so
 * that a poll that spawns many tasks does not make polls look long. The worker's thread. */
EDOI_INLINE uint64_t edoi_worker_steps(const edoi_worker *w) {
    return edoi_worker_polls(w) + EDOI_OWN_LOAD(&w->count.spawned);
}

/* At a look: adds the polls since the last look to `count.polls`. */
EDOI_INLINE void edoi_worker_count_polls(edoi_worker *w) {
    uint32_t look_in = EDOI_OWN_LOAD(&w->count.look_in);
    uint32_t polls_n = EDOI_OWN_LOAD(&w->count.look_every) - look_in;
    EDOI_OWN_STORE(&w->count.polls, EDOI_OWN_LOAD(&w->count.polls) + polls_n);
    EDOI_OWN_STORE(&w->count.look_every, look_in);
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
    EDOI_OWN_STORE(&w->count.look_every, pops);
    EDOI_OWN_STORE(&w->count.look_in, pops);
}

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
                             edoi_load_rlx_u32(&w->shown_thread.in_place) };
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
