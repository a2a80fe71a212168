/* SPDX-License-Identifier: MIT */
/* runtime/look/tasks.h: looks at all tasks of the process, one by one, for those who gather
 * what they do. */
#ifndef EDOI_RUNTIME_LOOK_TASKS_H
#define EDOI_RUNTIME_LOOK_TASKS_H

#include "base/error/text.h"
#include "runtime/task/fiber_task.h"
#include "stacks/thread_state.h"

#include <edo/runtime.h>

/* What a task does. */
typedef enum edoi_task_state {
    EDOI_TASK_WAITS,
    EDOI_TASK_RUNS,
    EDOI_TASK_QUEUED, /* or a worker holds it that it has just left */
    EDOI_TASK_ENDED,  /* and was not joined */
} edoi_task_state;

#define EDOI_TASKS_AT_ONCE 16u /* that a look holds */

/* A task, as it was seen. The pointers to texts stay until the process ends. A task is held while
 * it is pinned, or the worker of the thread that looks has it: what is known of such tasks only is
 * negative, NULL or EDOI_NOBODY in the others. */
typedef struct edoi_task_sight {
    edo_runtime *rt;
    edo_task *task;     /* alive if it is held or is known to wait, else perhaps gone */
    uint64_t runtime;   /* its number */
    uint64_t id;        /* that of edo_task_id() */
    const char *site;   /* its name, or where it was spawned */
    const char *awaits; /* the name of the future; NULL: not known, or it does not wait */
    const char *cause;  /* why it was cancelled, in a word; NULL: it was not */
    int64_t now_ns;     /* of the monotonic clock; negative: the runtime's own is paused */
    int64_t age_ns;     /* negative: not known; of one that is not held a hint */
    int64_t wait_ns;    /* held: how long; negative: not known */
    int64_t left_ns;    /* held: until its deadline, 0: that is over; negative: it has none */
    uint32_t worker;    /* the index of the one that runs it, or where it is queued */
    uint32_t home;      /* held: the index of the one where the fiber always runs */
    edoi_task_state state;
    bool is_pinned; /* so it waits */
    bool is_here;   /* this thread's worker has it: a patient look */
    bool is_fiber;  /* held */
    bool is_cancelled;
    bool is_abandoned; /* by the end of its runtime */
    bool lacks_stack;  /* a queued fiber, for which there is no memory */
} edoi_task_sight;

/* Are tasks of that name looked at? `site` may be NULL. As edoi_tasks_look_fn, under a short lock.
 */
typedef bool edoi_site_is_fn(const void *arg, const char *site);

#define EDOI_PIN_NONE UINT64_MAX

typedef struct edoi_tasks_look {
    uint64_t only;                /* this id alone; 0: all */
    const edo_task *const *tasks; /* these alone, which may be gone; NULL: all */
    size_t tasks_n;
    edoi_site_is_fn *is_site; /* tasks of those names alone; NULL: of any */
    const void *site_arg;
    uint64_t every; /* of so many tasks that wait one is pinned; 0 and 1: each; EDOI_PIN_NONE */
    int64_t now_ns; /* of the monotonic clock, for times, of runtimes whose own is not paused, and
                       of these alone; 0: the present, and of all */

    /* Not NULL: the look is patient. It waits so long, which it deducts, for tasks that may soon
     * wait, and no helper takes tasks of this thread's worker while some are held. */
    int64_t *patience_ns;
    bool (*after)(
        void *arg); /* called when no task is held, after at most EDOI_TASKS_AT_ONCE; false
                                 ends the look at a runtime; NULL: none */
} edoi_tasks_look;

/* Is told of a task. If that is held it stays as it is until the function returns. The function
 * calls no code of the program, takes no lock, and allocates nothing. */
typedef void edoi_tasks_look_fn(void *arg, const edoi_task_sight *s);

/* Calls `fn` for the tasks of all runtimes. Takes the lock of registry.h. Any thread; called by a
 * worker's, up to eight tasks that have just begun to wait there are told as queued, unless the
 * look is patient. */
EDO_API void edoi_tasks_look_over(const edoi_tasks_look *how, edoi_tasks_look_fn *fn, void *arg);

/* The same of one runtime, with that lock held. */
void edoi_tasks_look_at(edo_runtime *rt, const edoi_tasks_look *how, edoi_tasks_look_fn *fn,
                        void *arg);

/* For `fn`. The return addresses on the stack of a fiber that is pinned, or, with
 * `*first_is_exact`, of the thread that runs it, innermost first; returns how many. */
EDO_API size_t edoi_task_sight_stack(const edoi_task_sight *s, void **pcs, size_t max,
                                     bool *first_is_exact);

/* The same of a task that was seen to run, at any time with the lock of registry.h held, as
 * edoi_capture(). */
size_t edoi_task_sight_running_stack(const edoi_task_sight *s, void **pcs, size_t max,
                                     edoi_thread_call *call);

/* For `fn`. Adds what the task waits for, with who holds it. */
EDO_API void edoi_task_sight_tell(const edoi_task_sight *s, edoi_text *to);

/* For `fn`. The fiber of a task that is held, with a `ctx`; NULL: it is none, or has not begun. */
const edoi_fiber_task *edoi_task_sight_fiber(const edoi_task_sight *s);

/* For `fn`. What a task that is held waits for, or of a state machine runs; NULL: nothing, or not
 * known. */
const edo_future *edoi_task_sight_awaited(const edoi_task_sight *s);

/* How long a fiber that the caller holds has waited, within a tenth of a second; negative: not
 * known. `now_ns`: of the monotonic clock; negative: not known. */
int64_t edoi_fiber_waits_ns(const edoi_fiber_task *fiber, int64_t now_ns);

#endif
