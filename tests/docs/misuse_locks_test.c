/* SPDX-License-Identifier: MIT */
/* Goal: an unlock too many, or of another kind, is named. Method: as misuse_test.c. */
#include <edo/edo.h>

#include "breaches.h"

static int unlocks_twice(void *arg) {
    (void)arg;
    edo_mutex mutex = EDO_MUTEX_INIT;
    edo_mutex_unlock(&mutex);
    return 0;
}

static int unlocks_rwlock_twice(void *arg) {
    (void)arg;
    edo_rwlock rwlock = EDO_RWLOCK_INIT;
    edo_rwlock_unlock(&rwlock);
    return 0;
}

static int downgrades_as_reader(void *arg) {
    (void)arg;
    edo_rwlock rwlock = EDO_RWLOCK_INIT;
    int err = edo_rwlock_try_read(&rwlock);
    edo_rwlock_downgrade(&rwlock);
    return err;
}

static int releases_too_much(void *arg) {
    (void)arg;
    edo_sem sem = EDO_SEM_INIT(1);
    edo_sem_release(&sem, EDO_SEM_PERMITS_MAX);
    return 0;
}

static int counts_out_too_often(void *arg) {
    (void)arg;
    edo_tracker tracker;
    edo_tracker_init(&tracker);
    edo_tracker_done(&tracker);
    return 0;
}

static const breach rows[] = {
    { "edo_mutex_unlock of a mutex that nobody holds", unlocks_twice },
    { "edo_rwlock_unlock of a lock that nobody holds", unlocks_rwlock_twice },
    { "edo_rwlock_downgrade of a lock that is not held for writing", downgrades_as_reader },
    { "edo_sem_release beyond EDO_SEM_PERMITS_MAX", releases_too_much },
    { "edo_tracker_done without edo_tracker_add", counts_out_too_often },
};

static void each_breach_is_named(void **state) {
    (void)state;
    assert_each_is_named(rows, EDO_COUNT(rows), "misuse_locks_test.c:");
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(each_breach_is_named) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
