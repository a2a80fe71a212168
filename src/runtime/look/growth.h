/* SPDX-License-Identifier: MIT */
/* runtime/look/growth.h: what is open, looked at again and again: a number that only grows is
 * reported once.
 *
 * What goes up and down with the load is told from what only grows by the least number of many
 * looks, which is compared with the least numbers before: of ten minutes for what grows quickly, of
 * a day, so in the quietest hour, for what grows slowly. */
#ifndef EDOI_RUNTIME_LOOK_GROWTH_H
#define EDOI_RUNTIME_LOOK_GROWTH_H

#include "base/atomic.h"
#include "runtime/watch/open.h"

#define EDOI_GROWTH_EVERY_NS     INT64_C(60000000000)
#define EDOI_GROWTH_EVERY_MIN_NS INT64_C(1000000000)  /* a look may take a tenth of that */
#define EDOI_GROWTH_MAX          (2 * EDOI_OPEN_ROWS) /* numbers: two of each row */
#define EDOI_GROWTH_LEAST        10u                  /* less is not told */
#define EDOI_GROWTH_LOWS         8u
#define EDOI_GROWTH_QUICK        10u   /* looks of a window: ten minutes */
#define EDOI_GROWTH_SLOW         1440u /* a day */

/* A number's least of each of some windows of looks. */
typedef struct edoi_lows {
    uint64_t least;                 /* of the window that is not over */
    uint64_t top;                   /* the greatest one before those of `all` began to grow */
    uint64_t all[EDOI_GROWTH_LOWS]; /* of whole windows in a row; each is above the one before */
    uint32_t n;                     /* of them */
    uint32_t looks_n;               /* of the window that is not over */
    bool is_told;
} edoi_lows;

/* A number that was there at each look so far. */
typedef struct edoi_grown {
    uint64_t key;   /* of the row; with `is_values` */
    bool is_values; /* of channels what lies in them; else how many there are */
    bool is_seen;   /* at this look */
    edoi_lows quick, slow;
} edoi_grown;

/* What is told of a number. */
typedef struct edoi_growth_tale {
    const edoi_open_row *row;
    bool is_values;
    uint64_t from, to; /* the least numbers of the first and the last window */
    uint32_t looks;    /* between them */
} edoi_growth_tale;

/* All zero at first. */
typedef struct edoi_growth {
    uint32_t n;
    edoi_grown all[EDOI_GROWTH_MAX];
} edoi_growth;

typedef void edoi_growth_tell_fn(void *arg, const edoi_growth_tale *tale);

/* Compares a table with those before, and calls `tell` for each number whose least of ten looks has
 * grown seven times in a row, and doubled, or whose least of a day has grown three times in a row
 * or more, by a half in a week at most; and which is more than its least was in any window before.
 * One that does not grow in a window begins anew, and may be told again; so does one that was not
 * there at a look. */
void edoi_growth_compare(edoi_growth *growth, const edoi_open_table *t, edoi_growth_tell_fn *tell,
                         void *arg);

/* Looks at the process, and reports to the log. Of one thread at a time. */
void edoi_growth_look(void);

/* The time from one look to the next; negative: there are none. Any thread. Set to 0: as the
 * environment says, or EDOI_GROWTH_EVERY_NS. */
int64_t edoi_growth_every_ns(void);
void edoi_growth_set_every_ns(int64_t ns);

/* EDOI_GROWTH_EVERY_MIN_NS, but for tests. */
extern int64_t edoi_growth_every_min_ns;

/* Notes what the environment says. The program may change it: called when looks begin. */
void edoi_growth_read_environment(void);

/* Numbers that were reported, and looks, since the process began. */
extern edo_atomic_u64 edoi_growth_told_n, edoi_growth_looks_n; /* atomic, relaxed */

#endif
