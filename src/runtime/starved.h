/* SPDX-License-Identifier: MIT */
/* runtime/starved.h: fresh fibers for whose stack there is no memory.
 *
 * A stack is taken when a fiber first runs, long after its spawn has returned success, and from
 * then on its function must run. So such a fiber cannot fail: it is set aside, and tried again when
 * a fiber has ended here, or after a pause that doubles from 1 ms to 1 s. The pause is real time
 * even where the clock is paused: it is memory that is waited for, not an event of the program. It
 * is told on standard error, since what would give memory back may itself wait for such a fiber.
 *
 * inv. 1: a task in `aside` is busy and OWN_QUEUED, as in the run queue: a wake of it does
 *         nothing. */
#ifndef EDOI_RUNTIME_STARVED_H
#define EDOI_RUNTIME_STARVED_H

#include "runtime/task.h"

struct edoi_worker;

/* Tasks in order, linked by `next`. */
typedef struct edoi_task_queue {
    edo_task *first, *last;
} edoi_task_queue;

typedef struct edoi_starved {
    edoi_task_queue aside;
    bool news; /* one was refused since the last look */
    bool is_told;
    uint32_t fibers_n;  /* the worker's, at the last look */
    uint32_t refused_n; /* those refused that have not begun: in `aside`, and in the run queue */
    int64_t pause_ns;
    int64_t until_ns; /* the end of the pause, monotonic */
    int64_t told_ns;
} edoi_starved;

/* Whether edoi_starved_look() has something to do. */
EDOI_INLINE bool edoi_starved_any(const edoi_starved *s) {
    return s->news || s->aside.first;
}

/* One that was refused has begun. With the last of them the story is over, and the next one is told
 * again. */
EDOI_INLINE void edoi_starved_began(edoi_starved *s) {
    if (--s->refused_n == 0) s->is_told = false;
}

/* Sets aside what was refused since the last look; brings back those whose turn it is. */
void edoi_starved_look(struct edoi_worker *w);

/* `timeout_ns` (negative: for ever), or how long the pause still lasts if that is shorter. */
int64_t edoi_starved_wait_ns(const edoi_starved *s, int64_t timeout_ns);

#endif
