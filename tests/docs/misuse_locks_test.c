/* SPDX-License-Identifier: MIT */
/* Goal: an unlock too many, or of another kind, is named, and a value that is none.
 * Method: as misuse_test.c. */
#include <edo/delayq.h>
#include <edo/edo.h>
#include <edo/future_set.h>
#include <edo/once.h>
#include <edo/task_set.h>
#include <edo/tracker.h>

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

static int load_nothing(void **value, void *arg) {
    (void)value;
    (void)arg;
    return 0;
}

static int loads_nothing(void *arg) {
    (void)arg;
    edo_once once = EDO_ONCE_INIT;
    void *value;
    return edo_once_get_or_load(&once, &value, load_nothing, NULL);
}

static int sets_no_once(void *arg) {
    edo_once once = EDO_ONCE_INIT;
    return edo_once_set(&once, arg);
}

/* A word as memory that nothing has written may have it. */
static int locks_garbage(void *arg) {
    edo_mutex garbage;
    (void)arg;
    memset(&garbage, 0xa5, sizeof garbage);
    int err = edo_mutex_lock(&garbage);
    return err < 0 ? err : 1;
}

static int sets_no_setonce(void *arg) {
    edo_setonce setonce = EDO_SETONCE_INIT;
    return edo_setonce_set(&setonce, arg);
}

static int ends_awaited_delayq(void *arg) {
    edo_delayq q = { .len = 0 };
    edo_delayq_due_next_future f;
    int err = edo_delayq_insert(&q, NULL, arg, edo_s(1));
    if (err < 0) return err;
    if (edo_poll_once(edo_delayq_due_next_init(&f, &q, NULL)) == EDO_READY) return 0;
    edo_delayq_deinit(&q);
    return 0;
}

/* A second task waits for the key. */
static int frees_awaited_keyed_mutex(void *arg) {
    edo_keyed_mutex_lock_future f;
    edo_keyed_lock *held, *lock;
    edo_keyed_mutex *k;
    (void)arg;
    int err = edo_keyed_mutex_new(&k);
    if (err == 0) err = edo_keyed_mutex_try_lock(k, &held, EDO_STR("a"));
    if (err < 0) return err;
    (void)edo_poll_once(edo_keyed_mutex_lock_init(&f, k, &lock, EDO_STR("a")));
    edo_keyed_mutex_free(k);
    return 0;
}

static int frees_awaited_keyed_sem(void *arg) {
    edo_keyed_sem_acquire_future f;
    edo_keyed_permit *held, *permit;
    edo_keyed_sem *k;
    (void)arg;
    int err = edo_keyed_sem_new(&k, 1);
    if (err == 0) err = edo_keyed_sem_try_acquire(k, &held, EDO_STR("a"));
    if (err < 0) return err;
    (void)edo_poll_once(edo_keyed_sem_acquire_init(&f, k, &permit, EDO_STR("a")));
    edo_keyed_sem_free(k);
    return 0;
}

/* ---- Objects that nothing has made ----------------------------------------------------------- */

static int acquires_garbage(void *arg) {
    edo_sem garbage;
    (void)arg;
    memset(&garbage, 0xa5, sizeof garbage);
    return edo_sem_acquire(&garbage, 1);
}

static int acquires_null(void *arg) {
    (void)arg;
    return edo_sem_try_acquire(NULL, 1);
}

static int awaits_garbage(void *arg) {
    edo_notify garbage;
    (void)arg;
    memset(&garbage, 0xa5, sizeof garbage);
    return edo_notify_wait(&garbage);
}

static int awaits_null(void *arg) {
    (void)arg;
    edo_notify_one(NULL);
    return 0;
}

static int reads_garbage(void *arg) {
    edo_rwlock garbage;
    (void)arg;
    memset(&garbage, 0xa5, sizeof garbage);
    return edo_rwlock_read(&garbage);
}

static int reads_null(void *arg) {
    (void)arg;
    return edo_rwlock_try_write(NULL);
}

static int tracks_garbage(void *arg) {
    edo_tracker garbage;
    (void)arg;
    memset(&garbage, 0xa5, sizeof garbage);
    return edo_tracker_wait(&garbage);
}

static int tracks_null(void *arg) {
    (void)arg;
    return edo_tracker_spawn(NULL, locks_garbage, NULL);
}

static int delays_garbage(void *arg) {
    edo_delayq garbage;
    (void)arg;
    memset(&garbage, 0xa5, sizeof garbage);
    return edo_delayq_insert(&garbage, NULL, NULL, edo_s(1));
}

static int delays_null(void *arg) {
    (void)arg;
    return edo_delayq_due_next(NULL, NULL);
}

static int makes_garbage(void *arg) {
    edo_once garbage;
    (void)arg;
    memset(&garbage, 0xa5, sizeof garbage);
    return edo_once_set(&garbage, &garbage);
}

static int makes_null(void *arg) {
    (void)arg;
    return edo_once_get(NULL) != NULL;
}

static int meets_garbage(void *arg) {
    edo_barrier garbage;
    (void)arg;
    memset(&garbage, 0xa5, sizeof garbage);
    return edo_barrier_wait(&garbage);
}

static int meets_null(void *arg) {
    (void)arg;
    return edo_barrier_wait(NULL);
}

static int replaces_garbage(void *arg) {
    edo_snapshot garbage;
    memset(&garbage, 0xa5, sizeof garbage);
    edo_snapshot_set(&garbage, arg);
    return 0;
}

static int gets_garbage(void *arg) {
    edo_snapshot garbage;
    (void)arg;
    memset(&garbage, 0xa5, sizeof garbage);
    return edo_snapshot_get(&garbage) != NULL;
}

static int gets_null(void *arg) {
    (void)arg;
    return edo_snapshot_get(NULL) != NULL;
}

static int sets_garbage(void *arg) {
    edo_setonce garbage;
    (void)arg;
    memset(&garbage, 0xa5, sizeof garbage);
    return edo_setonce_wait(&garbage, NULL);
}

static int sets_null(void *arg) {
    (void)arg;
    static int value;
    return edo_setonce_set(NULL, &value);
}

static int collects_garbage(void *arg) {
    edo_future_set garbage;
    (void)arg;
    memset(&garbage, 0xa5, sizeof garbage);
    return (int)edo_future_set_len(&garbage);
}

static int collects_null(void *arg) {
    (void)arg;
    return edo_task_set_spawn(NULL, locks_garbage, NULL);
}

static const breach rows[] = {
    { "a load for edo_once has made no value", loads_nothing },
    { "the value of an edo_once is not NULL", sets_no_once },
    { "the value of an edo_setonce is not NULL", sets_no_setonce },
    { "an edo_mutex is used that is NULL or no EDO_MUTEX_INIT has made", locks_garbage },
    { "an edo_sem is used that is NULL or no EDO_SEM_INIT has made", acquires_garbage },
    { "an edo_sem is used that is NULL or no EDO_SEM_INIT has made", acquires_null },
    { "an edo_notify is used that is NULL or no EDO_NOTIFY_INIT has made", awaits_garbage },
    { "an edo_notify is used that is NULL or no EDO_NOTIFY_INIT has made", awaits_null },
    { "an edo_rwlock is used that is NULL or no EDO_RWLOCK_INIT has made", reads_garbage },
    { "an edo_rwlock is used that is NULL or no EDO_RWLOCK_INIT has made", reads_null },
    { "an edo_barrier is used that is NULL or no EDO_BARRIER_INIT has made", meets_garbage },
    { "an edo_barrier is used that is NULL or no EDO_BARRIER_INIT has made", meets_null },
    { "an edo_snapshot is used that is NULL or no EDO_SNAPSHOT_INIT has made", replaces_garbage },
    { "an edo_snapshot is used that is NULL or no EDO_SNAPSHOT_INIT has made", gets_garbage },
    { "an edo_snapshot is used that is NULL or no EDO_SNAPSHOT_INIT has made", gets_null },
    { "an edo_tracker is used that is NULL or no edo_tracker_init() has made", tracks_garbage },
    { "an edo_tracker is used that is NULL or no edo_tracker_init() has made", tracks_null },
    { "an edo_delayq is used that is NULL or no edo_delayq_init() has made", delays_garbage },
    { "an edo_delayq is used that is NULL or no edo_delayq_init() has made", delays_null },
    { "an edo_once is used that is NULL or no EDO_ONCE_INIT has made", makes_garbage },
    { "an edo_once is used that is NULL or no EDO_ONCE_INIT has made", makes_null },
    { "an edo_setonce is used that is NULL or no EDO_SETONCE_INIT has made", sets_garbage },
    { "an edo_setonce is used that is NULL or no EDO_SETONCE_INIT has made", sets_null },
    { "an edo_future_set or edo_task_set is used that is NULL or no _init has made",
      collects_garbage },
    { "an edo_future_set or edo_task_set is used that is NULL or no _init has made",
      collects_null },
    { "edo_mutex_unlock of a mutex that nobody holds", unlocks_twice },
    { "edo_rwlock_unlock of a lock that nobody holds", unlocks_rwlock_twice },
    { "edo_rwlock_downgrade of a lock that is not held for writing", downgrades_as_reader },
    { "edo_sem_release beyond EDO_SEM_PERMITS_MAX", releases_too_much },
    { "edo_delayq_deinit while a task waits for the next delay", ends_awaited_delayq },
    { "edo_keyed_mutex_free while a task waits for a key", frees_awaited_keyed_mutex },
    { "edo_keyed_sem_free while a task waits for a key", frees_awaited_keyed_sem },
    { "edo_tracker_done without edo_tracker_add", counts_out_too_often },
};

static void each_breach_is_named(void **state) {
    (void)state;
#ifndef EDO_DEBUG
    print_message("skipped: a release build returns -EDO_EMISUSE\n");
    skip();
#endif
    assert_each_is_named(rows, EDO_COUNT(rows), "misuse_locks_test.c:");
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(each_breach_is_named) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
