/* SPDX-License-Identifier: MIT */
/* support/at_once.h: calls that wait in some cases only, where they end at once: each takes from
 * the task's budget, so that a loop of them lets other tasks run, and each sees a limit.
 *
 * A row is one exported function, by its name: tools/tidy finds a function whose "Waits:" is not
 * "never" without a row. */
#ifndef EDO_TESTS_AT_ONCE_H
#define EDO_TESTS_AT_ONCE_H

#include "inside.h"

#include <errno.h>

#define AT_ONCE_LIMIT_MS  5
#define AT_ONCE_CALLS_MAX 3000000 /* by then the limit has long passed: none takes less than 2 ns */

typedef struct at_once_row {
    const char *name;    /* of the function */
    const char *how;     /* why it ends at once */
    void (*begin)(void); /* NULL: nothing to make; and so for `end` */
    int (*call)(void);   /* the function, once */
    void (*end)(void);
} at_once_row;

static uint64_t at_once_turns;
static bool at_once_is_over;

static inline int at_once_sibling(void *unused) {
    (void)unused;
    while (!at_once_is_over) {
        at_once_turns++;
        EDO_TEST_EQ(edo_yield(), 0);
    }
    return 0;
}

/* Calls until the limit cuts a call short. */
static inline uint64_t at_once_loop(const at_once_row *row) {
    uint64_t calls = 0;
    int result;
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(AT_ONCE_LIMIT_MS));
    do {
        result = row->call();
        if (++calls == AT_ONCE_CALLS_MAX)
            edo_test_fail_at(__FILE__, __LINE__,
                             "%s (%s): no call of %d saw the limit; the last one returned %d",
                             row->name, row->how, AT_ONCE_CALLS_MAX, result);
    } while (result != -ECANCELED);
    CHECK_EQ(edo_deadline_end(&d, result), -ETIMEDOUT);
    return calls;
}

/* In a task. */
static inline void at_once_try(const at_once_row *row) {
    if (row->begin) row->begin();
    at_once_turns = 0;
    at_once_is_over = false;
    edo_task *sibling = edo_spawn(at_once_sibling, NULL);
    CHECK(sibling != NULL);
    const uint64_t calls = at_once_loop(row);
    if (at_once_turns < calls / (2 * EDO_BUDGET))
        edo_test_fail_at(__FILE__, __LINE__,
                         "%s (%s): another task had %" PRIu64 " turns beside %" PRIu64 " calls",
                         row->name, row->how, at_once_turns, calls);
    at_once_is_over = true;
    CHECK_EQ(edo_task_join(sibling), 0);
    if (row->end) row->end();
}

static inline int at_once_main(void *row) {
    at_once_try((const at_once_row *)row);
    return 0;
}

/* Each in a runtime of its own. */
static inline void at_once_check(const at_once_row *rows, size_t n) {
    for (size_t i = 0; i < n; i++)
        assert_int_equal(inside_real(at_once_main, (void *)(uintptr_t)&rows[i]), 0);
}

#endif
