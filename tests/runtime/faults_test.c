/* SPDX-License-Identifier: MIT */
/* Goal: what is wrong in a process is named with its place, and nothing where nothing is wrong.
 * Method: programs with one fault, looked at by a thread for blocking jobs, for a tenth of a
 * second. */
#include <edo/dump.h>
#include <edo/edo.h>
#include <edo/locks.h>

#include "inside.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static char said[64 * 1024];
static int pipe_ends[2];

static void expect(const char *part) {
    if (!strstr(said, part)) edo_test_fail("no \"%s\" in\n%s", part, said);
}

/* On a thread for blocking jobs. */
static int look(void *arg) {
    (void)arg;
    memset(said, 0, sizeof said);
    FILE *out = fmemopen(said, sizeof said - 1, "w");
    CHECK(out);
    int n = edo_dump_faults(out, edo_ms(100));
    CHECK_EQ(fclose(out), 0);
    return n;
}

/* ---- Locks ----------------------------------------------------------------------------------- */

static edo_mutex left = EDO_MUTEX_INIT, right = EDO_MUTEX_INIT;
static edo_atomic_u32 have_first; /* tasks that have their first lock */

static int take_both(edo_mutex *first, edo_mutex *second) {
    int err = edo_mutex_lock(first);
    if (err < 0) return err;
    (void)__atomic_add_fetch(&have_first.edoi_value, 1, __ATOMIC_RELAXED);
    while (err == 0 && __atomic_load_n(&have_first.edoi_value, __ATOMIC_RELAXED) < 2)
        err = edo_sleep(edo_ms(1));
    if (err == 0 && (err = edo_mutex_lock(second)) == 0) edo_mutex_unlock(second);
    edo_mutex_unlock(first);
    return err;
}

static int left_first(void *arg) {
    (void)arg;
    return take_both(&left, &right);
}

static int right_first(void *arg) {
    (void)arg;
    return take_both(&right, &left);
}

static int look_at_deadlock(void *arg) {
    (void)arg;
    edo_task *tasks[] = { edo_spawn(left_first, NULL), edo_spawn(right_first, NULL) };
    int n = 0;
    for (int i = 0; i < 100 && (n != 1 || !strstr(said, "deadlock")); i++) {
        n = edo_blocking(look, NULL);
        CHECK(n >= 0);
    }
    CHECK_EQ(n, 1);
    expect("fault: deadlock: 2 tasks wait for each other\n");
    expect("left_first at ");
    expect("right_first at ");
    expect(" took at ");
    edo_task_cancel(tasks[0]); // the other one then gets its lock
    CHECK_EQ(edo_task_join(tasks[0]), -ECANCELED);
    return edo_task_join(tasks[1]);
}

static int take_left(void *arg) {
    (void)arg;
    int err = edo_mutex_lock(&left);
    if (err == 0) edo_mutex_unlock(&left);
    return err;
}

static edo_atomic_u32 is_held; /* left, by hold_left() */

static int hold_left(void *arg) {
    int err = edo_mutex_lock(&left);
    __atomic_store_n(&is_held.edoi_value, 1, __ATOMIC_RELAXED);
    if (err == 0) err = edo_notify_wait(arg);
    edo_mutex_unlock(&left);
    return err;
}

static int look_at_held_lock(void *arg) {
    (void)arg;
    edo_notify over = EDO_NOTIFY_INIT;
    edo_task *holder = edo_spawn(hold_left, &over);
    WAIT_FOR(__atomic_load_n(&is_held.edoi_value, __ATOMIC_RELAXED));
    edo_task *waiter = edo_spawn(take_left, NULL);
    int n = 0;
    for (int i = 0; i < 100 && n == 0; i++) n = edo_blocking(look, NULL); // tenths of a second
    CHECK_EQ(n, 1);
    expect("fault: 1 task waits for edo_mutex_lock of ");
    expect("  hold_left at ");
    expect(" has it, taken at ");
    expect("take_left at ");
    edo_notify_one(&over);
    CHECK_EQ(edo_task_join(holder), 0);
    return edo_task_join(waiter);
}

/* ---- Workers --------------------------------------------------------------------------------- */

static int read_pipe(void *arg) {
    char byte;
    (void)arg;
    return read(pipe_ends[0], &byte, 1) == 1 ? 0 : -EIO;
}

/* The task that waits for this one may be behind the one that reads. */
static int look_and_write(void *arg) {
    int n = 0;
    for (int i = 0; i < 100 && n == 0; i++) n = look(arg);
    CHECK_EQ(write(pipe_ends[1], "x", 1), 1);
    return n;
}

static int look_at_blocked_worker(void *arg) {
    (void)arg;
    CHECK_EQ(pipe(pipe_ends), 0);
    edo_task *reader = edo_spawn(read_pipe, NULL);
    CHECK_EQ(edo_blocking(look_and_write, NULL), 1);
    expect("fault: read_pipe at ");
    expect(" has kept worker ");
    expect(" waits in the kernel (read)");
    int err = edo_task_join(reader);
    CHECK_EQ(close(pipe_ends[0]) + close(pipe_ends[1]), 0);
    return err;
}

/* ---- Nothing --------------------------------------------------------------------------------- */

static int live(void *arg) {
    int err = 0;
    while (err == 0) {
        err = edo_sleep(edo_ms(1));
        if (err == 0) err = take_left(arg);
        if (err == 0) err = edo_yield();
    }
    return err;
}

static int wait_for_work(void *arg) {
    return edo_notify_wait(arg);
}

static int look_at_nothing(void *arg) {
    (void)arg;
    edo_notify work = EDO_NOTIFY_INIT;
    edo_task *tasks[20];
    for (size_t i = 0; i < EDO_COUNT(tasks); i++)
        CHECK(tasks[i] = i % 2 ? edo_spawn(live, NULL) : edo_spawn(wait_for_work, &work));
    int n = 1;
    // again where the machine has kept a worker, or the holder of the lock, for all of a look
    for (int i = 0; i < 100 && n != 0; i++) n = edo_blocking(look, NULL);
    if (n != 0) edo_test_fail("%s", said);
    expect("0 faults in ");
    for (size_t i = 0; i < EDO_COUNT(tasks); i++) edo_task_cancel(tasks[i]);
    for (size_t i = 0; i < EDO_COUNT(tasks); i++) (void)edo_task_join(tasks[i]);
    return 0;
}

/* ---- The cases ------------------------------------------------------------------------------- */

static const edo_runtime_opts two_workers = { .workers = 2, .watchdog = EDO_NS(-1) };

static void deadlock_is_named(void **state) {
    (void)state;
    assert_int_equal(inside_with(look_at_deadlock, NULL, &two_workers), 0);
}

static void lock_that_is_held_is_named_with_its_holder(void **state) {
    (void)state;
    assert_int_equal(inside_with(look_at_held_lock, NULL, &two_workers), 0);
}

static void worker_that_stands_is_named(void **state) {
    (void)state;
    assert_int_equal(inside_with(look_at_blocked_worker, NULL, &two_workers), 0);
}

static void what_goes_on_is_not_named(void **state) {
    (void)state;
    assert_int_equal(inside_with(look_at_nothing, NULL, &two_workers), 0);
}

/* ---- A look that nobody wants any more ------------------------------------------------------- */

static edo_atomic_u32 begun;

static int look_for_long(void *arg) {
    __atomic_store_n(&begun.edoi_value, 1, __ATOMIC_RELEASE);
    return edo_dump_faults(arg, edo_minutes(10));
}

static int wait_for_long_look(void *arg) {
    return edo_blocking(look_for_long, arg);
}

static int cancel_a_look(void *arg) {
    (void)arg;
    memset(said, 0, sizeof said);
    FILE *out = fmemopen(said, sizeof said - 1, "w");
    CHECK(out);
    edo_task *t = edo_spawn(wait_for_long_look, out);
    WAIT_FOR(__atomic_load_n(&begun.edoi_value, __ATOMIC_ACQUIRE) == 1);
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), -ECANCELED); // it ends now, and not in ten minutes
    CHECK_EQ(fclose(out), 0);
    CHECK_EQ(strlen(said), 0);
    return 0;
}

static void a_look_that_nobody_wants_ends(void **state) {
    (void)state;
    assert_int_equal(inside_with(cancel_a_look, NULL, &two_workers), 0);
}

static void odd_times_are_refused(void **state) {
    (void)state;
    assert_int_equal(edo_dump_faults(stderr, edo_ms(99)), -EINVAL);
    assert_int_equal(edo_dump_faults(stderr, edo_minutes(11)), -EINVAL);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(deadlock_is_named),
        cmocka_unit_test(lock_that_is_held_is_named_with_its_holder),
        cmocka_unit_test(worker_that_stands_is_named),
        cmocka_unit_test(what_goes_on_is_not_named),
        cmocka_unit_test(a_look_that_nobody_wants_ends),
        cmocka_unit_test(odd_times_are_refused),
    };
    if (edo_locks_watch(NULL) < 0) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
