/* SPDX-License-Identifier: MIT */
/* Goal: a transaction that waits for a lock, whose holder waits for the writer, is told to stand.
 * Method: two tasks, at whose waits the watchdog's look is taken at a later time. */
#include "runtime/scheduler/stands_test.h"

#include <edo/edo.h>
#include <edo/sqlite.h>

static edo_sqlite *db;
static edo_mutex lock;
static edo_notify go;
static bool has_begun;

static int begins_then_locks(void *arg) {
    edo_sqlite *tx;
    (void)arg;
    CHECK_EQ(edo_sqlite_begin(&tx, db), 0);
    has_begun = true;
    int err = edo_mutex_lock(&lock);
    if (err == 0) edo_mutex_unlock(&lock);
    int end = edo_sqlite_rollback(tx);
    edo_sqlite_close(tx);
    return err < 0 ? err : end;
}

static int locks_then_begins(void *arg) {
    edo_sqlite *tx;
    (void)arg;
    CHECK_EQ(edo_mutex_lock(&lock), 0);
    CHECK_EQ(edo_notify_wait(&go), 0);
    int err = edo_sqlite_begin(&tx, db);
    if (err == 0) err = edo_sqlite_rollback(tx);
    if (err == 0) edo_sqlite_close(tx);
    edo_mutex_unlock(&lock);
    return err;
}

static int of_a_transaction_and_a_lock(void *arg) {
    (void)arg;
    CHECK_EQ(edo_sqlite_open(
                 &db, ":memory:", &(edo_sqlite_opts){ .wait_timeout = edo_ns(EDO_FOREVER_NS) }),
             0);
    lock = (edo_mutex)EDO_MUTEX_INIT;
    go = (edo_notify)EDO_NOTIFY_INIT;
    prove(begins_then_locks);
    edo_task *other = start(locks_then_begins, NULL, "other");
    settle();
    has_begun = false;
    edo_task *one = start(begins_then_locks, NULL, "one");
    YIELD_FOR(has_begun);
    edo_notify_one(&go);
    YIELD_FOR(edo_sqlite_get_stats(db).writer.waiting == 1);
    settle();
    expect_told(1);
    (void)end_tasks(other, one);
    edo_sqlite_close(db);
    return 0;
}

static void a_transaction_that_stands_is_told(void **state) {
    static edo_task_fn *const fns[] = { of_a_transaction_and_a_lock };
    (void)state;
    stands_run(fns, EDO_COUNT(fns));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_transaction_that_stands_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
