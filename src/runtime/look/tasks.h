/* SPDX-License-Identifier: MIT */
/* runtime/look/tasks.h: looks at all tasks of the process, one by one, for those who gather
 * what they do. */
#ifndef EDOI_RUNTIME_LOOK_TASKS_H
#define EDOI_RUNTIME_LOOK_TASKS_H

#include "base/error/text.h"
#include "runtime/task/task.h"

#include <edo/runtime.h>

/* What a task does. */
typedef enum edoi_task_state {
    EDOI_TASK_WAITS,
    EDOI_TASK_RUNS,
    EDOI_TASK_QUEUED, /* or a worker holds it that it has just left */
    EDOI_TASK_ENDED,  /* and was not joined */
} edoi_task_state;

/* A task, as it was seen. The pointers to texts stay until the process ends. */
typedef struct edoi_task_sight {
    edo_runtime *rt;
    edo_task *task;     /* alive if it is pinned or is known to wait, else perhaps gone */
    uint64_t runtime;   /* its number */
    uint64_t id;        /* that of edo_task_id() */
    const char *site;   /* its name, or where it was spawned */
    const char *awaits; /* the name of the future; NULL: not known, or it does not wait */
    int64_t age_ns;     /* negative: not known; of one that is not pinned a hint */
    int64_t wait_ns;    /* likewise */
    uint32_t worker;    /* the index of the one that runs it; EDOI_NOBODY: none */
    edoi_task_state state;
    bool is_pinned; /* so `awaits`, `wait_ns` and the rest are known, too */
    bool is_fiber;
    bool is_cancelled;
} edoi_task_sight;

/* Are tasks of that name looked at? `site` may be NULL. As edoi_tasks_look_fn, under a short lock.
 */
typedef bool edoi_site_is_fn(const void *arg, const char *site);

typedef struct edoi_tasks_look {
    uint64_t only;            /* this id alone; 0: all */
    edoi_site_is_fn *is_site; /* tasks of those names alone; NULL: of any */
    const void *site_arg;
    uint64_t every; /* of so many tasks that wait one is pinned; 0 and 1: each */
} edoi_tasks_look;

/* Is told of a task. If that is pinned it stays as it is until the function returns. The function
 * calls no code of the program, takes no lock, and allocates nothing. */
typedef void edoi_tasks_look_fn(void *arg, const edoi_task_sight *s);

/* Calls `fn` for the tasks of all runtimes. Takes the lock of registry.h. Any thread; called by a
 * worker's, up to eight tasks that have just begun to wait there are told as queued. */
EDO_API void edoi_tasks_look_over(const edoi_tasks_look *how, edoi_tasks_look_fn *fn, void *arg);

/* For `fn`. The return addresses on the stack of a fiber that is pinned, or, with
 * `*first_is_exact`, of the thread that runs it, innermost first; returns how many. */
EDO_API size_t edoi_task_sight_stack(const edoi_task_sight *s, void **pcs, size_t max,
                                     bool *first_is_exact);

/* For `fn`. Adds what the task waits for, with who holds it. */
EDO_API void edoi_task_sight_tell(const edoi_task_sight *s, edoi_text *to);

/* The index of the worker that holds the busy task `t`, and whether that runs it; EDOI_NOBODY: it
 * is in a queue of all. Any thread. */
uint32_t edoi_task_seen_worker(const edo_runtime *rt, const edo_task *t, bool *runs);

/* How old a task is that the caller holds, in tenths of a second; negative: not known. `now_ns`: of
 * the monotonic clock. */
int64_t edoi_task_age_tenths(const edo_runtime *rt, edo_task *t, int64_t now_ns);

#endif
