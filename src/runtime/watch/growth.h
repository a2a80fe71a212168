/* SPDX-License-Identifier: MIT */
/* runtime/watch/growth.h: what is open, looked at again and again: a number that only grows is
 * reported once. */
#ifndef EDOI_RUNTIME_WATCH_GROWTH_H
#define EDOI_RUNTIME_WATCH_GROWTH_H

#include "base/atomic.h"
#include "runtime/watch/open.h"

#define EDOI_GROWTH_EVERY_NS INT64_C(60000000000)
#define EDOI_GROWTH_STEPS    10u                  /* in each of which a number has grown */
#define EDOI_GROWTH_MAX      (2 * EDOI_OPEN_ROWS) /* numbers: two of each row */

/* A number that has grown at each look so far. */
typedef struct edoi_grown {
    uint64_t key;   /* of the row; with `is_values` */
    bool is_values; /* of channels what lies in them; else how many there are */
    bool is_told;
    bool is_seen; /* at this look */
    uint32_t steps;
    uint64_t from, now; /* before the first of these steps; at the last look */
} edoi_grown;

/* All zero at first. */
typedef struct edoi_growth {
    uint32_t n;
    edoi_grown all[EDOI_GROWTH_MAX];
} edoi_growth;

typedef void edoi_growth_tell_fn(void *arg, const edoi_open_row *row, const edoi_grown *g);

/* Compares a table with the one before, and calls `tell` for what has grown in each of the last
 * EDOI_GROWTH_STEPS, and by a half in all. What falls, or stays, begins anew, and may be told
 * again. */
void edoi_growth_compare(edoi_growth *growth, const edoi_open_table *t, edoi_growth_tell_fn *tell,
                         void *arg);

/* Looks at the process, and reports to the log. Of one thread at a time. */
void edoi_growth_look(void);

/* The time from one look to the next; negative: there are none. Any thread. 0: as the environment
 * says, or EDOI_GROWTH_EVERY_NS. */
int64_t edoi_growth_every_ns(void);
void edoi_growth_set_every_ns(int64_t ns);

/* Numbers that were reported, and looks, since the process began. */
extern edo_atomic_u64 edoi_growth_told_n, edoi_growth_looks_n; /* atomic, relaxed */

#endif
