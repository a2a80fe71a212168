/* SPDX-License-Identifier: MIT */
/* base/error/trail_test.c: the owner of a trail, its moves, and that codes survive without
 * memory. */
#include "base/error/trail.h"

#include "base/memory/alloc.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static edoi_trail *fiber_trail;
static const char *task;

static edoi_trail **fiber_slot(void) {
    return task ? &fiber_trail : NULL;
}

static const char *task_name(void) {
    return task;
}

/* Enters and leaves a simulated fiber. */
static void become(const char *name) {
    task = name;
    edoi_task_hooks_set(fiber_slot, task_name);
}

static int clear_all(void **state) {
    (void)state;
    become("left over");
    edo_trail_clear();
    become(NULL);
    edo_trail_clear();
    edoi_task_hooks_set(NULL, NULL);
    return 0;
}

static void a_fiber_and_its_thread_have_trails_of_their_own(void **state) {
    (void)state;
    become("reader at a.c:1");
    (void)edo_fail(-ENOENT, "in the fiber");
    become(NULL);
    assert_null(edo_trail_find(-ENOENT));
    (void)edo_fail(-EIO, "on the thread");
    become("reader at a.c:1");
    const edo_trail_entry *entry = edo_trail_find(-ENOENT);
    assert_non_null(entry);
    assert_string_equal(entry->text, "in the fiber");
    assert_string_equal(entry->task, "reader at a.c:1");
    become(NULL);
    assert_null(edo_trail_find(-EIO)->task);
}

static void joining_moves_the_trail_before_the_joiners_own(void **state) {
    (void)state;
    (void)edo_fail(-EIO, "old story");
    become("child at a.c:2");
    (void)edo_fail(-ENOENT, "loading %s", "x");
    edoi_trail *taken = edoi_trail_take(-ENOENT);
    assert_non_null(taken);
    assert_null(edo_trail_find(-ENOENT));
    become(NULL);
    edoi_trail_give(taken);
    assert_string_equal(edo_trail_find(-EIO)->text, "old story");
    assert_string_equal(edo_trail_find(-ENOENT)->task, "child at a.c:2");
    assert_int_equal(edo_fail(-ENOENT, "starting"), -ENOENT);
    assert_string_equal(edo_trail_find(-ENOENT)->text, "starting");
}

static void giving_nothing_changes_nothing(void **state) {
    (void)state;
    (void)edo_fail(-EIO, "mine");
    edoi_trail_give(NULL);
    assert_non_null(edo_trail_find(-EIO));
    edoi_trail_free(NULL);
    edoi_trail_free(edoi_trail_take(-EIO));
    assert_null(edoi_trail_take(-EIO));
}

static void without_memory_the_code_survives(void **state) {
    (void)state;
    for (uint64_t k = 1; k <= 4; k++) {
        edo_trail_clear();
        edoi_alloc_fail_at(k);
        assert_int_equal(edo_fail(-ENOENT, "one"), -ENOENT);
        assert_int_equal(edo_fail(-ENOENT, "two"), -ENOENT);
        bool fired = edoi_alloc_fail_fired();
        edoi_alloc_fail_at(0);
        assert_int_equal(fired, k <= 3); // two lines and the header
        const edo_trail_entry *entry = edo_trail_find(-ENOENT);
        assert_non_null(entry);
        assert_string_equal(entry->text, k == 3 ? "one" : "two");
    }
}

static void new_trail_without_memory_leaves_the_one_of_another_code(void **state) {
    (void)state;
    (void)edo_fail(-EIO, "old");
    edoi_alloc_fail_at(1);
    (void)edo_fail(-ENOENT, "new");
    assert_true(edoi_alloc_fail_fired());
    assert_non_null(edo_trail_find(-EIO));
    assert_null(edo_trail_find(-ENOENT));
}

static pthread_key_t late_key;

static void fail_late(void *arg) {
    (void)edo_fail(-EIO, "while the thread ends");
    if (arg == &task) pthread_setspecific(late_key, &fiber_trail);
}

static void *fail_and_end(void *arg) {
    pthread_setspecific(late_key, &task);
    (void)edo_fail(-EIO, "on the way");
    return arg;
}

static void a_thread_that_ends_frees_its_trail(void **state) {
    (void)state; // the sanitizer builds' leak check decides
    pthread_t thread;
    assert_int_equal(pthread_key_create(&late_key, fail_late), 0);
    assert_int_equal(pthread_create(&thread, NULL, fail_and_end, NULL), 0);
    pthread_join(thread, NULL);
    pthread_key_delete(late_key);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_fiber_and_its_thread_have_trails_of_their_own, clear_all),
        cmocka_unit_test_teardown(joining_moves_the_trail_before_the_joiners_own, clear_all),
        cmocka_unit_test_teardown(giving_nothing_changes_nothing, clear_all),
        cmocka_unit_test_teardown(without_memory_the_code_survives, clear_all),
        cmocka_unit_test_teardown(new_trail_without_memory_leaves_the_one_of_another_code,
                                  clear_all),
        cmocka_unit_test_teardown(a_thread_that_ends_frees_its_trail, clear_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
