/* SPDX-License-Identifier: MIT */
/* runtime/debug/living.h: all tasks that have not ended, for a console in this process. */
#ifndef EDOI_RUNTIME_DEBUG_LIVING_H
#define EDOI_RUNTIME_DEBUG_LIVING_H

#include <edo/runtime.h>

/* A task as it is seen by a thread that does not hold it. */
typedef struct edoi_living {
    const void *task; /* its address, which may be another task's by now */
    const char *site; /* a text that stays */
    int64_t born_ns;  /* of CLOCK_MONOTONIC, to a tenth of a second; 0: not known */
    bool is_busy;     /* it runs, or is queued */
} edoi_living;

/* Called with locks held: it must not allocate, wait or take a lock. */
typedef void edoi_living_fn(void *arg, const edoi_living *l);

/* Calls `fn` for each task of each runtime but `except` (may be NULL). Any thread, outside of
 * these. Waits as edo_dump_open(). */
EDO_API void edoi_living_look(edoi_living_fn *fn, void *arg, const edo_runtime *except);

/* What a parked task waits for. `what`: a text that stays; `since_ns`: as `born_ns`. Called with
 * fewer locks held than an edoi_living_fn; it must not wait either. */
typedef void edoi_living_wait_fn(void *arg, const void *task, const char *what, int64_t since_ns);

/* Calls `fn` for each fiber that waits and that no worker holds, which is pinned meanwhile. As
 * edoi_living_look(). */
EDO_API void edoi_living_waits(edoi_living_wait_fn *fn, void *arg, const edo_runtime *except);

/* The id of a runtime, as the recorder's rings have it. */
EDO_API uint64_t edoi_living_id(const edo_runtime *rt);

#endif
