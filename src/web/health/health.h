/* SPDX-License-Identifier: MIT */
/* web/health/health.h: dependencies, and the results of their checks. */
#ifndef EDOI_WEB_HEALTH_HEALTH_H
#define EDOI_WEB_HEALTH_HEALTH_H

#include "base/atomic.h"

#include <edo/health.h>
#include <edo/mutex.h>
#include <edo/notify.h>

#include <time.h>

#define EDOI_HEALTH_MESSAGE_BYTES 512 /* as the log has of a failure */

/* The result of one check. */
typedef struct edoi_health_result {
    int outcome; /* 0 or a negative code */
    int64_t latency_ns;
    char message[EDOI_HEALTH_MESSAGE_BYTES]; /* the message of a failure */
} edoi_health_result;

/* A dependency of the program. */
typedef struct edoi_dependency {
    struct edoi_dependency *next; /* const from when it is added, down to `optional` */
    const char *name;
    edo_health_fn *fn;
    void *arg;
    edo_duration timeout;
    bool optional;
    edo_task *task;         /* lock: round; the check's task; NULL: it does not run */
    bool is_called;         /* used by the task: its function is called and has not returned */
    bool is_fresh;          /* lock: round; this round has started the check */
    edoi_health_result now; /* used by the task while there is one */

    edoi_health_result last; /* lock: edo_health.mutex, as all members below */
    uint32_t in_a_row;       /* outcomes that contradict `is_up` */
    bool is_known, is_up;
} edoi_dependency;

/* Lock order: `round`, `mutex`. */
struct edo_health {
    edo_arena arena;
    const char *version, *instance; /* "": none */
    const char *plain[2];           /* what probes without JSON are told: [1]: all is well */
    edo_health_opts opts;
    edoi_dependency *first, **end;
    edo_instant born;
    edo_atomic_u32 is_ready, has_been_ready; /* atomic, relaxed: each is used by itself */
    edo_atomic_u32 is_ending;                /* atomic, relaxed, too; it never becomes 0 again */
    edo_atomic_u32 in_background;            /* atomic, relaxed: a late probe causes one more
                                                check */
    edo_notify changed; /* notify_all: the program may be ready now, or be it no more */
    edo_mutex round;    /* held while checks run */
    edo_mutex mutex;    /* guards all members below; no task waits with it
                                                held */
    bool has_results;
    edo_instant begun; /* when the last round began */
    edo_health_state state;
    time_t since; /* the time from which on `state` is what it is */
};

/* Appends the health as JSON. Called with `mutex` held. */
int edoi_health_print(const edo_health *h, edo_buf *json);

/* Does `changed` tell of everything that readiness hangs on? It does not of what `busy` returns,
 * nor of checks that run when somebody asks. */
EDO_API bool edoi_health_tells_changes(const edo_health *h);

/* Asks whether the program is ready, as edo_health_check() does. Returns 1, 0, or a negative
 * code. */
EDO_API int edoi_health_is_ready(edo_health *h);

#endif
