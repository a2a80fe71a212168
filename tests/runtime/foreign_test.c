/* SPDX-License-Identifier: MIT */
/* Goal: threads that do not drive a runtime may spawn, wait and let go at any moment.
 * Method: one thread drives, another spawns as fast as it can. A lost wake ends the patience. */
#include <edo/async.h>
#include <edo/notify.h>
#include <edo/runtime.h>

#include "patience.h"
#include "rounds.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

typedef struct feed {
    edo_runtime *rt;
    edo_notify done;
} feed;

static int nothing(void *arg) {
    (void)arg;
    return 0;
}

static int wait_for_feeder(void *arg) {
    feed *self = arg;
    return edo_notify_wait(&self->done);
}

/* Waits for each by looking, so that the driving thread sleeps and is woken by the spawn alone. */
static void *spawn_and_look(void *arg) {
    feed *self = arg;
    const uint32_t spawns_n = test_rounds(10000, 100000);
    for (uint32_t i = 0; i < spawns_n; i++) {
        edo_task *t = edo_spawn_on(self->rt, nothing, NULL);
        for (const int64_t since_s = patience_now_s(); !edo_task_is_finished(t);) {
            patience_check(since_s, "the task has ended", __FILE__, __LINE__);
            EDOI_CPU_RELAX();
        }
        edo_task_detach(t);
    }
    edo_notify_one(&self->done);
    return NULL;
}

static void spawns_reach_a_sleeping_runtime_whose_clock_is_paused(void **state) {
    (void)state;
    feed f = { .done = EDO_NOTIFY_INIT };
    assert_int_equal(edo_runtime_new(&f.rt, &(edo_runtime_opts){ .start_paused = true }), 0);
    pthread_t feeder;
    assert_int_equal(pthread_create(&feeder, NULL, spawn_and_look, &f), 0);
    assert_int_equal(edo_run(f.rt, wait_for_feeder, &f), 0);
    assert_int_equal(pthread_join(feeder, NULL), 0);
    edo_runtime_free(f.rt);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spawns_reach_a_sleeping_runtime_whose_clock_is_paused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
