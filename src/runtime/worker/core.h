/* SPDX-License-Identifier: MIT */
/* runtime/worker/core.h: a runtime, as the threads of its workers and all others see it. */
#ifndef EDOI_RUNTIME_WORKER_CORE_H
#define EDOI_RUNTIME_WORKER_CORE_H

#include "base/fork.h"
#include "base/lock.h"
#include "driver/driver.h"
#include "records/handles.h"
#include "runtime/task/task_queue.h"
#include "runtime/task/task_slab.h"
#include "runtime/worker/idle.h"
#include "runtime/worker/tally.h"

#include <edo/runtime.h>

#include <pthread.h>

struct edoi_parker;
struct edoi_worker;

/* Which workers watch over siblings in long polls: assist.h. */
typedef struct edoi_assist {
    edo_atomic_u64 watchers[EDOI_IDLE_WORDS]; /* atomic: LP1, LP2; a bit for each worker */
} edoi_assist;

/* The threads of edo/thread.h: dedicated.c writes it. Lock: the mutex of edoi_threads. */
typedef struct edoi_dedicated {
    struct edo_thread *first; /* those that have not left */
    pthread_t last_gone;      /* if has_last: has left and is to be joined; it joins those before */
    bool has_last;
    bool is_closed; /* no other is started */
    bool is_left;   /* some did not end in time: they were named, and are not joined */
} edoi_dedicated;

/* The threads of a multi-thread runtime: threads.c writes it; of one with a single thread, too, the
 * mutex, `dedicated`, and `stopping`, which shutdown.c writes: one thread at a time ends a
 * runtime. */
typedef struct edoi_threads {
    edo_atomic_u32 stop; /* atomic, relaxed: workers end at their next turn */
    pthread_mutex_t mutex;
    pthread_cond_t changed;   /* threads_n, stopping, dedicated threads, or tasks while closing */
    uint32_t threads_n;       /* threads that have not ended; lock: mutex */
    uint32_t cancelled_n;     /* workers that have cancelled their tasks; lock: mutex */
    bool stopping;            /* a thread ends the runtime; lock: mutex */
    bool is_left;             /* a thread was left behind in a poll; lock: mutex */
    edoi_dedicated dedicated; /* the program's; lock: mutex */
} edoi_threads;

/* How a signal reaches the root, by SR1 to SR4: the handler (program.c) asks, a worker's thread
 * takes it (root.c), main.c waits. */
typedef struct edoi_runtime_signal {
    edo_atomic_u32 state;       /* atomic, set by edo_main's signal handler: cancel `root` once */
    edo_atomic_u64 at_ns;       /* atomic: SR4; when it was taken, monotonic clock; 0: not yet */
    edo_atomic_u64 at_clock_ns; /* atomic, relaxed: `at_ns` by the runtime's clock; stored before */
    edo_atomic_ptr root;        /* atomic: SR1, SR2; edo_main's task */
    edo_atomic_ptr waiter;      /* atomic: SR3; the waker of the thread that waits for the root */
    edoi_driver *driver; /* const between the program's begin and end: where that thread sleeps, for
                            the signal handler; NULL: elsewhere */
} edoi_runtime_signal;

/* The injection list: tasks for any worker, from threads that could not queue them on a worker of
 * their own, or from a full ring. run_queue_ops.c writes it, but for `remote_n`: count.c. */
typedef struct edoi_runtime_inject {
    edoi_lock lock;          /* leaf */
    edoi_task_queue tasks;   /* lock: lock */
    edo_atomic_u32 n;        /* atomic: WK1, WK2 */
    edo_atomic_u64 remote_n; /* atomic, relaxed: tasks queued by threads that are no worker, ever */
} edoi_runtime_inject;

/* Tasks that threads spawn which are no worker: spawn.c, but for `flags`: the thread that ends the
 * runtime sets them, and drive.c while a thread drives. */
typedef struct edoi_runtime_spawn {
    pthread_mutex_t mutex; /* guards the slab and the setting of `flags`, but see
                              edoi_drive_begin() */
    edo_atomic_u64 n;      /* atomic, relaxed: such tasks, ever; written under the mutex */
    edoi_task_slab slab;   /* lock: mutex */
    edo_atomic_u32 flags;  /* atomic, relaxed: EDOI_SPAWN_*; 0: the quick spawn may be used. Read by
                             each spawn, so not beside `n` */
} edoi_runtime_spawn;

/* How it ends: shutdown.c, and for the last three lifetime.c. */
typedef struct edoi_runtime_end {
    edo_atomic_u64 least_ns;    /* atomic, relaxed: of edo_runtime_extend_shutdown() */
    edo_atomic_u64 owned_ns;    /* atomic, relaxed: of edoi_shutdown_own(); 0: nobody has */
    edo_atomic_u64 behind_ns;   /* atomic, relaxed: of edoi_shutdown_extend_behind() */
    bool is_default;            /* const: only then those three count */
    edo_atomic_u64 abandoned_n; /* atomic, relaxed: tasks that the shutdown abandoned; written under
                                   the lock of registry.h */
    edo_atomic_u32 is_left; /* atomic, relaxed: never freed: threads, tasks or jobs that were left
                               behind may use it */
    edo_atomic_u32 is_over; /* atomic, relaxed: edo_runtime_free() has ended it; handles keep only
                               its memory */
    edo_runtime_ending *endings; /* lock: spawn.mutex; the newest is the first */
} edoi_runtime_end;

/* Which thread drives a runtime without threads of its own: drive.c writes it, under its lock, but
 * for `spare`: runtime.c. */
typedef struct edoi_runtime_drive {
    bool is_driven; /* a thread drives */
    bool is_hosted; /* a foreign loop turns it: it is bound to that loop's thread, and between turns
                       its worker counts as asleep; written by the thread that drives */
    bool is_wanted; /* a shutdown waits to drive: no other thread may drive next */
    struct edoi_parker *pinned; /* parker of the only thread that may drive, since fibers that have
                                   run there live; NULL: any thread may */
    edo_runtime *bound_next, *bound_prev; /* in the list of `pinned` */
    struct edoi_drive_waiter *waiters;    /* threads that wait to drive */
    struct edoi_drive_waiter *next;       /* the one to be woken next; NULL: none */
    edo_atomic_u32 asked;      /* atomic, relaxed: the thread that drives has to end all tasks; also
                               read outside the lock */
    int64_t asked_until_ns;    /* the deadline of that */
    bool has_cancelled;        /* the tasks, as asked, once; belongs to the thread that drives */
    struct edoi_parker *spare; /* const: for a driving thread that has no memory for its own */
    struct edoi_world *world;  /* const once tasks run: whose one thread turns it; NULL: none */
} edoi_runtime_drive;

/* Among all runtimes of the process: registry.c, but for the last two: watchdog.c and runtime.c. */
typedef struct edoi_runtime_listed {
    edo_runtime *next; /* in edoi_runtimes; lock: registry.c's and that of registry.h */
    edo_runtime *prev; /* as `next`; NULL: it is the first */
    bool is_watched;   /* lock: the watchdog's */
    bool is_whole;     /* its set-up is complete; lock: that of registry.h */
} edoi_runtime_listed;

/* The widths of what its workers measure. Const. */
typedef struct edoi_runtime_hist {
    edoi_buckets polls, waits;
} edoi_runtime_hist;

struct edo_runtime {
    edo_atomic_u32 handles;         /* atomic: LT3; handles that users hold: lifetime.h */
    edo_atomic_u32 pins;            /* atomic: LT1; one for all handles, one for each wake under
                                         way */
    uint64_t id;                    /* const */
    uint32_t forks;                 /* const: edoi_forks() when the runtime was created */
    edo_runtime_opts opts;          /* const, defaults filled in */
    edoi_runtime_signal signal;     /* SR1 to SR4 */
    edoi_runtime_inject inject;     /* any thread */
    edoi_idle idle;                 /* any thread */
    edoi_assist assist;             /* any thread */
    edo_atomic_u32 spread_at;       /* atomic, relaxed: the worker where a fiber was placed last */
    uint32_t workers_n;             /* const */
    struct edoi_worker **workers;   /* const */
    struct edoi_worker *worker;     /* const: the first of them */
    edoi_runtime_spawn spawn;       /* any thread */
    edoi_runtime_end end;           /* the thread that ends it */
    edoi_threads threads;           /* the workers' threads */
    struct edoi_blocking *blocking; /* const */
    edoi_runtime_hist hist;         /* const */
    bool stamps;                    /* const: tasks are stamped when they are queued */
    edoi_runtime_drive drive;       /* lock: drive.c's */
    edoi_runtime_listed listed;     /* registry.c */
};

/* Values of `signal.state`; 0: no signal yet. */
#define EDOI_SIGNAL_SENT  1u /* a signal came, the root has to be cancelled */
#define EDOI_SIGNAL_TAKEN 2u /* the root was cancelled */

#define EDOI_SPAWN_CLOSING 1u /* spawns fail */
#define EDOI_SPAWN_STAMPS  2u /* const: spawned tasks are stamped */
#define EDOI_SPAWN_RECORDS 4u /* spawns are recorded: recorded.c sets and clears it, at turns */
#define EDOI_SPAWN_LOOKED  8u /* somebody looks who spawns: edoi_spawn_see() */

/* Was the runtime created before a fork, in a parent of this process? Then only its const fields
 * may be touched. */
EDOI_INLINE bool edoi_runtime_is_forked(const edo_runtime *rt) {
    return edoi_is_inherited(rt->forks);
}

/* Where a runtime that the program may have borrowed enters a public function: returns 0, or
 * -EDO_EFORKED. */
EDOI_INLINE int edoi_runtime_enters(const edo_runtime *rt) {
    EDOI_ENTERS_LENT(EDOI_RUNTIME, rt);
    return edoi_runtime_is_forked(rt) ? -EDO_EFORKED : 0;
}

/* Do spawns fail? relaxed: a caller that has to be sure asks under spawn.mutex. */
EDOI_INLINE bool edoi_runtime_is_closing(const edo_runtime *rt) {
    return edoi_load_rlx_u32(&rt->spawn.flags) & EDOI_SPAWN_CLOSING;
}

/* May the quick spawn be used? */
EDOI_INLINE bool edoi_runtime_spawns_quickly(const edo_runtime *rt) {
    return edoi_load_rlx_u32(&rt->spawn.flags) == 0; // relaxed: as above
}

/* Has a shutdown left something behind? Then the next one does not wait. */
EDOI_INLINE bool edoi_runtime_is_left(const edo_runtime *rt) {
    return edoi_load_rlx_u32(&rt->end.is_left) != 0; // relaxed: a flag; the end's bracket orders
}

/* Any thread that has a handle, a pin, or a claimed task of `rt`. */
EDOI_INLINE void edoi_runtime_pin(edo_runtime *rt) {
    (void)edoi_add_rlx_u32(&rt->pins, 1); // relaxed: another pin exists, see above
}

/* Any thread. The memory may be gone after this. */
void edoi_runtime_unpin(edo_runtime *rt);

/* Calls `fn` for every task, also for ended tasks that still have references. Driving thread. */
void edoi_runtime_each_task(edo_runtime *rt, edoi_task_slab_each_fn *fn, void *arg);

/* As edoi_task_slab_look_over(), for the tasks of all its slabs. Any thread. */
void edoi_runtime_look_over(edo_runtime *rt, edoi_task_slab_look_fn *fn, void *arg);

/* Ends the present or next sleep of each worker. Any thread; allowed in a signal handler. */
void edoi_runtime_kick(edo_runtime *rt);

/* The number of tasks that have not ended; exact on the driving thread while no other thread
 * spawns. */
uint32_t edoi_runtime_tasks_alive(edo_runtime *rt);

/* Is `tid` the thread of one of its workers? Any thread; a hint. */
bool edoi_runtime_has_thread(const edo_runtime *rt, uint32_t tid);

#endif
