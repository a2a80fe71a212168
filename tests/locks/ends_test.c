/* SPDX-License-Identifier: MIT */
/* Goal: a fiber or state machine that ends with a lock is told, once, and one that has given it on
 * or back is not.
 * Method: small programs on one thread in virtual time; standard error is read. */
#include "said.h"

#include <errno.h>

static int keeps_it(void *arg) {
    edo_mutex *m = arg;
    return edo_mutex_lock(m);
}

static int gives_it(void *arg) {
    edo_mutex *m = arg;
    int err = edo_mutex_lock(m);
    edo_mutex_given(m);
    return err;
}

EDO_ASYNC(holder, edo_mutex_lock_future lock; edo_pending_future never; edo_mutex * m;
          bool gives_back; bool stays;) {
    EDO_BEGIN;
    EDO_AWAIT(edo_mutex_lock_init(&self->lock, self->m));
    if (self->gives_back) edo_mutex_unlock(self->m);
    if (self->stays) EDO_AWAIT(edo_pending_init(&self->never));
    EDO_END;
}

static edo_task *machine(edo_future *f, const char *name) {
    return edo_spawn_future_with(f, &(edo_spawn_opts){ .name = name });
}

static int machines_end_with_locks(void *arg) {
    holder gives = { .m = &a, .gives_back = true }, keeps = { .m = &b }, stays = { .m = &c };
    (void)arg;
    stays.stays = true;
    CHECK_EQ(edo_task_join(machine(holder_init(&gives), "giver")), 0);
    CHECK_EQ(edo_task_join(machine(holder_init(&keeps), "keeper")), 0);
    edo_task *t = machine(holder_init(&stays), "cancelled");
    CHECK_EQ(edo_yield(), 0);
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), -ECANCELED);
    edo_mutex_unlock(&b);
    edo_mutex_unlock(&c);
    return 0;
}

static int ends_with_locks(void *arg) {
    (void)arg;
    CHECK_EQ(edo_task_join(edo_spawn_with(gives_it, &c, &(edo_spawn_opts){ .name = "giver" })), 0);
    edo_mutex_unlock(&c);
    CHECK_EQ(edo_task_join(edo_spawn_with(keeps_it, &a, &(edo_spawn_opts){ .name = "keeper" })), 0);
    edo_mutex_unlock(&a); // it is possible, and nobody is named for it any more
    return 0;
}

static void fiber_that_ends_with_a_lock_is_named(void **state) {
    edo_locks_stats before, after;
    (void)state;
    edo_locks_get_stats(&before);
    assert_int_equal(deadlocks_of(ends_with_locks, NULL, NULL), 0);
    edo_locks_get_stats(&after);
    assert_int_equal(after.abandoned - before.abandoned, 1);
    assert_null(strstr(said, "giver"));
#ifdef EDO_DEBUG
    expect_said("edo: keeper has ended and holds the lock ");
    expect_said(", which it took at ");
    expect_said("ends_test.c:");
#endif
}

static void machine_that_ends_with_a_lock_is_named(void **state) {
    edo_locks_stats before, after;
    (void)state;
    edo_locks_get_stats(&before);
    assert_int_equal(deadlocks_of(machines_end_with_locks, NULL, NULL), 0);
    edo_locks_get_stats(&after);
    assert_int_equal(after.abandoned - before.abandoned, 2);
    assert_null(strstr(said, "giver"));
#ifdef EDO_DEBUG
    expect_said("edo: keeper has ended and holds the lock ");
    expect_said("edo: cancelled has ended and holds the lock ");
#endif
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fiber_that_ends_with_a_lock_is_named),
        cmocka_unit_test(machine_that_ends_with_a_lock_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
