/* SPDX-License-Identifier: MIT */
/* tests/growth/growth.h: work whose cost must grow in proportion to n, in a table of cases.
 *
 * A case does something with n of a kind: n waiters, n tasks, n sources. It is run under callgrind
 * with n, 2n and 4n, and the instructions between growth_begin() and growth_end() are compared
 * (growth_test.c). A case may have several measured parts, each with a name. */
#ifndef EDO_TESTS_GROWTH_H
#define EDO_TESTS_GROWTH_H

#include <edo/edo.h>

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define GROWTH_N_MAX   64000u
#define GROWTH_N_QUICK 4000u

typedef struct growth_case {
    const char *name;
    void (*run)(const void *arg, uint32_t n);
    const void *arg;
    uint32_t n_max; /* the largest 4n that the system has room for; 0: GROWTH_N_MAX */
    bool many;      /* 4n is n_max also where time is short, not GROWTH_N_QUICK */
    bool varies;    /* several threads run, and the count depends on their order */
} growth_case;

/* Each table ends with a case without a name. */
extern const growth_case growth_waiters[];
extern const growth_case growth_sources[];
extern const growth_case growth_sockets[];
extern const growth_case growth_channels[];
extern const growth_case growth_tasks[];
extern const growth_case growth_told[];
extern const growth_case growth_things[];
extern const growth_case growth_ends[];
extern const growth_case growth_chat[];

/* The code between the two is measured, as `part` of the case. */
void growth_begin(void);
void growth_end(const char *part);

/* Ends the program, with the place, if the condition does not hold. */
#define GROWTH_CHECK(cond) ((cond) ? (void)0 : growth_failed(__FILE__, __LINE__, #cond))
_Noreturn void growth_failed(const char *file, int line, const char *text);

/* Zeroed; ends the program without memory. */
void *growth_alloc(size_t n, size_t bytes);

/* Orders in which n things are dealt with. */
typedef enum growth_order { IN_ORDER, REVERSED, AT_RANDOM, ORDERS } growth_order;

extern const char *const growth_order_names[ORDERS];

/* The i-th of n, where 7,919 does not divide n. */
static inline uint32_t growth_at(growth_order order, uint32_t i, uint32_t n) {
    switch (order) {
    case REVERSED: return n - 1 - i;
    case AT_RANDOM: return (uint32_t)((uint64_t)i * 7919 % n);
    case IN_ORDER:
    case ORDERS: break;
    }
    return i;
}

/* Runs `fn(arg)` as the root of a current-thread runtime with a paused clock. */
void growth_inside(edo_task_fn *fn, void *arg);

/* Runs `fn(arg)` as the root of a runtime made with `opts`. */
void growth_inside_with(edo_task_fn *fn, void *arg, const edo_runtime_opts *opts);

/* Lets `n` others run once at least. */
void growth_settle(uint32_t n);

#endif
