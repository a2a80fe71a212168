/* SPDX-License-Identifier: MIT */
/* Goal: slots are taken and freed on any thread, also just ahead of a walk.
 * Method: a slab without a runtime; the test makes the other thread's steps in between. */
#include "runtime/task/task.h"
#include "runtime/task/task_slab.h"
#include "runtime/worker/wake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static edo_task *new_task(edoi_task_slab *s, size_t bytes) {
    edo_task *t = edoi_task_slab_get(s, bytes);
    assert_non_null(t);
    edoi_task_init(t, 1, "test", OWNER_NONE, 0);
    return t;
}

static void count_one(void *arg, edo_task *t) {
    (void)t;
    ++*(uint32_t *)arg;
}

static uint32_t in_use(edoi_task_slab *s) {
    uint32_t n = 0;
    edoi_task_slab_each(s, count_one, &n);
    return n;
}

/* The walk of the shutdown found the slot in use; then another thread gave the last handle back. */
static void slot_freed_by_another_thread_cannot_be_cancelled_any_more(void **state) {
    (void)state;
    edoi_task_slab s = { 0 };
    edo_task *t = new_task(&s, sizeof *t), *other = new_task(&s, sizeof *t);
    assert_int_equal(in_use(&s), 2);
    edoi_task_slab_put_foreign(NULL, t);
    assert_null(edoi_task_mark_cancel(t, EDO_CANCEL_SHUTDOWN));
    assert_true(edoi_task_is_done(t));
    assert_int_equal(in_use(&s), 1);
    edoi_task_slab_put(&s, other);
    assert_int_equal(in_use(&s), 0);
    edoi_task_slab_deinit(&s);
}

#define ROUND 100u /* fit in one page */

static void freed_slots_are_all_used_again(void **state) {
    (void)state;
    edoi_task_slab s = { 0 };
    edo_task *tasks[ROUND], *kept = new_task(&s, sizeof *kept); // keeps the page
    for (uint32_t i = 0; i < ROUND; i++) tasks[i] = new_task(&s, sizeof *kept);
    for (uint32_t i = 0; i < ROUND; i++) edoi_task_slab_put(&s, tasks[i]);
    for (uint32_t i = 0; i < ROUND; i++) {
        const edo_task *again = new_task(&s, sizeof *kept);
        assert_ptr_equal(again, tasks[ROUND - 1 - i]); // the one freed last comes first
    }
    assert_int_equal(in_use(&s), ROUND + 1);
    for (uint32_t i = 0; i < ROUND; i++) edoi_task_slab_put(&s, tasks[i]);
    edoi_task_slab_put(&s, kept);
    edoi_task_slab_deinit(&s);
}

static void large_page_freed_by_another_thread_goes_with_the_next_large_task(void **state) {
    (void)state;
    edoi_task_slab s = { 0 };
    const size_t large = SLAB_BYTES_MAX + 1;
    edo_task *kept = new_task(&s, large), *freed = new_task(&s, large);
    edoi_task_slab_put_foreign(NULL, freed);
    edo_task *next = new_task(&s, large);
    assert_int_equal(in_use(&s), 2);
    edoi_task_slab_put(&s, next);
    edoi_task_slab_put(&s, kept);
    assert_null(s.pages);
    edoi_task_slab_deinit(&s);
}

/* ---- Looks from outside ---------------------------------------------------------------------- */

#define LARGE (SLAB_BYTES_MAX + 1)
#define TASKS 5u

/* One task per page. */
typedef struct seen {
    const edo_task *tasks[TASKS];
    uint32_t n;
} seen;

static bool note(void *arg, edo_task *t) {
    seen *s = arg;
    assert_true(s->n < TASKS);
    s->tasks[s->n++] = t;
    return true;
}

static void put_one(void *arg, edo_task *t) {
    edoi_task_slab_put(arg, t);
}

static void end_slab(edoi_task_slab *s) {
    edoi_task_slab_each(s, put_one, s);
    edoi_task_slab_deinit(s);
}

static bool refuse(void *arg, edo_task *t) {
    (void)t;
    ++*(uint32_t *)arg;
    return false;
}

/* Each page in turn is unmapped, before each step of a look at five. */
static void page_unmapped_during_a_look_is_passed_over(void **state) {
    (void)state;
    for (uint32_t gone = 0; gone < TASKS; gone++) {
        for (uint32_t before = 0; before <= TASKS; before++) {
            edoi_task_slab s = { 0 };
            edo_task *tasks[TASKS];
            for (uint32_t i = 0; i < TASKS; i++) tasks[i] = new_task(&s, LARGE);
            edoi_task_slab_look l;
            seen found = { .n = 0 };
            edoi_task_slab_look_begin(&l, &s);
            bool more = true;
            for (uint32_t step = 0; step <= TASKS; step++) {
                if (step == before) edoi_task_slab_put(&s, tasks[gone]);
                if (step < TASKS) more = edoi_task_slab_look_on(&l, note, &found);
            }
            assert_false(more);
            edoi_task_slab_look_end(&l);
            bool was_seen = TASKS - 1 - gone < before; // newest first
            assert_int_equal(found.n, was_seen ? TASKS : TASKS - 1);
            for (uint32_t i = 0, at = TASKS; i < found.n; i++) {
                if (--at == gone && !was_seen) at--;
                assert_ptr_equal(found.tasks[i], tasks[at]);
            }
            assert_int_equal(in_use(&s), TASKS - 1);
            end_slab(&s);
        }
    }
}

static void look_that_stops_goes_on_with_the_same_task(void **state) {
    (void)state;
    edoi_task_slab s = { 0 };
    edo_task *one = new_task(&s, sizeof *one);
    edoi_task_slab_look l;
    uint32_t refused_n = 0;
    seen found = { .n = 0 };
    edoi_task_slab_look_begin(&l, &s);
    assert_true(edoi_task_slab_look_on(&l, refuse, &refused_n));
    assert_true(edoi_task_slab_look_on(&l, refuse, &refused_n));
    assert_int_equal(refused_n, 2);
    assert_false(edoi_task_slab_look_on(&l, note, &found));
    assert_ptr_equal(found.tasks[0], one);
    edoi_task_slab_look_end(&l);
    edoi_task_slab_put(&s, one);
    edoi_task_slab_deinit(&s);
}

static void two_looks_do_not_disturb_each_other(void **state) {
    (void)state;
    edoi_task_slab s = { 0 };
    for (uint32_t i = 0; i < TASKS; i++) (void)new_task(&s, LARGE);
    edoi_task_slab_look a, b;
    seen found_a = { .n = 0 }, found_b = { .n = 0 };
    edoi_task_slab_look_begin(&a, &s);
    assert_true(edoi_task_slab_look_on(&a, note, &found_a));
    edoi_task_slab_look_begin(&b, &s);
    while (edoi_task_slab_look_on(&b, note, &found_b)) continue;
    edoi_task_slab_look_end(&b);
    while (edoi_task_slab_look_on(&a, note, &found_a)) continue;
    edoi_task_slab_look_end(&a);
    assert_int_equal(found_a.n, TASKS);
    assert_memory_equal(found_a.tasks, found_b.tasks, sizeof found_a.tasks);
    assert_null(s.looks);
    end_slab(&s);
}

static void name_is_found_in_any_page_and_nowhere_else(void **state) {
    (void)state;
    edoi_task_slab s = { 0 }, other = { 0 };
    edo_task *tasks[200]; // more than are compared in one hold of the lock
    for (uint32_t i = 0; i < EDO_COUNT(tasks); i++) tasks[i] = new_task(&s, LARGE);
    edo_task *stranger = new_task(&other, LARGE);
    for (uint32_t i = 0; i < EDO_COUNT(tasks); i++)
        assert_string_equal(edoi_task_slab_site(&s, tasks[i]), "test");
    assert_null(edoi_task_slab_site(&s, stranger));
    edoi_task_slab_put(&s, tasks[100]);
    assert_null(edoi_task_slab_site(&s, tasks[100]));
    end_slab(&other);
    end_slab(&s);
}

/* ---- The owner's walk by parts --------------------------------------------------------------- */

static void parts_of_a_walk_meet_each_task_once(void **state) {
    (void)state;
    edoi_task_slab s = { 0 };
    for (uint32_t i = 0; i < TASKS; i++) (void)new_task(&s, LARGE);
    uint32_t n = 0;
    edoi_task_slab_some(&s, 2, count_one, &n);
    assert_int_equal(n, 2);
    edoi_task_slab_some(&s, 2, count_one, &n);
    edoi_task_slab_some(&s, 2, count_one, &n);
    assert_int_equal(n, TASKS);
    edoi_task_slab_some(&s, 2, put_one, &s); // again; each page is unmapped under the walk
    assert_int_equal(in_use(&s), TASKS - 2);
    edo_task *newest = new_task(&s, LARGE);
    edoi_task_slab_some(&s, TASKS, put_one, &s);
    assert_int_equal(in_use(&s), 1);
    edoi_task_slab_put(&s, newest);
    assert_null(s.pages);
    assert_null(s.some_at);
    edoi_task_slab_deinit(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slot_freed_by_another_thread_cannot_be_cancelled_any_more),
        cmocka_unit_test(freed_slots_are_all_used_again),
        cmocka_unit_test(large_page_freed_by_another_thread_goes_with_the_next_large_task),
        cmocka_unit_test(page_unmapped_during_a_look_is_passed_over),
        cmocka_unit_test(look_that_stops_goes_on_with_the_same_task),
        cmocka_unit_test(two_looks_do_not_disturb_each_other),
        cmocka_unit_test(name_is_found_in_any_page_and_nowhere_else),
        cmocka_unit_test(parts_of_a_walk_meet_each_task_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
