/* SPDX-License-Identifier: MIT */
/* Goal: edo_runtime_free() of a current-thread runtime that another thread drives ends its tasks,
 * on that thread, and returns when that thread has left; a thread that does not leave is named.
 * Method: the driving thread waits for a notification by the end of the task; the other thread
 * frees as soon as the task waits. */
#include "inside.h"
#include "last_words.h"
#include "patience.h"

#include <edo/edo.h>

#include <errno.h>
#include <pthread.h>
#include <string.h>

typedef struct driven {
    edo_runtime *rt;
    edo_notify through; /* the task has ended */
    edo_atomic_u32 began, ended;
    pthread_t began_on, ended_on;
    int result;
    bool shielded;
} driven;

static uint32_t load(edo_atomic_u32 *a) {
    return EDOI_ATOMIC_LOAD(&a->edoi_value, EDOI_ACQUIRE);
}

static void set(edo_atomic_u32 *a) {
    EDOI_ATOMIC_STORE(&a->edoi_value, 1, EDOI_RELEASE);
}

static int wait_long(void *arg) {
    driven *d = arg;
    edo_shield sh;
    d->began_on = pthread_self();
    if (d->shielded) edo_shield_begin(&sh, (edo_duration)EDO_OFF);
    set(&d->began);
    d->result = edo_sleep(edo_s(1000));
    if (d->shielded) (void)edo_shield_end(&sh, 0);
    d->ended_on = pthread_self();
    set(&d->ended);
    edo_notify_one(&d->through);
    return 0;
}

/* With a handle of its own. */
static void *drive_until_it_ended(void *arg) {
    driven *d = arg;
    edo_notify_wait_future f;
    (void)!edo_block_on(d->rt, edo_notify_wait_init(&f, &d->through));
    edo_runtime_unref(d->rt);
    return NULL;
}

/* The task waits on a thread that drives. */
static pthread_t begin_driven(driven *d, edo_duration shutdown) {
    pthread_t thread;
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_CURRENT, .shutdown = shutdown };
    CHECK_EQ(edo_runtime_new(&d->rt, &opts), 0);
    edo_task_detach(edo_spawn_on(d->rt, wait_long, d));
    (void)edo_runtime_ref(d->rt);
    CHECK_EQ(pthread_create(&thread, NULL, drive_until_it_ended, d), 0);
    WAIT_FOR(load(&d->began));
    return thread;
}

/* Two that free it, and a thread that waits to drive in its turn. */
static void *wait_in_turn(void *arg) {
    driven *d = arg;
    edo_yield_future f;
    (void)!edo_block_on(d->rt, edo_yield_init(&f));
    edo_runtime_free(d->rt);
    return NULL;
}

/* Alone, or beside two that free it, too. */
static void the_tasks_have_ended_on_the_thread_that_drives(void **state) {
    (void)state;
    for (int i = 0; i < 40; i++) {
        driven d = { .through = EDO_NOTIFY_INIT };
        pthread_t others[2], thread = begin_driven(&d, edo_s(60));
        assert_int_equal(edo_runtime_shutdown(d.rt, edo_s(1)), -EBUSY);
        for (int k = 0; k < i % 2 * 2; k++) {
            (void)edo_runtime_ref(d.rt);
            assert_int_equal(pthread_create(&others[k], NULL, wait_in_turn, &d), 0);
        }
        edo_runtime_free(d.rt);
        assert_int_equal(load(&d.ended), 1);
        assert_int_equal(d.result, -ECANCELED);
        assert_true(pthread_equal(d.began_on, d.ended_on));
        for (int k = 0; k < i % 2 * 2; k++) assert_int_equal(pthread_join(others[k], NULL), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
    }
}

static int free_what_stays_driven(void *arg) {
    driven *d = arg;
    (void)begin_driven(d, edo_ms(1));
    edo_runtime_free(d->rt);
    return (int)load(&d->ended);
}

static void a_thread_that_does_not_leave_is_named(void **state) {
    (void)state;
    driven d = { .through = EDO_NOTIFY_INIT, .shielded = true };
    char said[2048];
    assert_int_equal(last_words(free_what_stays_driven, &d, said, sizeof said), 0);
    assert_non_null(strstr(said, "edo: the thread that drives did not leave at shutdown: it and 1 "
                                 "task of runtime edo are left behind"));
    assert_non_null(strstr(said, "is left behind"));
    assert_null(strstr(said, "abandoned"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thread_that_does_not_leave_is_named), // first: it forks
        cmocka_unit_test(the_tasks_have_ended_on_the_thread_that_drives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
