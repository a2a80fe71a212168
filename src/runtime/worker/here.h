/* SPDX-License-Identifier: MIT */
/* runtime/worker/here.h: what other modules may ask of the worker that the calling thread holds. */
#ifndef EDOI_RUNTIME_WORKER_HERE_H
#define EDOI_RUNTIME_WORKER_HERE_H

#include "driver/clock.h"

#include <edo/future.h>
#include <edo/runtime.h>

struct edoi_fiber_task;

typedef struct edoi_worker edoi_worker;

/* Which poll a worker is in, as another thread sees it. */
typedef struct edoi_seen_poll {
    const edo_task *task; /* may be freed; NULL: it is in no poll */
    uint64_t polls_n;     /* polls that had ended before */
    uint32_t in_place;    /* odd: in edo_block_in_place() */
} edoi_seen_poll;

/* The worker that this thread holds, NULL if none. Opaque, since a fiber must not keep the address
 * of the thread-local. */
edoi_worker *edoi_worker_here(void);

/* The runtime of that worker, NULL if none. */
edo_runtime *edoi_worker_runtime_here(void);

/* The task that this thread polls, NULL if none. */
edo_task *edoi_task_here(void);

/* That task if it is a fiber and this is its stack; else NULL. */
edo_task *edoi_fiber_here(void);

/* Is that task a state machine, or the future that a fiber awaits? */
bool edoi_machine_runs_here(void);

/* Where the values are kept that are bound for the task that this thread polls; NULL: it polls
 * none. `*fiber`: that of edoi_fiber_served_here(). */
struct edo_context_block **edoi_task_values_here(struct edoi_fiber_task **fiber);

/* The fiber on whose behalf this thread acts: the one that runs, or that whose awaited future is
 * polled; NULL if none. */
struct edoi_fiber_task *edoi_fiber_served_here(void);

/* As edoi_worker_here(), but NULL too if the worker has no siblings: then no task runs anywhere
 * else. */
edoi_worker *edoi_worker_sharing_here(void);

/* The id of the worker that this thread holds, which no other living worker has; 0: it holds
 * none. */
uint32_t edoi_worker_id_here(void);

/* The clock of that worker, NULL if none. */
const edoi_clock *edoi_worker_clock_here(void);

/* That task, with its fiber or the one on whose behalf it is polled (NULL: none), and the clock of
 * the worker's last turn in tenths of a second (0: it is paused, or there is no worker). */
edo_task *edoi_task_look_here(struct edoi_fiber_task **fiber, uint32_t *tenths);

/* Has the worker that this thread holds put `t` aside: is `t` pending, and did nobody wake it? */
bool edoi_task_is_put_aside_here(const edo_task *t);

/* The state of that worker's random numbers, for edoi_random_step(); NULL if none. */
uint64_t *edoi_worker_random_here(void);

/* A number that changes whenever the running fiber is suspended. False: no fiber runs here. */
EDO_MUST_USE bool edoi_worker_poll_here(uint64_t *poll);

/* Is `waker` that of a task which `w`, this thread's worker, may run? The task has waited in a list
 * whose lock the caller holds. */
bool edoi_worker_may_run(const edoi_worker *w, const edo_waker *waker);

/* The time of `w`, this thread's worker. */
int64_t edoi_worker_now(const edoi_worker *w);

#endif
