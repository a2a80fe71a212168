/* SPDX-License-Identifier: MIT */
/* Goal: a scope stopped while a child is being made loses neither that child nor another task; in a
 * child of fork no spawn waits for the scope's lock.
 * Method: child.c is included with a hook in the making of tasks: after it, before the child is
 * queued, the scope is cancelled, as a failing sibling on another worker would do, while the worker
 * holds tasks that have just begun to wait. The lock is left as a thread that is not in the child
 * of fork would leave it. */
#include "runtime/spawn/spawn.h"
#include "runtime/task/run_queue.h"

#include "child.h"
#include "inside.h"

#include <edo/notify.h>

static edo_task *prepare_and_stop(edo_runtime *rt, size_t future_bytes, uint32_t refs,
                                  const char *site, int *err);

#define edoi_spawn_prepare prepare_and_stop
#include "runtime/spawn/child.c"
#undef edoi_spawn_prepare

static edo_scope *stopped; /* NULL: none */
static int children_n;
static edo_atomic_u32 waiters_n;

static edo_task *prepare_and_stop(edo_runtime *rt, size_t future_bytes, uint32_t refs,
                                  const char *site, int *err) {
    edo_task *t = edoi_spawn_prepare(rt, future_bytes, refs, site, err);
    if (t && stopped) edo_scope_cancel(stopped);
    return t;
}

static int child(void *arg) {
    (void)arg;
    children_n++;
    return 0;
}

/* The wait begins before the count goes up, so that the notify finds it. */
static int waiter(void *arg) {
    edo_notify_wait_future f;
    (void)edo_notify_wait_init(&f, arg);
    (void)edoi_add_rlx_u32(&waiters_n, 1);
    return edo_await(&f.base);
}

static int stop_amid_waiters(void *arg) {
    edo_task *waiters[EDOI_DEFERRED_MAX];
    edo_notify go = EDO_NOTIFY_INIT;
    edo_scope s;
    children_n = 0;
    waiters_n = (edo_atomic_u32){ 0 };
    for (size_t i = 0; i < EDOI_DEFERRED_MAX; i++) CHECK((waiters[i] = edo_spawn(waiter, &go)));
    YIELD_FOR(edoi_load_rlx_u32(&waiters_n) >= EDOI_DEFERRED_MAX);
    edo_scope_begin(&s, arg);
    stopped = &s;
    (void)edo_scope_spawn(&s, child, NULL);
    stopped = NULL;
    (void)edo_scope_end(&s, 0);
    CHECK_EQ(children_n, 1);
    edo_notify_all(&go);
    for (size_t i = 0; i < EDOI_DEFERRED_MAX; i++) CHECK_EQ(edo_task_join(waiters[i]), 0);
    return 0;
}

static void stopped_between_making_and_queueing(void **state) {
    (void)state;
    const edo_scope_opts spread = { .spread = true };
    for (size_t i = 0; i < KINDS_N; i++) {
        assert_int_equal(inside_with(stop_amid_waiters, NULL, &kinds[i]), 0);
        assert_int_equal(inside_with(stop_amid_waiters, (void *)(uintptr_t)&spread, &kinds[i]), 0);
    }
}

static int spawn_in_child(void *arg) {
    edo_scope *s = arg;
    edoi_store_rlx_u32(&s->lock.word, EDOI_LOCK_HELD);
    EXPECT(edo_scope_spawn(s, child, NULL) == -EDO_EFORKED, 1);
    EXPECT(edo_scope_spawn_started(s, child, NULL) == -EDO_EFORKED, 2);
    EXPECT(!edo_scope_spawn_handle(s, child, NULL), 3);
    edo_scope_cancel(s);
    EXPECT(edo_scope_end(s, 0) == -EDO_EFORKED, 4);
    return 0;
}

static int fork_with_scope(void *arg) {
    edo_scope s;
    (void)arg;
    edo_scope_begin(&s, NULL);
    CHECK_EQ(child_status(spawn_in_child, &s), 0);
    return edo_scope_end(&s, 0);
}

static void child_of_fork_waits_for_no_lock_of_a_scope(void **state) {
    (void)state;
    assert_int_equal(inside(fork_with_scope, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(child_of_fork_waits_for_no_lock_of_a_scope),
        cmocka_unit_test(stopped_between_making_and_queueing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
