/* SPDX-License-Identifier: MIT */
/* web/health/health.h: dependencies and what is known of them. */
#ifndef EDOI_WEB_HEALTH_HEALTH_H
#define EDOI_WEB_HEALTH_HEALTH_H

#include "base/atomic.h"

#include <edo/health.h>
#include <edo/mutex.h>

#include <time.h>

#define EDOI_HEALTH_MESSAGE_BYTES 256

/* The result of one check. */
typedef struct edoi_health_result {
    int outcome; /* 0 or a negative code */
    int64_t latency_ns;
    char message[EDOI_HEALTH_MESSAGE_BYTES]; /* of a failure */
} edoi_health_result;

/* Something that the program depends on. */
typedef struct edoi_dependency {
    struct edoi_dependency *next; /* const once it was added, down to `optional` */
    const char *name;
    edo_health_fn *fn;
    void *arg;
    edo_duration timeout;
    bool optional;
    edo_task *task;         /* `round`: the check's; NULL: it does not run */
    bool is_fresh;          /* `round`: the check was started by this round */
    edoi_health_result now; /* the task's, while there is one */

    edoi_health_result last; /* edo_health.mutex: this one, and all below */
    uint32_t in_a_row;       /* outcomes that speak against `is_up` */
    bool is_known, is_up;
} edoi_dependency;

/* Lock order: `round`, `mutex`. */
struct edo_health {
    edo_arena arena;
    const char *version;
    edo_health_opts opts;
    edoi_dependency *first, **end;
    edo_instant born;
    edo_atomic_u32 is_ready, has_been_ready; /* atomic, relaxed: each is told by itself */
    edo_atomic_u32 is_ending;                /* atomic, relaxed: as those; never again 0 */
    edo_atomic_u32 in_background;            /* atomic, relaxed: a late probe checks once more */
    edo_mutex round;                         /* held while checks run */
    edo_mutex mutex;                         /* of all below; nothing waits under it */
    bool has_results;
    edo_instant begun; /* the last round */
    edo_health_state state;
    time_t since; /* `state` is what it is */
};

/* Appends the JSON of the health. Called with `mutex` held. */
int edoi_health_print(const edo_health *h, edo_buf *json);

#endif
