/* SPDX-License-Identifier: MIT */
/* runtime/look/workers.h: looks at the runtimes of the process and their workers. */
#ifndef EDOI_RUNTIME_LOOK_WORKERS_H
#define EDOI_RUNTIME_LOOK_WORKERS_H

#include <edo/stats.h>

#define EDOI_WORKERS_SEEN 256u /* of one runtime; of more the first ones */

/* What a worker does. */
typedef enum edoi_worker_state {
    EDOI_WORKER_SLEEPS,
    EDOI_WORKER_TURNS, /* between polls */
    EDOI_WORKER_POLLS,
    EDOI_WORKER_IN_PLACE, /* its task is in edo_block_in_place() */
    EDOI_WORKER_UNDRIVEN, /* no thread holds it */
} edoi_worker_state;

typedef struct edoi_worker_sight {
    edoi_worker_state state;
    const char *task;      /* the name of the one that it polls; NULL: none, or gone */
    uint64_t busy_more_ns; /* its polls until now that `busy_ns` of its numbers has at the end of
                              the turn only */
} edoi_worker_sight;

typedef struct edoi_runtime_sight {
    uint64_t id;
    const char *name; /* until the function returns */
    bool is_multi;
    const edo_runtime_stats *stats; /* with `w` of those in `workers` */
    const edoi_worker_sight *workers;
    uint32_t workers_n;
} edoi_runtime_sight;

typedef void edoi_runtimes_look_fn(void *arg, const edoi_runtime_sight *s);

/* Calls `fn` for each runtime. Takes the lock of registry.h, and allocates nothing. Any thread. */
EDO_API void edoi_runtimes_look_over(edoi_runtimes_look_fn *fn, void *arg);

#endif
