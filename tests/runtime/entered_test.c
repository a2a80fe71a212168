/* SPDX-License-Identifier: MIT */
/* Goal: the promises of the book's chapter 6 for a thread that has entered a runtime, and for one
 * that has not.
 * Method: the rows of its table, on this thread, with a runtime of each kind. */
#include <edo/edo.h>

#include "inside.h"

#include <pthread.h>

static int is_thread(void *arg) {
    return pthread_equal(pthread_self(), *(pthread_t *)arg) != 0;
}

static int refuse(void *arg) {
    (void)arg;
    return -EPROTO;
}

static int wait_for_ever(void *arg) {
    (void)arg;
    edo_notify bell = EDO_NOTIFY_INIT;
    return edo_notify_wait(&bell);
}

/* The children end when one fails, and the awaits of the thread that has the scope do, too. */
static int cut_by_a_child(void) {
    edo_scope s;
    edo_scope_begin(&s, NULL);
    edo_scope_spawn(&s, wait_for_ever, NULL);
    edo_scope_spawn(&s, refuse, NULL);
    if (edo_runtime_current()) CHECK_EQ(edo_sleep(edo_s(30)), -ECANCELED);
    return edo_scope_end(&s, 0);
}

static void check_any_thread(void) {
    CHECK_EQ(edo_task_current_id(), 0);
    CHECK(!edo_task_current_name());
    CHECK_EQ(edo_yield(), 0);
    CHECK_EQ(edo_budget_left(), UINT32_MAX);
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(1));
    CHECK_EQ(edo_sleep(edo_s(30)), -ECANCELED);
    CHECK_EQ(edo_deadline_end(&d, -ECANCELED), -ETIMEDOUT);
}

static void an_entered_thread_spawns_and_is_no_task_on(const edo_runtime_opts *kind) {
    edo_runtime *rt;
    pthread_t me = pthread_self();
    edo_race_entry entries[] = { { is_thread, &me }, { wait_for_ever, NULL } };
    int result;
    bool drives = kind->flavor == EDO_RUNTIME_CURRENT;
    assert_int_equal(edo_runtime_new(&rt, kind), 0);
    assert_int_equal(edo_runtime_enter(rt), 0);
    assert_ptr_equal(edo_runtime_current(), rt);
    check_any_thread();
    assert_int_equal(edo_task_join(edo_spawn(is_thread, &me)), drives); // it runs them meanwhile
    assert_int_equal(edo_race(&result, entries, EDO_COUNT(entries)), 0);
    assert_int_equal(cut_by_a_child(), -EPROTO);
    assert_int_equal(edo_blocking(is_thread, &me), 0); // on the pool
    edo_runtime_leave(rt);
    assert_null(edo_runtime_current());
    edo_runtime_free(rt);
}
ON_EACH_KIND(an_entered_thread_spawns_and_is_no_task)

static void a_thread_in_no_runtime_awaits_and_cannot_spawn(void **state) {
    (void)state;
    pthread_t me = pthread_self();
    edo_race_entry entries[] = { { is_thread, &me }, { wait_for_ever, NULL } };
    int result;
    assert_null(edo_runtime_current());
    check_any_thread();
    assert_null(edo_spawn(is_thread, &me));
    assert_int_equal(edo_task_join(NULL), -EDO_ENORUNTIME);
    assert_int_equal(edo_race(&result, entries, EDO_COUNT(entries)), -EDO_ENORUNTIME);
    assert_int_equal(cut_by_a_child(), -EDO_ENORUNTIME);
    assert_int_equal(edo_blocking(is_thread, &me), 1); // on this thread
}

static void tasks_of_one_thread_stand_still_until_it_awaits(void **state) {
    (void)state;
    edo_runtime *rt;
    pthread_t me = pthread_self();
    assert_int_equal(edo_runtime_new(&rt, &one_thread), 0);
    assert_int_equal(edo_runtime_enter(rt), 0);
    edo_task *t = edo_spawn(is_thread, &me);
    assert_non_null(t);
    assert_false(edo_task_is_finished(t));
    assert_int_equal(edo_sleep(edo_ms(1)), 0);
    assert_true(edo_task_is_finished(t));
    assert_int_equal(edo_task_join(t), 1);
    edo_runtime_leave(rt);
    edo_runtime_free(rt);
}

/* ---- Beside a shutdown ----------------------------------------------------------------------- */

typedef struct guest {
    edo_runtime *rt;
    edo_sem inside, go_on;
} guest;

static void *enter_and_wait(void *arg) {
    guest *g = arg;
    CHECK_EQ(edo_runtime_enter(g->rt), 0);
    edo_sem_release(&g->inside, 1);
    CHECK_EQ(edo_sem_acquire(&g->go_on, 1), 0);
    CHECK(!edo_spawn(wait_for_ever, NULL));
    CHECK_EQ(edo_task_join(NULL), -EDO_ECLOSED);
    edo_runtime_leave(g->rt);
    return NULL;
}

static void a_shutdown_does_not_end_the_wait_of_an_entered_thread(void **state) {
    (void)state;
    guest g = { .inside = EDO_SEM_INIT(0), .go_on = EDO_SEM_INIT(0) };
    pthread_t thread;
    assert_int_equal(edo_runtime_new(&g.rt, &(edo_runtime_opts){ .workers = 2 }), 0);
    assert_int_equal(pthread_create(&thread, NULL, enter_and_wait, &g), 0);
    assert_int_equal(edo_sem_acquire(&g.inside, 1), 0);
    assert_int_equal(edo_runtime_shutdown(g.rt, edo_s(5)), 0);
    edo_sem_release(&g.go_on, 1);
    assert_int_equal(pthread_join(thread, NULL), 0);
    edo_runtime_free(g.rt);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entered_thread_spawns_and_is_no_task),
        cmocka_unit_test(a_thread_in_no_runtime_awaits_and_cannot_spawn),
        cmocka_unit_test(tasks_of_one_thread_stand_still_until_it_awaits),
        cmocka_unit_test(a_shutdown_does_not_end_the_wait_of_an_entered_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
