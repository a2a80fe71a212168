/* SPDX-License-Identifier: MIT */
/* Goal: without memory the runtime returns -ENOMEM, loses nothing and leaks nothing; shared
 * invariants of wheel and tasks hold afterwards. Method: the k-th allocation fails, k = 1, 2, …,
 * until a run passes untouched. */
#include "base/memory/alloc.h"
#include "driver/wheel.h"
#include "runtime/scope/parker.h"
#include "runtime/scope/scope.h"
#include "runtime/worker/core.h"
#include "runtime/worker/worker.h"

#include <edo/edo.h>

#include "inside.h"
#include "patience.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

/* Counts calls that consumed their argument, and calls that released it. */
typedef struct balance {
    int given, released, failed;
} balance;

static int release(void *arg) {
    balance *b = arg;
    b->released++;
    return edo_yield();
}

static int spawn_in_every_way(void *arg) {
    balance *b = arg;
    edo_task *t = edo_spawn(release, b);
    if (t) {
        b->given++;
        CHECK_EQ(edo_task_join(t), 0);
    } else {
        b->failed++;
        CHECK_EQ(edo_task_join(t), -ENOMEM);
    }
    int err = edo_spawn_detached(release, b);
    CHECK(err == 0 || err == -ENOMEM);
    if (err == 0) b->given++;
    edo_sleep_future nap;
    edo_future *box = edo_boxed_new(edo_sleep_init(&nap, edo_ms(1)));
    if (box)
        CHECK_EQ(edo_await(box), 0);
    else
        edo_drop(&nap.base);
    t = edo_spawn_future(edo_sleep_init(&nap, edo_ms(1)));
    CHECK_EQ(edo_task_join(t), t ? 0 : -ENOMEM);
    return edo_sleep(edo_ms(1));
}

static int scope_under_pressure(void *arg) {
    balance *b = arg;
    edo_scope s;
    edo_scope_begin(&s, NULL);
    int refused = 0;
    for (int i = 0; i < 3; i++) {
        int err = edo_scope_spawn(&s, release, b);
        if (err == 0) b->given++;
        if (err == -ENOMEM) refused++;
        if (refused == 0) CHECK_EQ(err, 0);
    }
    CHECK_EQ(edo_scope_end(&s, 0), refused ? -ENOMEM : 0); // a failed spawn counts
    return 0;
}

static int succeed(void *arg) {
    (void)arg;
    return 5;
}

static int race_under_pressure(void *arg) {
    (void)arg;
    edo_race_entry e[] = { { succeed, NULL }, { succeed, NULL } };
    int result = -1, winner = edo_race(&result, e, 2);
    CHECK(winner == -ENOMEM || winner == 0 || winner == 1);
    CHECK_EQ(result, winner < 0 ? -1 : 5);
    return 0;
}

static int fail_with_a_trail(void *arg) {
    (void)arg;
    return edo_fail(-EIO, "a trail");
}

static int trail_under_pressure(void *arg) {
    (void)arg;
    edo_task *t = edo_spawn(fail_with_a_trail, NULL);
    int err = edo_fail(edo_task_join(t), "more");
    CHECK_EQ(err, t ? -EIO : -ENOMEM); // the error code survives
    return 0;
}

typedef struct scenario {
    const char *name;
    edo_task_fn *fn;
} scenario;

/* One run whose k-th allocation fails. False: the run made fewer allocations. */
static bool run_failing(const scenario *s, uint64_t k) {
    balance b = { 0 };
    edo_runtime *rt;
    edoi_alloc_fail_at(k);
    int err = edo_runtime_new(&rt, &(edo_runtime_opts){ .start_paused = true });
    if (err < 0) {
        assert_int_equal(err, -ENOMEM);
    } else {
        int result = edo_run(rt, s->fn, &b);
        assert_true(result == 0 || result == -ENOMEM);
        assert_int_equal(edo_runtime_shutdown(rt, edo_s(5)), 0);
        assert_int_equal(b.given, b.released);
        edoi_wheel_check(rt->worker->wheel);
        assert_int_equal(edoi_wheel_armed_n(rt->worker->wheel), 0);
        assert_int_equal(edoi_runtime_tasks_alive(rt), 0);
        assert_int_equal(rt->worker->placement.fibers_n, 0);
        edo_runtime_free(rt);
    }
    bool fired = edoi_alloc_fail_fired();
    edoi_alloc_fail_at(0);
    return fired;
}

static void each_failing_allocation_returns_an_error_and_nothing_is_lost(void **state) {
    (void)state;
    static const scenario scenarios[] = { { "spawn", spawn_in_every_way },
                                          { "scope", scope_under_pressure },
                                          { "race", race_under_pressure },
                                          { "trail", trail_under_pressure } };
    for (size_t i = 0; i < EDO_COUNT(scenarios); i++)
        for (uint64_t k = 1; run_failing(&scenarios[i], k); k++) {
        }
}

static void *await_without_a_parker(void *arg) {
    (void)arg;
    edo_yield_future turn;
    edo_runtime *rt;
    CHECK_EQ(edo_runtime_new(&rt, &one_thread), 0);
    edoi_alloc_fail_at(1); // the parker of this fresh thread
    int err = edo_block_on(rt, edo_yield_init(&turn));
    edoi_alloc_fail_at(0);
    CHECK_EQ(err, 0);
    edo_runtime_free(rt);
    return NULL;
}

static void a_thread_without_memory_for_its_parker_still_awaits(void **state) {
    (void)state;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, await_without_a_parker, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

/* From here on this thread gets no parker. Returns the parkers of the pool, to be put back. */
static edoi_parker *begin_without_parkers(void) {
    edoi_parker *all = NULL;
    edoi_alloc_fail_from(1);
    for (edoi_parker *p; (p = edoi_parker_get()) != NULL; all = p) p->next_free = all;
    return all;
}

static void end_without_parkers(edoi_parker *all) {
    edoi_alloc_fail_at(0);
    for (edoi_parker *next; all; all = next) {
        next = all->next_free;
        edoi_parker_put(all);
    }
}

static edo_polled fire(void *arg, edo_cx *cx, int *result) {
    (void)cx;
    edo_cancel(arg, 0);
    *result = 0;
    return EDO_READY;
}

/* A task fires the token while the thread drives with the parker of the runtime. */
static void *hear_of_a_token(void *arg) {
    edo_runtime *rt = arg;
    edo_cancel_token *token;
    edo_cancel_block b;
    edo_poll_fn_future f;
    CHECK_EQ(edo_cancel_new(&token), 0);
    CHECK_EQ(edo_runtime_enter(rt), 0);
    CHECK_EQ(edo_spawn_future_detached(edo_poll_fn_init(&f, fire, token)), 0);
    edoi_parker *all = begin_without_parkers();
    edo_cancel_begin(&b, token);
    CHECK_EQ(edo_sleep(edo_s(3)), -ECANCELED);
    CHECK_EQ(edo_cancel_end(&b, 0), 0);
    end_without_parkers(all);
    edo_runtime_leave(rt);
    edo_cancel_unref(token);
    return NULL;
}

static int fail_late(void *arg) {
    (void)arg;
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    return -EIO;
}

static void *hear_of_a_child(void *arg) {
    edo_runtime *rt = arg;
    edo_scope s;
    CHECK_EQ(edo_runtime_enter(rt), 0);
    edo_scope_begin(&s, NULL);
    CHECK_EQ(edo_scope_spawn(&s, fail_late, NULL), 0);
    edoi_scope_renew(&s, edo_waker_noop()); // as if there had been no parker so far
    CHECK_EQ(edo_sleep(edo_s(3)), -ECANCELED);
    CHECK_EQ(edo_scope_end(&s, 0), -EIO);
    edo_runtime_leave(rt);
    return NULL;
}

static void thread_that_had_no_parker_is_cancelled_by_tokens_and_children(void **state) {
    (void)state;
    void *(*const bodies[])(void *) = { hear_of_a_token, hear_of_a_child };
    for (size_t i = 0; i < EDO_COUNT(bodies); i++) {
        edo_runtime *rt;
        pthread_t thread;
        assert_int_equal(edo_runtime_new(&rt, &(edo_runtime_opts){ .start_paused = true }), 0);
        assert_int_equal(pthread_create(&thread, NULL, bodies[i], rt), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
        edo_runtime_free(rt);
    }
}

static edo_atomic_u32 heard; /* atomic: FT1; the error that the task got */

/* Waits until the task is told to end. */
static int wait_for_the_end(void *arg) {
    (void)arg;
    edo_notify never = EDO_NOTIFY_INIT;
    int err = edo_notify_wait(&never);
    edoi_store_rel_u32(&heard, (uint32_t)-err); // FT1: pairs with FT1 below
    return 0;
}

/* A fresh thread, without a parker yet, ends a runtime that has a task, in the given way. */
static void end_without_memory(void (*end)(edo_runtime *)) {
    edo_runtime *rt;
    edoi_store_rlx_u32(&heard, 0);
    CHECK_EQ(edo_runtime_new(&rt, &one_thread), 0);
    CHECK_EQ(edo_runtime_enter(rt), 0);
    CHECK_EQ(edo_spawn_detached(wait_for_the_end, NULL), 0);
    edo_runtime_leave(rt);
    edoi_stack *warm; // the stack for the task
    CHECK_EQ(edoi_stack_get(&rt->worker->stacks, 0, &warm), 0);
    edoi_stack_put(&rt->worker->stacks, warm);
    edoi_alloc_fail_at(1); // the parker
    end(rt);
    // FT1: the last unref ends the runtime in the background
    WAIT_FOR(edoi_load_acq_u32(&heard));
    CHECK(edoi_alloc_fail_fired());
    edoi_alloc_fail_at(0);
    CHECK_EQ(edoi_load_rlx_u32(&heard), ECANCELED);
}

static void shut_down(edo_runtime *rt) {
    CHECK_EQ(edo_runtime_shutdown(rt, edo_s(60)), 0);
    edo_runtime_free(rt);
}

static void *end_in_every_way(void *arg) {
    void (*const *end)(edo_runtime *) = arg;
    end_without_memory(*end);
    return NULL;
}

static void the_end_of_a_runtime_needs_no_memory(void **state) {
    (void)state;
    void (*ends[])(edo_runtime *) = { edo_runtime_free,
                                      shut_down }; // the last unref is covered elsewhere
    for (size_t i = 0; i < EDO_COUNT(ends); i++) {
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, end_in_every_way, &ends[i]), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
    }
}

/* Its sleep needs the driver, which another thread would have to run. */
static void *sleep_without_a_parker(void *arg) {
    edo_runtime *rt = arg;
    edo_sleep_future nap;
    edoi_alloc_fail_from(1);
    int err = edo_block_on(rt, edo_sleep_init(&nap, edo_ms(1)));
    edoi_alloc_fail_at(0);
    CHECK_EQ(err, 0);
    return NULL;
}

static void a_thread_without_memory_for_its_parker_drives(void **state) {
    (void)state;
    edo_runtime *rt;
    pthread_t thread;
    assert_int_equal(edo_runtime_new(&rt, &one_thread), 0);
    assert_int_equal(pthread_create(&thread, NULL, sleep_without_a_parker, rt), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    edo_runtime_free(rt);
}

static int answer_nine(void *arg) {
    (void)arg;
    return 9;
}

static void a_runtime_of_workers_is_made_whole_or_not_at_all(void **state) {
    (void)state;
    bool fired = true;
    for (uint64_t k = 1; fired; k++) {
        edo_runtime *rt = NULL;
        edoi_alloc_fail_at(k);
        int err = edo_runtime_new(&rt, &kinds[KINDS_N - 1]);
        fired = edoi_alloc_fail_fired();
        edoi_alloc_fail_at(0);
        assert_true(err == 0 || (err == -ENOMEM && fired && !rt));
        if (err < 0) continue; // 0: the thread can do without what failed
        assert_int_equal(edo_run(rt, answer_nine, NULL), 9);
        edo_runtime_free(rt);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_failing_allocation_returns_an_error_and_nothing_is_lost),
        cmocka_unit_test(a_thread_without_memory_for_its_parker_still_awaits),
        cmocka_unit_test(thread_that_had_no_parker_is_cancelled_by_tokens_and_children),
        cmocka_unit_test(the_end_of_a_runtime_needs_no_memory),
        cmocka_unit_test(a_thread_without_memory_for_its_parker_drives),
        cmocka_unit_test(a_runtime_of_workers_is_made_whole_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
