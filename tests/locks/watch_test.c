/* SPDX-License-Identifier: MIT */
/* Goal: what the program says of its locks goes before what the environment says; and what it says
 * after a runtime was made has a thread that looks, as before that.
 * Method: the first runtime of the process is made with EDO_WATCH in the environment; the threads
 * of the process are those of /proc. */
#include "said.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

static const edo_locks_opts off = { .off = true };

/* ---- The environment ------------------------------------------------------------------------- */

static int takes_twice(void *arg) {
    edo_mutex *m = arg;
    CHECK_EQ(edo_mutex_lock(m), 0);
    int err = edo_mutex_lock(m); // for ever
    edo_mutex_unlock(m);
    return err;
}

static int takes_twice_until_cancelled(void *arg) {
    (void)arg;
    edo_task *t = edo_spawn(takes_twice, &a);
    CHECK_EQ(edo_yield(), 0);
    edo_task_cancel(t);
    return edo_task_join(t) == -ECANCELED ? 0 : 1;
}

static void program_goes_before_the_environment(void **state) {
    (void)state;
    assert_int_equal(setenv("EDO_WATCH", "locks", 1), 0);
    assert_int_equal(deadlocks_of(takes_twice_until_cancelled, NULL, &off), 0);
    assert_string_equal(said, "");
    assert_int_equal(deadlocks_of(takes_twice_until_cancelled, NULL, NULL), 1);
    expect_said("edo: deadlock: a task waits for itself\n");
}

/* ---- The thread ------------------------------------------------------------------------------ */

static bool thread_has_name(const char *tid, const char *name) {
    char path[64], comm[64] = "";
    (void)snprintf(path, sizeof path, "/proc/self/task/%.20s/comm", tid);
    FILE *file = fopen(path, "r");
    if (!file) return false; // it has ended
    bool is_read = fgets(comm, sizeof comm, file) != NULL;
    (void)fclose(file);
    return is_read && strncmp(comm, name, strlen(name)) == 0;
}

static bool watchdog_runs(void) {
    bool is_found = false;
    DIR *tasks = opendir("/proc/self/task");
    CHECK(tasks);
    for (const struct dirent *e; !is_found && (e = readdir(tasks));)
        is_found = thread_has_name(e->d_name, "edo-watchdog");
    (void)closedir(tasks);
    return is_found;
}

static int watches_from_inside(void *arg) {
    (void)arg;
    CHECK(!watchdog_runs());
    CHECK_EQ(edo_locks_watch(&off), 0);
    CHECK(!watchdog_runs());
    CHECK_EQ(edo_locks_watch(NULL), 0);
    CHECK(watchdog_runs());
    return 0;
}

static void locks_are_watched_from_inside_a_runtime_too(void **state) {
    (void)state;
    assert_int_equal(edo_locks_watch(&off), 0);
    assert_int_equal(inside(watches_from_inside, NULL), 0);
    assert_false(watchdog_runs());
    assert_int_equal(edo_locks_watch(NULL), 0); // there is no runtime
    assert_false(watchdog_runs());
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(program_goes_before_the_environment), // makes the first runtime
        cmocka_unit_test(locks_are_watched_from_inside_a_runtime_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
