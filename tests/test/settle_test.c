/* SPDX-License-Identifier: MIT */
/* Goal: edo_test_settle() returns when every other task is parked, not before and with the clock
 * where it was, and says whether any of them can go on without the caller.
 * Method: tasks that count their turns; jobs held by a gate; each kind of parked task alone. */
#include <edo/blocking.h>
#include <edo/mpsc.h>
#include <edo/notify.h>

#include <string.h>

#include "child.h"
#include "gate.h"
#include "inside.h"

/* ---- Runnable tasks -------------------------------------------------------------------------- */

#define TURNS 1000

static int take_turns(void *arg) {
    uint32_t *turns = arg;
    for (int i = 0; i < TURNS; i++) {
        (*turns)++;
        EDO_TEST_OK(edo_yield());
    }
    return 0;
}

static int settle_beside_turns(void *arg) {
    uint32_t turns[3] = { 0 };
    (void)arg;
    EDO_TEST_EQ(edo_test_settle(), 0); // no other task
    for (int i = 0; i < 3; i++) EDO_TEST_OK(edo_spawn_detached(take_turns, &turns[i]));
    EDO_TEST_EQ(edo_test_settle(), 0);
    for (int i = 0; i < 3; i++) EDO_TEST_EQ(turns[i], TURNS);
    return 0;
}

static void runnable_tasks_run_until_they_end(void **state) {
    (void)state;
    assert_int_equal(inside(settle_beside_turns, NULL), 0);
    assert_int_equal(inside_with(settle_beside_turns, NULL, &one_thread), 0);
}

/* ---- Parked tasks ---------------------------------------------------------------------------- */

static int wait_for_notify(void *arg) {
    return edo_notify_wait(arg);
}

static int sleep_an_hour(void *arg) {
    int err = edo_sleep(edo_hours(1));
    (*(int *)arg)++;
    return err;
}

static int settle_beside_parked(void *arg) {
    edo_notify notify = EDO_NOTIFY_INIT;
    int slept = 0;
    (void)arg;
    edo_task *waiter = edo_spawn(wait_for_notify, &notify);
    EDO_TEST_EQ(edo_test_settle(), -EDEADLK);
    EDO_TEST_EQ(edo_test_settle(), -EDEADLK);

    edo_task *sleeper = edo_spawn(sleep_an_hour, &slept);
    edo_instant start = edo_now();
    EDO_TEST_EQ(edo_test_settle(), 0); // its timer is armed
    EDO_TEST_ELAPSED(start, edo_ms(0));
    EDO_TEST_EQ(slept, 0);

    edo_task_cancel(sleeper);
    EDO_TEST_EQ(edo_task_join(sleeper), -ECANCELED);
    EDO_TEST_EQ(edo_test_settle(), -EDEADLK);
    edo_notify_one(&notify);
    EDO_TEST_EQ(edo_test_settle(), 0);
    EDO_TEST_TRUE(edo_task_is_finished(waiter));
    return edo_task_join(waiter);
}

static void parked_for_good_differs_from_parked_for_now(void **state) {
    (void)state;
    assert_int_equal(inside(settle_beside_parked, NULL), 0);
}

static int advance_and_settle(void *arg) {
    int slept = 0;
    (void)arg;
    edo_task *sleeper = edo_spawn(sleep_an_hour, &slept);
    EDO_TEST_EQ(edo_test_settle(), 0);
    EDO_TEST_OK(edo_time_advance(edo_hours(1)));
    EDO_TEST_EQ(edo_test_settle(), 0); // no other task is left
    EDO_TEST_EQ(slept, 1);
    return edo_task_join(sleeper);
}

static int sleep_and_take_turns(void *arg) {
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
    return take_turns(arg);
}

/* On a running clock: the timer is due before the runtime has looked at the time. */
static int outlast_a_timer(void *arg) {
    uint32_t turns = 0;
    (void)arg;
    edo_task *sleeper = edo_spawn(sleep_and_take_turns, &turns);
    EDO_TEST_OK(edo_yield());
    edo_instant start = edo_now();
    while (edo_instant_since(edo_now(), start).ns < edo_ms(3).ns) {
    }
    EDO_TEST_EQ(edo_test_settle(), 0);
    EDO_TEST_EQ(turns, TURNS);
    return edo_task_join(sleeper);
}

static void a_timer_that_is_due_fires_first(void **state) {
    (void)state;
    assert_int_equal(inside(advance_and_settle, NULL), 0);
    assert_int_equal(inside_with(outlast_a_timer, NULL, &one_thread), 0);
}

/* ---- Jobs ------------------------------------------------------------------------------------ */

static void *open_later(void *arg) {
    gate_wait_begun(arg, 1);
    for (int i = 0; i < 100; i++) sched_yield(); // for a settle that does not wait
    gate_open(arg);
    return NULL;
}

static int run_gated(void *arg) {
    return edo_blocking(gate_pass, arg);
}

/* `awaited`: by a task; otherwise the job ends for itself. */
static int settle_beside_job(bool awaited) {
    gate g = GATE;
    pthread_t opener;
    EDO_TEST_EQ(pthread_create(&opener, NULL, open_later, &g), 0);
    edo_task *t = NULL;
    if (awaited) {
        t = edo_spawn(run_gated, &g);
    } else {
        EDO_TEST_OK(edo_blocking_start(gate_pass, &g));
    }
    EDO_TEST_EQ(edo_test_settle(), 0);
    EDO_TEST_EQ(g.ended, 1);
    if (t) EDO_TEST_TRUE(edo_task_is_finished(t));
    (void)pthread_join(opener, NULL);
    return t ? edo_task_join(t) : 7;
}

static int settle_beside_awaited_job(void *arg) {
    (void)arg;
    return settle_beside_job(true);
}

static int settle_beside_other_job(void *arg) {
    (void)arg;
    return settle_beside_job(false);
}

static void jobs_that_run_are_waited_for(void **state) {
    (void)state;
    assert_int_equal(inside(settle_beside_awaited_job, NULL), 7);
    assert_int_equal(inside(settle_beside_other_job, NULL), 7);
    assert_int_equal(inside_with(settle_beside_awaited_job, NULL, &one_thread), 7);
}

/* ---- Several that settle, and cancellation --------------------------------------------------- */

typedef struct order {
    char said[8];
    size_t n;
} order;

static int settle_and_say(void *arg) {
    order *o = arg;
    EDO_TEST_EQ(edo_test_settle(), 0);
    o->said[o->n++] = 's';
    EDO_TEST_OK(edo_yield());
    EDO_TEST_OK(edo_yield());
    o->said[o->n++] = 'e';
    return 0;
}

static int several_settle(void *arg) {
    order o = { .n = 0 };
    (void)arg;
    edo_task *first = edo_spawn(settle_and_say, &o), *second = edo_spawn(settle_and_say, &o);
    EDO_TEST_OK(edo_yield());
    EDO_TEST_EQ(edo_test_settle(), 0);
    EDO_TEST_TRUE(o.n == 4 && memcmp(o.said, "sese", 4) == 0);
    return edo_task_join(first) + edo_task_join(second);
}

static void several_are_told_one_after_the_other(void **state) {
    (void)state;
    assert_int_equal(inside(several_settle, NULL), 0);
}

static int settle_only(void *arg) {
    (void)arg;
    return edo_test_settle();
}

/* Keeps the runtime busy while another task settles. */
static int cancel_one_that_settles(void *arg) {
    (void)arg;
    edo_task *t = edo_spawn(settle_only, NULL);
    EDO_TEST_OK(edo_yield());
    EDO_TEST_TRUE(!edo_task_is_finished(t));
    edo_task_cancel(t);
    EDO_TEST_EQ(edo_task_join(t), -ECANCELED);
    return edo_test_settle();
}

static void it_can_be_cancelled(void **state) {
    (void)state;
    assert_int_equal(inside(cancel_one_that_settles, NULL), 0);
}

/* ---- Who may call it ------------------------------------------------------------------------- */

static void a_thread_that_entered_drives_meanwhile(void **state) {
    edo_runtime *rt;
    uint32_t turns = 0;
    edo_notify notify = EDO_NOTIFY_INIT;
    (void)state;
    assert_int_equal(edo_runtime_new(&rt, &one_thread), 0);
    EDO_TEST_OK(edo_runtime_enter(rt));
    edo_task *t = edo_spawn(take_turns, &turns);
    EDO_TEST_EQ(edo_test_settle(), 0);
    EDO_TEST_EQ(turns, TURNS);
    EDO_TEST_OK(edo_task_join(t));
    t = edo_spawn(wait_for_notify, &notify);
    EDO_TEST_EQ(edo_test_settle(), -EDEADLK);
    edo_notify_one(&notify);
    EDO_TEST_OK(edo_task_join(t));
    edo_runtime_leave(rt);
    edo_runtime_free(rt);
}

typedef struct driver {
    edo_runtime *rt;
    gate g; /* begun: it drives */
    edo_notify end;
} driver;

static int tell_and_wait(void *arg) {
    driver *d = arg;
    pthread_mutex_lock(&d->g.mutex);
    d->g.begun++;
    pthread_cond_broadcast(&d->g.changed);
    pthread_mutex_unlock(&d->g.mutex);
    return edo_notify_wait(&d->end);
}

static void *drive(void *arg) {
    driver *d = arg;
    EDO_TEST_OK(edo_run(d->rt, tell_and_wait, d));
    return NULL;
}

static void a_thread_beside_the_one_that_drives_is_refused(void **state) {
    driver d = { .g = GATE, .end = EDO_NOTIFY_INIT };
    pthread_t thread;
    (void)state;
    assert_int_equal(edo_runtime_new(&d.rt, &one_thread), 0);
    assert_int_equal(pthread_create(&thread, NULL, drive, &d), 0);
    gate_wait_begun(&d.g, 1);
    assert_int_equal(edo_runtime_enter(d.rt), 0);
    assert_int_equal(edo_test_settle(), -EBUSY);
    edo_runtime_leave(d.rt);
    edo_notify_one(&d.end);
    (void)pthread_join(thread, NULL);
    edo_runtime_free(d.rt);
}

static int settle_in_a_child(void *arg) {
    (void)arg;
    return edo_test_settle() == -EDO_EFORKED ? 0 : 1;
}

static int fork_and_settle(void *arg) {
    return child_status(settle_in_a_child, arg);
}

static void a_child_of_fork_is_refused(void **state) {
    (void)state;
    assert_int_equal(inside_with(fork_and_settle, NULL, &one_thread), 0);
}

static void elsewhere_it_says_why_not(void **state) {
    (void)state;
    assert_int_equal(edo_test_settle(), -EDO_ENORUNTIME);
    assert_int_equal(inside_with(settle_only, NULL, &kinds[1]), -ENOTSUP);
    assert_int_equal(inside_with(settle_only, NULL, &kinds[2]), -ENOTSUP);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runnable_tasks_run_until_they_end),
        cmocka_unit_test(parked_for_good_differs_from_parked_for_now),
        cmocka_unit_test(a_timer_that_is_due_fires_first),
        cmocka_unit_test(jobs_that_run_are_waited_for),
        cmocka_unit_test(several_are_told_one_after_the_other),
        cmocka_unit_test(it_can_be_cancelled),
        cmocka_unit_test(a_thread_that_entered_drives_meanwhile),
        cmocka_unit_test(a_thread_beside_the_one_that_drives_is_refused),
        cmocka_unit_test(a_child_of_fork_is_refused),
        cmocka_unit_test(elsewhere_it_says_why_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
