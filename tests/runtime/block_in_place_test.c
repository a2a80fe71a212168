/* SPDX-License-Identifier: MIT */
/* Goal: a task that blocks in the middle of a poll keeps no other task waiting that another worker
 * could run.
 * Method: public API; `fn` burns until the others have been served, or gives up. */
#include <edo/async.h>
#include <edo/edo.h>

#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "multi.h"
#include "patience.h"

#define OTHERS   12 /* fewer than a batch; some wait, and are deferred */
#define GIVEN_UP 20 /* s */

static edo_atomic_u32 served, waiting, burning;
static edo_notify bell;
static pthread_t caller;

static uint32_t get(const edo_atomic_u32 *a) {
    return __atomic_load_n(&a->edoi_value, __ATOMIC_SEQ_CST);
}

static void count(edo_atomic_u32 *a) {
    (void)__atomic_fetch_add(&a->edoi_value, 1, __ATOMIC_SEQ_CST);
}

static void begin(void) {
    served = waiting = burning = (edo_atomic_u32){ 0 };
    bell = (edo_notify)EDO_NOTIFY_INIT;
}

/* Those that wait are woken from here, whether they went pending just now or before. */
static int burn(void *arg) {
    struct timespec from, now;
    (void)clock_gettime(CLOCK_MONOTONIC, &from);
    edo_notify_all(&bell);
    count(&burning);
    do {
        if (get(&served) == *(const uint32_t *)arg) return 42;
        (void)clock_gettime(CLOCK_MONOTONIC, &now);
    } while (now.tv_sec - from.tv_sec < GIVEN_UP);
    return -ETIMEDOUT;
}

EDO_ASYNC(queued, char unused;) {
    EDO_BEGIN;
    count(&served);
    EDO_CLEANUP;
    EDO_END;
}

EDO_ASYNC(waiter, edo_notify_wait_future wait;) {
    EDO_BEGIN;
    (void)edo_notify_wait_init(&self->wait, &bell); // from here on edo_notify_all() counts
    count(&waiting);
    EDO_AWAIT(&self->wait.base);
    count(&served);
    EDO_CLEANUP;
    EDO_END;
}

/* Goes last, until a task burns. */
EDO_ASYNC(yielder, edo_yield_future yield;) {
    EDO_BEGIN;
    count(&waiting);
    while (!get(&burning)) EDO_AWAIT(edo_yield_init(&self->yield));
    count(&served);
    EDO_CLEANUP;
    EDO_END;
}

static int spawn_queued(void) {
    queued one;
    return edo_spawn_future_detached(queued_init(&one));
}

static int spawn_waiter(void) {
    waiter one;
    return edo_spawn_future_detached(waiter_init(&one));
}

static int spawn_yielder(void) {
    yielder one;
    return edo_spawn_future_detached(yielder_init(&one));
}

static int spawn_others(int (*spawn_one)(void)) {
    int err = 0;
    for (int i = 0; i < OTHERS && err == 0; i++) err = spawn_one();
    return err;
}

EDO_ASYNC(blocker, int err; edo_yield_future yield;) {
    EDO_BEGIN;
    self->err = spawn_others(spawn_waiter);
    if (self->err == 0) self->err = spawn_others(spawn_yielder);
    while (get(&waiting) < 2 * OTHERS) EDO_AWAIT(edo_yield_init(&self->yield));
    if (self->err == 0) self->err = spawn_others(spawn_queued);
    if (self->err == 0) {
        static const uint32_t all = 3 * OTHERS;
        self->err = edo_block_in_place(burn, (void *)(uintptr_t)&all);
    }
    EDO_RETURN(self->err);
    EDO_CLEANUP;
    EDO_END;
}

/* In its first poll, which is on the stack of the fiber that awaits it. */
EDO_ASYNC(early_blocker, int err;) {
    EDO_BEGIN;
    self->err = spawn_others(spawn_queued);
    if (self->err == 0) {
        static const uint32_t all = OTHERS;
        self->err = edo_block_in_place(burn, (void *)(uintptr_t)&all);
    }
    EDO_RETURN(self->err);
    EDO_CLEANUP;
    EDO_END;
}

static int run_blocker(edo_runtime_flavor flavor) {
    edo_runtime *rt = NULL;
    const edo_runtime_opts opts = { .flavor = flavor, .workers = 2 };
    assert_int_equal(edo_runtime_new(&rt, &opts), 0);
    begin();
    assert_int_equal(edo_runtime_enter(rt), 0);
    blocker one;
    int result = edo_task_join(edo_spawn_future(blocker_init(&one)));
    edo_runtime_leave(rt);
    edo_runtime_free(rt);
    return result;
}

static void others_run_while_a_state_machine_blocks(void **state) {
    (void)state;
    for (int i = 0; i < 10; i++) assert_int_equal(run_blocker(EDO_RUNTIME_MULTI), 42);
}

static int await_early_blocker(void *arg) {
    (void)arg;
    early_blocker one;
    return edo_await(early_blocker_init(&one));
}

static int await_blocker(void *arg) {
    (void)arg;
    blocker one;
    return edo_await(blocker_init(&one));
}

static void others_run_while_a_future_of_a_fiber_blocks(void **state) {
    (void)state;
    edo_runtime *rt = multi(2);
    for (int i = 0; i < 10; i++) {
        begin();
        assert_int_equal(edo_run(rt, await_early_blocker, NULL), 42);
        begin();
        assert_int_equal(edo_run(rt, await_blocker, NULL), 42);
    }
    edo_runtime_free(rt);
}

static void call_in_a_task_of_a_current_thread_runtime_is_refused(void **state) {
    (void)state;
    assert_int_equal(run_blocker(EDO_RUNTIME_CURRENT), -ENOTSUP);
    edo_runtime *rt = NULL;
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_CURRENT };
    assert_int_equal(edo_runtime_new(&rt, &opts), 0);
    begin();
    assert_int_equal(edo_run(rt, await_early_blocker, NULL), -ENOTSUP);
    edo_runtime_free(rt);
}

static int is_elsewhere(void *arg) {
    (void)arg;
    return !pthread_equal(pthread_self(), caller);
}

static int block_in_fiber(void *arg) {
    caller = pthread_self();
    return edo_block_in_place(is_elsewhere, arg);
}

static void call_in_a_fiber_is_a_blocking_job(void **state) {
    (void)state;
    edo_runtime *rt = NULL;
    assert_int_equal(edo_runtime_new(&rt, NULL), 0);
    assert_int_equal(edo_run(rt, block_in_fiber, NULL), 1);
    edo_runtime_free(rt);
}

static void call_on_a_plain_thread_just_calls_the_function(void **state) {
    (void)state;
    caller = pthread_self();
    assert_int_equal(edo_block_in_place(is_elsewhere, NULL), 0);
}

/* The root's wake comes while `fn` awaits something else, and is consumed there. */
typedef struct rung {
    edo_waker *waker;
    int polls_n;
} rung;

static int ring_and_sleep(void *arg) {
    edo_waker_wake(((rung *)arg)->waker);
    return edo_sleep(edo_ms(1));
}

static edo_polled poll_in_place(void *arg, edo_cx *cx, int *result) {
    rung *r = arg;
    r->waker = edo_cx_waker(cx);
    *result = r->polls_n++ == 0 ? edo_block_in_place(ring_and_sleep, r) : 1;
    return *result == 0 ? EDO_PENDING : EDO_READY;
}

static void wake_of_a_plain_threads_root_is_not_lost(void **state) {
    rung r = { .polls_n = 0 };
    edo_poll_fn_future f;
    edo_deadline d;
    (void)state;
    edo_deadline_begin(&d, edo_s(PATIENCE_S));
    assert_int_equal(edo_deadline_end(&d, edo_await(edo_poll_fn_init(&f, poll_in_place, &r))), 1);
}

/* ---- Cancelling ------------------------------------------------------------------------------ */

static edo_cancel_token *token;
static edo_atomic_u32 sleeps;

/* Awaits inside obey a bracket of their own. */
static int sleep_in_bracket(void *arg) {
    edo_cancel_block b;
    (void)arg;
    edo_cancel_begin(&b, token);
    count(&sleeps);
    return edo_cancel_end(&b, edo_sleep(edo_hours(1)));
}

EDO_ASYNC(sleeper, char unused;) {
    EDO_BEGIN;
    EDO_RETURN(edo_block_in_place(sleep_in_bracket, NULL));
    EDO_CLEANUP;
    EDO_END;
}

static void awaits_inside_end_with_a_token(void **state) {
    (void)state;
    edo_runtime *rt;
    const edo_runtime_opts opts = { .workers = 2 };
    sleeper f;
    assert_int_equal(edo_runtime_new(&rt, &opts), 0);
    assert_int_equal(edo_cancel_new(&token), 0);
    edo_task *t = edo_spawn_future_on(rt, sleeper_init(&f));
    WAIT_FOR(get(&sleeps) > 0);
    edo_cancel(token, EDO_CANCEL_ASKED);
    assert_int_equal(edo_task_join(t), -ECANCELED);
    edo_cancel_unref(token);
    edo_runtime_free(rt);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(awaits_inside_end_with_a_token),
        cmocka_unit_test(others_run_while_a_state_machine_blocks),
        cmocka_unit_test(others_run_while_a_future_of_a_fiber_blocks),
        cmocka_unit_test(call_in_a_task_of_a_current_thread_runtime_is_refused),
        cmocka_unit_test(call_in_a_fiber_is_a_blocking_job),
        cmocka_unit_test(call_on_a_plain_thread_just_calls_the_function),
        cmocka_unit_test(wake_of_a_plain_threads_root_is_not_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
