/* SPDX-License-Identifier: MIT */
/* tests/growth/crowd.h: a case with n futures of a kind that all wait. They are dropped in three
 * orders, woken all at once, and as tasks cancelled at random. */
#ifndef EDO_TESTS_GROWTH_CROWD_H
#define EDO_TESTS_GROWTH_CROWD_H

#include "growth.h"

/* The kind: its events and its futures. All calls are in a task of the runtime of
 * growth_inside(). */
typedef struct growth_kind {
    size_t bytes;                      /* of the future */
    void (*open)(uint32_t n);          /* makes the objects that n futures wait for */
    void (*make)(void *f, uint32_t i); /* the future of the i-th */
    void (*wake)(uint32_t n);          /* all may go on; NULL: not of this kind */
    void (*took)(uint32_t i);          /* the i-th future is ready; may be NULL */
    void (*shut)(uint32_t n);          /* no future waits any more */
} growth_kind;

/* The present number of futures. */
extern uint32_t growth_crowd_n;

/* Runs a case; `arg` is a growth_kind. */
void growth_crowd(const void *arg, uint32_t n);

/* The rest of a growth_case; MANY: programs have very many of it. */
#define MANY(future, ...) .many = true, KIND(future, __VA_ARGS__)
#define KIND(future, ...)                                                                          \
    .run = growth_crowd, .arg = &(const growth_kind) {                                             \
        sizeof(future), __VA_ARGS__                                                                \
    }

#endif
