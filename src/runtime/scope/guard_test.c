/* SPDX-License-Identifier: MIT */
/* Goal: a task spawned with a token is cancelled when the token fires, whatever kind and state it
 * has, and leaves the token at its end. Method: cancel.c is included, so that the test sees the
 * token's waiters; programs in virtual time; the k-th allocation failing; threads that fire at
 * random. */
#include "base/memory/alloc.h"
#include "runtime/scope/wrapped.h"
#include "runtime/task/task.h"

#include "inside.h"
#include "leftovers.h"

#include "runtime/scope/cancel.c"

#include <edo/edo.h>

#include <pthread.h>
#include <string.h>

#define REASON (EDO_CANCEL_USER + 3)

static bool nobody_hangs_at(edo_cancel_token *t) {
    edoi_lock_acquire(&t->lock);
    bool nobody = !t->waiters.first;
    edoi_lock_release(&t->lock);
    return nobody && edoi_load_rlx_u32(&t->refs) == 1;
}

static edo_cancel_token *token_new(void) {
    edo_cancel_token *t;
    CHECK_EQ(edo_cancel_new(&t), 0);
    return t;
}

/* ---- Fibers ---------------------------------------------------------------------------------- */

static int sleep_and_say_why(void *arg) {
    int err = edo_sleep(edo_s(10));
    *(int *)arg = (int)edo_cancel_reason();
    return err;
}

/* The ways to start a task with a token. */
static const struct {
    const char *name;
    bool spread, migrate, counted;
} fibers[] = { { .name = "plain" },
               { .name = "spread", .spread = true },
               { .name = "migrating", .migrate = true },
               { .name = "counted", .counted = true },
               { .name = "counted and migrating", .counted = true, .migrate = true } };

static int cancel_fibers(void *arg) {
    edo_task_monitor *m = arg;
    for (size_t i = 0; i < EDO_COUNT(fibers); i++) {
        edo_cancel_token *t = token_new();
        edo_spawn_opts opts = { .name = fibers[i].name,
                                .spread = fibers[i].spread,
                                .migrate = fibers[i].migrate,
                                .monitor = fibers[i].counted ? m : NULL,
                                .cancel = t };
        static int why[2];
        why[0] = why[1] = 0;
        edo_task *asleep = edo_spawn_with(sleep_and_say_why, &why[0], &opts);
        CHECK(asleep);
        CHECK_EQ(edo_sleep(edo_ms(1)), 0);
        edo_task *fresh = edo_spawn_with(sleep_and_say_why, &why[1], &opts);
        CHECK(fresh);
        edo_cancel(t, REASON);
        CHECK_EQ(edo_task_wait(asleep), -ECANCELED);
        CHECK_EQ(edo_task_get_outcome(asleep), EDO_OUTCOME_CANCELED);
        CHECK_EQ(edo_task_join(fresh), -ECANCELED); // it ran nevertheless
        edo_task_unref(asleep);
        CHECK_EQ(why[0], REASON);
        CHECK_EQ(why[1], REASON);
        CHECK(nobody_hangs_at(t));
        why[0] = 0;
        CHECK_EQ(edo_task_join(edo_spawn_with(sleep_and_say_why, &why[0], &opts)), -ECANCELED);
        CHECK_EQ(why[0], REASON); // cancelled from the start
        CHECK(nobody_hangs_at(t));
        edo_cancel_unref(t);
    }
    return 0;
}

static int with_monitor(void *arg) {
    edo_task_monitor *m;
    CHECK_EQ(edo_task_monitor_new(&m, NULL), 0);
    edo_task_fn *const *fn = arg;
    int result = (*fn)(m);
    edo_task_monitor_stats stats;
    edo_task_monitor_get_stats(m, &stats);
    CHECK_EQ(stats.ended, stats.spawned);
    CHECK(stats.ended > 0);
    edo_task_monitor_unref(m);
    return result;
}

static void on_each_kind(edo_task_fn *fn) {
    for (size_t i = 0; i < KINDS_N; i++) {
        edo_runtime_opts opts = kinds[i];
        opts.task_monitors = true;
        assert_int_equal(inside_with(with_monitor, &fn, &opts), 0);
    }
}

static void a_fiber_is_cancelled_by_its_token(void **state) {
    (void)state;
    on_each_kind(cancel_fibers);
}

/* ---- Futures --------------------------------------------------------------------------------- */

typedef struct counting {
    edo_future base;
    int *polls, *drops;
} counting;

static edo_polled counting_poll(edo_future *f, edo_cx *cx) {
    (void)edo_cx_waker(cx);
    ++*((counting *)(void *)f)->polls;
    return EDO_PENDING;
}

static void counting_drop(edo_future *f) {
    if (!edo_future_is_over(f)) ++*((counting *)(void *)f)->drops;
    edo_future_retire(f);
}

static edo_future *counting_init(counting *f, int *polls, int *drops) {
    static const edo_future_ops ops = {
        .poll = counting_poll, .drop = counting_drop, .name = "counting", .size = sizeof *f
    };
    *polls = *drops = 0;
    f->polls = polls;
    f->drops = drops;
    return edo_future_init(&f->base, &ops);
}

static void cancel_future(edo_task_monitor *m, bool boxed, int when) {
    static int polls, drops;
    edo_cancel_token *t = token_new();
    edo_spawn_opts opts = { .monitor = m, .cancel = t };
    counting f;
    edo_future *what = counting_init(&f, &polls, &drops);
    if (boxed) what = edo_boxed_new(what);
    CHECK(what);
    if (when == 0) edo_cancel(t, REASON);
    edo_task *task = edo_spawn_future_with(what, &opts);
    CHECK(task);
    if (when == 2) CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    edo_cancel(t, REASON);
    CHECK_EQ(edo_task_wait(task), -ECANCELED);
    CHECK_EQ(edo_task_get_outcome(task), EDO_OUTCOME_CANCELED);
    edo_task_unref(task);
    CHECK_EQ(drops, 1);
    if (when == 0) CHECK_EQ(polls, 0);
    CHECK(nobody_hangs_at(t));
    edo_cancel_unref(t);
}

static void end_future(edo_task_monitor *m, bool boxed) {
    edo_cancel_token *t = token_new();
    edo_spawn_opts opts = { .monitor = m, .cancel = t };
    edo_sleep_future f;
    edo_future *what = edo_sleep_init(&f, edo_ms(1));
    if (boxed) what = edo_boxed_new(what);
    CHECK(what);
    edo_task *task = edo_spawn_future_with(what, &opts);
    CHECK_EQ(edo_task_wait(task), 0);
    CHECK(nobody_hangs_at(t));
    edo_cancel(t, REASON); // too late
    CHECK_EQ(edo_task_get_outcome(task), EDO_OUTCOME_RETURNED);
    edo_task_unref(task);
    edo_cancel_unref(t);
}

static int cancel_futures(void *arg) {
    for (int way = 0; way < 4; way++) {
        edo_task_monitor *m = way & 1 ? arg : NULL;
        for (int when = 0; when < 3; when++) cancel_future(m, way & 2, when);
        end_future(m, way & 2);
    }
    return 0;
}

static void a_future_is_dropped_by_its_token(void **state) {
    (void)state;
    on_each_kind(cancel_futures);
}

static int tell_machine(void *arg) {
    (void)arg;
    static int polls, drops;
    edo_cancel_token *t = token_new();
    counting f;
    edo_task *task =
        edo_spawn_future_with(counting_init(&f, &polls, &drops), &(edo_spawn_opts){ .cancel = t });
    CHECK(task);
    const edo_future *own = edoi_task_future(task);
    CHECK_EQ(strcmp(edoi_wrapped_inner(own)->ops->name, "counting"), 0);
    edo_cancel(t, 0);
    CHECK_EQ(edo_task_wait(task), -ECANCELED);
    edo_task_unref(task);
    edo_cancel_unref(t);
    return 0;
}

static void guarded_task_names_its_own_future(void **state) {
    (void)state;
    assert_int_equal(inside(tell_machine, NULL), 0);
}

/* ---- Children -------------------------------------------------------------------------------- */

static int nap(void *arg) {
    (void)arg;
    return edo_sleep(edo_ms(10));
}

static int cancel_some_children(void *arg) {
    (void)arg;
    edo_cancel_token *t = token_new();
    edo_spawn_opts opts = { .cancel = t };
    static int why[3];
    edo_scope s;
    edo_scope_begin(&s, NULL);
    for (int i = 0; i < 3; i++)
        CHECK_EQ(edo_scope_spawn_with(&s, sleep_and_say_why, &why[i], &opts), 0);
    CHECK_EQ(edo_scope_spawn(&s, nap, NULL), 0);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    edo_cancel(t, REASON);
    CHECK_EQ(edo_scope_end(&s, 0), 0); // the children returned 0, and no other task was cancelled
    for (int i = 0; i < 3; i++) CHECK_EQ(why[i], REASON);
    CHECK(nobody_hangs_at(t));
    edo_cancel_unref(t);
    return 0;
}

static void a_child_is_cancelled_alone_by_its_token(void **state) {
    (void)state;
    assert_int_equal(inside(cancel_some_children, NULL), 0);
    assert_int_equal(inside_each(cancel_some_children, NULL), 0);
}

/* ---- Failures -------------------------------------------------------------------------------- */

static int spawn_failing(void *arg) {
    const uint64_t *k = arg;
    edo_cancel_token *t = token_new();
    edo_spawn_opts opts = { .cancel = t };
    static int why, polls, drops;
    counting f;
    edo_future *what = counting_init(&f, &polls, &drops);
    edoi_alloc_fail_at(*k);
    int fiber = edo_spawn_detached_with(sleep_and_say_why, &why, &opts);
    int future = edo_spawn_future_detached_with(what, &opts);
    bool untouched = !edoi_alloc_fail_fired();
    edoi_alloc_fail_at(0);
    if (future < 0) CHECK_EQ(drops, 0); // the future stays the caller's
    if (fiber < 0 && future < 0) CHECK(nobody_hangs_at(t));
    edo_cancel(t, 0);
    edo_cancel_unref(t);
    return untouched;
}

static void without_memory_no_guard_waits_at_the_token(void **state) {
    (void)state;
    for (uint64_t k = 1; inside_with(spawn_failing, &k, &one_thread) == 0; k++) assert_true(k < 99);
}

static int ignore_it(void *arg) {
    while (!*(volatile bool *)arg) (void)edo_yield();
    return 0;
}

/* A task abandoned by the shutdown never ends; it leaves its token. */
static void an_abandoned_task_leaves_its_token(void **state) {
    (void)state;
    may_leave(LEFT_DESCRIPTORS, 2, "the runtime of an abandoned task stays");
    may_leave(LEFT_MAPPINGS, PAGES_OF_RUNTIME, "its own");
    may_leave(LEFT_FIBERS, 1, "the abandoned task");
    static bool never;
    static int polls, drops;
    edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, &one_thread), 0);
    edo_cancel_token *t = token_new();
    assert_int_equal(edo_runtime_enter(rt), 0);
    edo_spawn_opts opts = { .cancel = t };
    assert_int_equal(edo_spawn_detached_with(ignore_it, &never, &opts), 0);
    counting f;
    assert_int_equal(edo_spawn_future_detached_with(counting_init(&f, &polls, &drops), &opts), 0);
    assert_int_equal(edo_sleep(edo_ms(1)), 0);
    edo_runtime_leave(rt);
    assert_int_equal(edo_runtime_shutdown(rt, edo_ms(5)), 1);
    assert_true(nobody_hangs_at(t));
    edo_cancel(t, 0);
    edo_cancel_unref(t);
    edo_runtime_free(rt);
}

/* ---- Threads --------------------------------------------------------------------------------- */

typedef struct shooting {
    edo_cancel_token *token;
    edo_notify begun;
} shooting;

static void *fire(void *arg) {
    shooting *s = arg;
    CHECK_EQ(edo_notify_wait(&s->begun), 0);
    edo_cancel(s->token, REASON);
    return NULL;
}

static int yield_some(void *arg) {
    uintptr_t n = (uintptr_t)arg;
    int err = 0;
    while (err == 0 && n-- > 0) err = edo_yield();
    return err;
}

/* Tasks begin and end while the token fires. */
static int spawn_under_fire(void *arg) {
    shooting *s = arg;
    edo_spawn_opts opts = { .cancel = s->token };
    edo_scope all;
    edo_scope_begin(&all, NULL);
    for (uintptr_t i = 0; i < 60; i++) {
        if (i == 20) edo_notify_one(&s->begun);
        edo_yield_future f;
        CHECK_EQ(edo_scope_spawn_with(&all, yield_some, (void *)(i % 7), &opts), 0);
        CHECK_EQ(edo_spawn_detached_with(yield_some, (void *)(i % 5), &opts), 0);
        CHECK_EQ(edo_spawn_future_detached_with(edo_yield_init(&f), &opts), 0);
    }
    return edo_scope_end(&all, 0);
}

static void tasks_begin_and_end_while_the_token_fires(void **state) {
    (void)state;
    for (size_t i = 0; i < KINDS_N; i++) {
        for (int round = 0; round < 50; round++) {
            shooting s = { .token = token_new(), .begun = EDO_NOTIFY_INIT };
            pthread_t thread;
            assert_int_equal(pthread_create(&thread, NULL, fire, &s), 0);
            assert_int_equal(inside_with(spawn_under_fire, &s, &kinds[i]), 0);
            assert_int_equal(pthread_join(thread, NULL), 0);
            assert_true(nobody_hangs_at(s.token));
            edo_cancel_unref(s.token);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fiber_is_cancelled_by_its_token),
        cmocka_unit_test(a_future_is_dropped_by_its_token),
        cmocka_unit_test(guarded_task_names_its_own_future),
        cmocka_unit_test(a_child_is_cancelled_alone_by_its_token),
        cmocka_unit_test(without_memory_no_guard_waits_at_the_token),
        cmocka_unit_test(an_abandoned_task_leaves_its_token),
        cmocka_unit_test(tasks_begin_and_end_while_the_token_fires),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
