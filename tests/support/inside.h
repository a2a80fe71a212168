/* SPDX-License-Identifier: MIT */
/* support/inside.h: tests that run inside a runtime.
 *
 * cmocka's assertions leave by longjmp, which must not cross a fiber's first frame, and know
 * nothing of other threads: there check with CHECK and CHECK_EQ, which name the place and end the
 * program. */
#ifndef EDO_TESTS_INSIDE_H
#define EDO_TESTS_INSIDE_H

#include "kinds.h"
#include "patience.h"

#include <edo/scope.h>
#include <edo/test.h>

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define CHECK    EDO_TEST_TRUE
#define CHECK_EQ EDO_TEST_EQ

/* Runs `fn(arg)` as the first task of a fresh runtime, ends that, and returns the result. */
static inline int inside_with(edo_task_fn *fn, void *arg, const edo_runtime_opts *opts) {
    edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, opts), 0);
    int result = edo_run(rt, fn, arg);
    assert_int_equal(edo_runtime_shutdown(rt, edo_s(5)), 0);
    edo_runtime_free(rt);
    return result;
}

/* As inside_with(), on every kind of runtime; all must return one result. */
static inline int inside_each(edo_task_fn *fn, void *arg) {
    int first = inside_with(fn, arg, &kinds[0]);
    for (size_t i = 1; i < KINDS_N; i++) assert_int_equal(inside_with(fn, arg, &kinds[i]), first);
    return first;
}

/* As inside_with(), on one thread, with time that passes only when no task can run, and without a
 * watchdog, which opens descriptors. */
static inline int inside(edo_task_fn *fn, void *arg) {
    return inside_with(fn, arg, &(edo_runtime_opts){ .start_paused = true, .watchdog = EDO_OFF });
}

/* As inside(), in real time: for what goes through the kernel, whose bytes on their way are no
 * event that a paused clock would wait for. One thread, since handlers tell tests by variables. */
static inline int inside_real(edo_task_fn *fn, void *arg) {
    return inside_with(fn, arg, &one_thread);
}

/* ---- A clock that is moved by hand ----------------------------------------------------------- */

typedef struct hand_clock {
    edo_task_fn *fn;
    void *arg;
    bool is_over;
} hand_clock;

/* A task that can always run, so that the clock has no reason to jump. */
static inline int by_hand_spin(void *arg) {
    const hand_clock *h = arg;
    while (!h->is_over) EDO_TEST_EQ(edo_yield(), 0);
    return 0;
}

static inline int by_hand_main(void *arg) {
    hand_clock *h = arg;
    edo_task *spin = edo_spawn(by_hand_spin, h);
    EDO_TEST_TRUE(spin != NULL);
    int result = h->fn(h->arg);
    h->is_over = true;
    EDO_TEST_EQ(edo_task_join(spin), 0);
    return result;
}

/* As inside(), but time passes only by edo_time_advance(): for time limits around sockets. Nothing
 * that waits for time to pass may be awaited, but by a task beside the one that moves the clock. */
static inline int inside_by_hand(edo_task_fn *fn, void *arg) {
    hand_clock h = { .fn = fn, .arg = arg };
    clock_is_by_hand = true;
    int result = inside(by_hand_main, &h);
    clock_is_by_hand = false;
    return result;
}

/* Is the clock one that jumps when no task can run? */
static inline bool clock_jumps(void) {
    return !clock_is_by_hand && edo_time_advance(edo_ns(0)) == 0;
}

/* ---- Time ------------------------------------------------------------------------------------ */

/* The time since `start`, in ms, rounded down. */
static inline int64_t ms_since(edo_instant start) {
    return edo_instant_since(edo_now(), start).ns / 1000000;
}

#endif
