/* SPDX-License-Identifier: MIT */
/* Goal: a thread that stops driving a runtime wakes the n threads waiting for it in n steps. A
 * shutdown that waits drives next, even if another thread asks first.
 * Method: waiters whose wakers count the marks; a thread that tries to drive again at once. */
#include "inside.h"
#include "patience.h"
#include "runtime/scope/ctx.h"
#include "runtime/scope/parker.h"
#include "runtime/thread/drive.h"
#include "runtime/worker/core.h"

#include <pthread.h>

#define WAITERS 6400u

static uint32_t marks_n, delivers_n;

/* Like a parker's mark: a marked waker is not marked again. */
static edo_waker *count_mark(edo_waker *w) {
    edoi_parker *p = (edoi_parker *)(void *)w;
    marks_n++;
    return edoi_swap_rlx_u32(&p->state, 1) == 0 ? w : NULL; // relaxed: one thread
}

static void count_deliver(edo_waker *w) {
    (void)w;
    delivers_n++;
}

static void each_waiter_is_looked_at_once(void **state) {
    (void)state;
    static const edo_waker_ops ops = { .mark = count_mark, .deliver = count_deliver };
    static edoi_drive_waiter waiters[WAITERS];
    static edoi_parker parkers[WAITERS];
    edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, &one_thread), 0);
    for (uint32_t i = 0; i < WAITERS; i++) {
        parkers[i].waker.ops = &ops;
        waiters[i].parker = &parkers[i];
        waiters[i].next = i + 1 < WAITERS ? &waiters[i + 1] : NULL;
    }
    assert_true(edoi_drive_begin(rt, NULL, NULL));
    rt->drive.waiters = waiters;
    edoi_drive_end(rt);
    assert_int_equal(marks_n, WAITERS);
    assert_int_equal(delivers_n, WAITERS);
    rt->drive.waiters = NULL; // they never waited
    edo_runtime_free(rt);
}

/* ---- A shutdown that waits ------------------------------------------------------------------- */

static edo_atomic_u32 has_tried;

static uint32_t load(edo_atomic_u32 *a) {
    return edoi_load_acq_u32(a);
}

/* Drives until the other thread has tried to drive. */
static void *take_over(void *arg) {
    bool is_bound = true;
    CHECK(edoi_drive_take_over(arg, &is_bound, INT64_MAX, INT64_MAX));
    CHECK(!is_bound);
    WAIT_FOR(load(&has_tried));
    edoi_drive_end(arg);
    return NULL;
}

static void waiting_shutdown_drives_next(void **state) {
    (void)state;
    edo_runtime *rt;
    pthread_t thread;
    edoi_parker *p = edoi_thread_parker(edoi_thread_here());
    assert_int_equal(edo_runtime_new(&rt, &one_thread), 0);
    assert_true(edoi_drive_begin(rt, p, NULL));
    assert_int_equal(pthread_create(&thread, NULL, take_over, rt), 0);
    WAIT_FOR(load(&rt->drive.asked));
    edoi_drive_end(rt);
    assert_false(edoi_drive_begin(rt, p, NULL));
    edoi_store_rel_u32(&has_tried, 1);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(edoi_drive_begin(rt, p, NULL));
    edoi_drive_end(rt);
    edo_runtime_free(rt);
}

static void shutdown_that_gives_up_lets_others_drive(void **state) {
    (void)state;
    edo_runtime *rt;
    bool is_bound;
    edoi_parker *p = edoi_thread_parker(edoi_thread_here());
    assert_int_equal(edo_runtime_new(&rt, &one_thread), 0);
    assert_true(edoi_drive_begin(rt, NULL, NULL));
    assert_false(edoi_drive_take_over(rt, &is_bound, 0, 0)); // although this thread drives
    edoi_drive_end(rt);
    assert_true(edoi_drive_begin(rt, p, NULL));
    edoi_drive_end(rt);
    edo_runtime_free(rt);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_waiter_is_looked_at_once),
        cmocka_unit_test(waiting_shutdown_drives_next),
        cmocka_unit_test(shutdown_that_gives_up_lets_others_drive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
