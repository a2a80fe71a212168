/* SPDX-License-Identifier: MIT */
/* Goal: a dump says which locks are held, by whom, since when and where, and who waits for them,
 * and how many faults were found; and nothing where there is nothing.
 * Method: tasks that hold and wait, dumped into memory. */
#include <edo/dump.h>
#include <edo/edo.h>
#include <edo/locks.h>

#include "inside.h"

#include <string.h>

static edo_mutex m, other;
static edo_rwlock shelf;
static edo_notify go_on;
static char *text;

static void dump(void) {
    size_t n;
    free(text);
    FILE *out = open_memstream(&text, &n);
    CHECK(out);
    edo_dump_tasks(out);
    CHECK_EQ(fclose(out), 0);
}

static bool has(const char *what) {
    if (!strstr(text, what)) printf("missing: %s in\n%s", what, text);
    return strstr(text, what) != NULL;
}

static int keeps(void *arg) {
    (void)arg;
    CHECK_EQ(edo_mutex_lock(&m), 0);
    CHECK_EQ(edo_mutex_lock(&other), 0);
    int err = edo_notify_wait(&go_on);
    edo_mutex_unlock(&other);
    edo_mutex_unlock(&m);
    return err;
}

static int asks(void *arg) {
    (void)arg;
    CHECK_EQ(edo_mutex_lock(&m), 0);
    edo_mutex_unlock(&m);
    return 0;
}

static int reads(void *arg) {
    (void)arg;
    CHECK_EQ(edo_rwlock_read(&shelf), 0);
    CHECK_EQ(edo_yield(), 0);
    int err = edo_notify_wait(&go_on);
    edo_rwlock_unlock(&shelf);
    return err;
}

#define ASKERS 10

static int holders_and_waiters(void *arg) {
    edo_scope s;
    (void)arg;
    edo_scope_begin(&s, NULL);
    CHECK_EQ(edo_scope_spawn_with(&s, keeps, NULL, &(edo_spawn_opts){ .name = "keeper" }), 0);
    for (int i = 0; i < 2; i++)
        CHECK_EQ(edo_scope_spawn_with(&s, reads, NULL, &(edo_spawn_opts){ .name = "reader" }), 0);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    for (int i = 0; i < ASKERS; i++)
        CHECK_EQ(edo_scope_spawn_with(&s, asks, NULL, &(edo_spawn_opts){ .name = "asker" }), 0);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    dump();
    edo_notify_all(&go_on);
    return edo_scope_end(&s, 0);
}

/* How many lines have both. */
static int lines_with(const char *first, const char *second) {
    int n = 0;
    for (const char *at = text; (at = strstr(at, first)) != NULL; at++) {
        const char *end = strchr(at, '\n'), *found = strstr(at, second);
        n += found && end && found < end;
    }
    return n;
}

static void held_locks_are_shown_with_their_waiters(void **state) {
    (void)state;
    assert_int_equal(edo_locks_watch(NULL), 0);
    assert_int_equal(inside(holders_and_waiters, NULL), 0);
    assert_true(has("edo: locks that are held:\n"));
    assert_int_equal(lines_with("held by keeper", ", taken at "), 2);
    assert_int_equal(lines_with("held by keeper", "dump_test.c:"), 2);
    assert_int_equal(lines_with("held by reader", ", taken at "), 2);
    assert_int_equal(lines_with("awaited by ", "asker"), 8);
    assert_true(has(": awaited by 2 more\n"));
    char first[64]; // the one that is awaited
    (void)snprintf(first, sizeof first, "held:\n  %p: held by keeper", (void *)&m);
    assert_true(has(first));
}

static void ages_are_shown_in_real_time(void **state) {
    (void)state;
    assert_int_equal(inside_real(holders_and_waiters, NULL), 0);
    assert_int_equal(lines_with("held by keeper for ", " s, taken at "), 2);
    assert_int_equal(lines_with("awaited by asker for ", " s"), 8);
}

static int dumps(void *arg) {
    (void)arg;
    dump();
    return 0;
}

static void nothing_is_shown_where_nothing_is_held(void **state) {
    (void)state;
    assert_int_equal(inside(dumps, NULL), 0);
    assert_null(strstr(text, "edo: locks"));
}

static int leaves_with_it(void *arg) {
    return edo_mutex_lock(arg);
}

static int leaves(void *arg) {
    (void)arg;
    edo_task *t = edo_spawn_with(leaves_with_it, &m, &(edo_spawn_opts){ .name = "leaver" });
    CHECK_EQ(edo_task_join(t), 0);
    dump();
    edo_mutex_unlock(&m);
    return 0;
}

static void ended_holder_is_shown_and_counted(void **state) {
    (void)state;
    assert_int_equal(inside(leaves, NULL), 0);
    assert_true(has(": held by leaver, which has ended,"));
    assert_true(has("  found so far: deadlocks 0, tasks that ended with a lock 1, "
                    "locks in both orders 0, waits that last 0, tasks that stand 0\n"));
}

/* It is taken while locks are not watched. */
static int holds_unknown(void *arg) {
    (void)arg;
    m = (edo_mutex)EDO_MUTEX_INIT;
    CHECK_EQ(edo_locks_watch(&(edo_locks_opts){ .off = true }), 0);
    CHECK_EQ(edo_mutex_lock(&m), 0);
    CHECK_EQ(edo_locks_watch(NULL), 0);
    edo_task *t[2];
    for (int i = 0; i < 2; i++)
        t[i] = edo_spawn_with(asks, NULL, &(edo_spawn_opts){ .name = "asker" });
    CHECK_EQ(edo_yield(), 0);
    dump();
    edo_mutex_unlock(&m);
    CHECK_EQ(edo_task_join(t[0]), 0);
    return edo_task_join(t[1]);
}

static void lock_whose_holder_is_not_known_is_shown(void **state) {
    char first[128];
    (void)state;
    assert_int_equal(inside(holds_unknown, NULL), 0);
    (void)snprintf(first, sizeof first, "  %p: its holder is not known\n  %p: awaited by asker",
                   (void *)&m, (void *)&m);
    assert_true(has(first));
    assert_int_equal(lines_with("awaited by ", "asker"), 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(held_locks_are_shown_with_their_waiters),
        cmocka_unit_test(ages_are_shown_in_real_time),
        cmocka_unit_test(nothing_is_shown_where_nothing_is_held),
        cmocka_unit_test(ended_holder_is_shown_and_counted),
        cmocka_unit_test(lock_whose_holder_is_not_known_is_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
