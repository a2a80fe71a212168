/* SPDX-License-Identifier: MIT */
/* test/history/history.h: the operations of a history, and the search for their order. */
#ifndef EDOI_TEST_HISTORY_HISTORY_H
#define EDOI_TEST_HISTORY_HISTORY_H

#include <edo/history.h>

typedef enum edoi_history_kind {
    EDOI_HISTORY_READ,
    EDOI_HISTORY_WRITE,
    EDOI_HISTORY_SWAP,
} edoi_history_kind;

typedef enum edoi_history_end {
    EDOI_HISTORY_UNKNOWN,
    EDOI_HISTORY_DONE,
    EDOI_HISTORY_REFUSED,
} edoi_history_end;

/* Values and registers are numbers; the value 0 is none. */
typedef struct edoi_history_op {
    edoi_history_kind kind;
    edoi_history_end end;
    uint32_t of;           /* the register */
    uint32_t value;        /* written, or read */
    uint32_t expected;     /* by a swap */
    uint64_t began, ended; /* moments, all different; `ended` 0: it has not, or nobody knows */
} edoi_history_op;

/* One that fits nowhere in the longest order that was found, and what was there then. */
typedef struct edoi_history_misfit {
    size_t op;
    uint32_t value;
    size_t placed_n; /* operations before it */
} edoi_history_misfit;

/* Is there an order of these operations, of one register, which are sorted by begin? Returns 0;
 * -EPROTO: there is none, and `*out` is filled in; -E2BIG, -ENOMEM. */
EDO_MUST_USE int edoi_history_solve(const edoi_history_op *const *ops, size_t n,
                                    edoi_history_misfit *out);

#endif
