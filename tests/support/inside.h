/* SPDX-License-Identifier: MIT */
/* support/inside.h: tests that run inside a runtime.
 *
 * cmocka's assertions leave by longjmp, which must not cross a fiber's first frame, and know
 * nothing of other threads: there check with CHECK and CHECK_EQ, which name the place and end the
 * program. */
#ifndef EDO_TESTS_INSIDE_H
#define EDO_TESTS_INSIDE_H

#include "kinds.h"

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

/* As inside(), with the real clock: for sockets, whose bytes the paused clock does not wait for. */
static inline int inside_real(edo_task_fn *fn, void *arg) {
    return inside_with(fn, arg, &one_thread);
}

/* The time since `start`, in ms, rounded down. */
static inline int64_t ms_since(edo_instant start) {
    return edo_instant_since(edo_now(), start).ns / 1000000;
}

#endif
