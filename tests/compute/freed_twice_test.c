/* SPDX-License-Identifier: MIT */
/* Goal: when edo_runtime_free() of the last runtime returns, no thread computes any more, also
 * where another thread frees another handle of it and has come first. Method: a computation that is
 * given up runs on while two threads free. */
#include <edo/compute.h>
#include <edo/edo.h>

#include "inside.h"

#include <pthread.h>
#include <time.h>

static edo_atomic_u32 state; /* of the computation: atomic */

enum { BEFORE, RUNS, ENDED };

static uint32_t now(void) {
    return EDOI_ATOMIC_LOAD(&state.edoi_value, EDOI_ACQUIRE);
}

static void nap(long ms) {
    (void)nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000 }, NULL);
}

static int compute_for_long(void *arg) {
    (void)arg;
    EDOI_ATOMIC_STORE(&state.edoi_value, RUNS, EDOI_RELEASE);
    nap(300);
    EDOI_ATOMIC_STORE(&state.edoi_value, ENDED, EDOI_RELEASE);
    return 0;
}

/* A root that gives its computation up. */
static int begin_and_drop(void *arg) {
    edo_compute_future f;
    edo_future *job =
        edo_compute_init(&f, compute_for_long, arg, &(edo_blocking_opts){ .abandon = true });
    EDOI_ATOMIC_STORE(&state.edoi_value, BEFORE, EDOI_RELEASE);
    (void)edo_poll_once(job);
    WAIT_FOR(now() != BEFORE);
    edo_drop(job);
    return 0;
}

static void *free_it(void *arg) {
    edo_runtime_free(arg);
    CHECK_EQ(now(), ENDED);
    return NULL;
}

static const edo_runtime_opts opts = { .workers = 2, .shutdown = EDO_S(20) };

static void two_handles_of_one_runtime_may_be_freed_at_once(void **unused) {
    edo_runtime *rt;
    (void)unused;
    assert_int_equal(edo_runtime_new(&rt, &opts), 0);
    assert_int_equal(edo_run(rt, begin_and_drop, NULL), 0);
    pthread_t threads[2];
    (void)edo_runtime_ref(rt);
    for (int i = 0; i < 2; i++) assert_int_equal(pthread_create(&threads[i], NULL, free_it, rt), 0);
    for (int i = 0; i < 2; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_handles_of_one_runtime_may_be_freed_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
