/* SPDX-License-Identifier: MIT */
/* support/harsh.h: a few tasks on two workers that do things at random, for some seconds, while
 * allocations fail, limits pass and tasks are cancelled in the middle: for tests of what many tasks
 * share. What must hold meanwhile is what debug builds assert by themselves (EDO_INV, EDO_CHECK);
 * the test checks what holds afterwards. The time is a lower bound: nothing depends on how much is
 * done in it.
 *
 * White-box tests make any allocation fail; others include fail_alloc.h before, and those fail that
 * get to its allocator. */
#ifndef EDO_TESTS_HARSH_H
#define EDO_TESTS_HARSH_H

#include "inside.h"
#include "rounds.h"
#include "seed.h"
#include "stress.h"

#include <stdatomic.h>

#ifdef EDO_TESTS_FAIL_ALLOC_H
static inline void harsh_fail_at(uint64_t k) {
    fail_alloc_in = (int)k;
}
#else
#    include "base/memory/alloc.h"

static inline void harsh_fail_at(uint64_t k) {
    edoi_alloc_fail_at(k);
}
#endif

/* Does one thing to `world`. Any failure is fine. */
typedef void harsh_op(void *world, uint64_t random);

#define HARSH_TASKS 12

/* Random numbers for functions that get none; any thread. */
static _Atomic uint64_t harsh_chances = 1;
static inline uint64_t harsh_chance(void) {
    uint64_t x = atomic_fetch_add(&harsh_chances, UINT64_C(0x9e3779b97f4a7c15));
    return stress_random(&x) >> 8;
}

/* A short wait, or none. 0, or -ECANCELED. */
static inline int harsh_linger(uint64_t random) {
    if (random % 256 == 0) return edo_sleep(edo_ms(1));
    int err = 0;
    for (uint64_t n = random / 256 % 4; n > 0 && err == 0; n--) err = edo_yield();
    return err;
}

typedef struct harsh {
    void *world;
    harsh_op *const *ops;
    size_t ops_n;
    edo_instant end;
    uint64_t seed;
} harsh;

/* One thing that a task does. */
typedef struct harsh_step {
    const harsh *of;
    harsh_op *op;
    uint64_t random;
} harsh_step;

static inline int harsh_step_task(void *arg) {
    const harsh_step *s = arg;
    // here, where the task has its stack; that of another one may fail, too, and be waited for
    if (s->random % 4 == 0) harsh_fail_at(1 + s->random / 4 % 24);
    s->op(s->of->world, s->random / 128);
    edo_trail_clear();
    return 0;
}

/* In a task that is cancelled, early or late. */
static inline void harsh_cancelled(harsh_step *s, uint64_t random) {
    edo_task *t = edo_spawn(harsh_step_task, s);
    if (!t) return; // without memory
    if (random % 64 == 0) (void)edo_sleep(edo_ms(1));
    for (uint64_t n = random / 64 % 8; n > 0; n--) (void)edo_yield();
    edo_task_cancel(t);
    CHECK_EQ(edo_task_wait(t), 0);
    (void)edo_task_join(t);
}

static inline void harsh_limited(harsh_step *s, edo_duration limit) {
    edo_deadline d;
    edo_deadline_begin(&d, limit);
    (void)harsh_step_task(s);
    (void)edo_deadline_end(&d, 0);
}

static inline int harsh_task(void *arg) {
    harsh *h = arg;
    uint64_t seed = h->seed;
    while (edo_instant_since(h->end, edo_now()).ns > 0) {
        uint64_t random = stress_random(&seed);
        harsh_step s = { h, h->ops[random % h->ops_n], stress_random(&seed) };
        random >>= 16;
        switch (random % 3) {
        case 0: harsh_cancelled(&s, random / 3); break;
        case 1: harsh_limited(&s, edo_us((int64_t)(random / 3 % 3000))); break;
        default: harsh_limited(&s, edo_ms(100)); break; // so that not all wait for one of them
        }
    }
    return 0;
}

/* EDO_HARSH_S, as scripts/soak has it: a minute; or 1 s with each change, and 20 s with
 * EDO_MANY_ROUNDS: a minute in the three stages of `make check` that have it. */
static inline int64_t harsh_seconds(void) {
    const char *text = getenv("EDO_HARSH_S");
    long n = text ? strtol(text, NULL, 10) : 0;
    return n > 0 ? n : test_rounds(1, 20);
}

/* Does it for that time. Memory is there again behind it. In a task. */
static inline void harsh_run(void *world, harsh_op *const *ops, size_t ops_n) {
    harsh all[HARSH_TASKS];
    edo_task *tasks[HARSH_TASKS];
    uint64_t seed = test_seed(UINT64_C(0x5851f42d4c957f2d));
    edo_instant end = edo_instant_add(edo_now(), edo_s(harsh_seconds()));
    for (size_t i = 0; i < HARSH_TASKS; i++) {
        all[i] = (harsh){ world, ops, ops_n, end, stress_random(&seed) };
        tasks[i] = edo_spawn(harsh_task, &all[i]);
        CHECK(tasks[i] != NULL || i > 0);
    }
    for (size_t i = 0; i < HARSH_TASKS; i++)
        if (tasks[i]) CHECK_EQ(edo_task_join(tasks[i]), 0);
    harsh_fail_at(0);
    edo_trail_clear();
}

/* Runs `fn(arg)` as inside_with(), on two workers. */
static inline void harsh_inside(edo_task_fn *fn, void *arg) {
    const edo_runtime_opts two = { .flavor = EDO_RUNTIME_MULTI, .workers = 2, .watchdog = EDO_OFF };
    assert_int_equal(inside_with(fn, arg, &two), 0);
}

#endif
