/* SPDX-License-Identifier: MIT */
/* test_tasks.c: two tests that are tasks: one on a paused clock, one on two workers. */
#include <edo/edo.h>
#include <edo/test.h>

#include <errno.h>
#include <stdio.h>

/* Half an hour that costs no time. */
EDO_TEST(limit_cuts_a_slow_wait, .paused = true) {
    EDO_DEADLINE(d, edo_minutes(30));
    EDO_TEST_EQ(edo_deadline_end(&d, edo_sleep(edo_hours(1))), -ETIMEDOUT);
}

typedef struct counter {
    edo_mutex lock;
    int n; /* lock: lock */
} counter;

static int count(void *arg) {
    counter *c = arg;
    for (int i = 0; i < 1000; i++) {
        EDO_TEST_OK(edo_mutex_lock(&c->lock));
        c->n++;
        edo_mutex_unlock(&c->lock);
    }
    return 0;
}

EDO_TEST(no_count_is_lost, .workers = 2) {
    counter c = { .lock = EDO_MUTEX_INIT };
    EDO_SCOPE(s, NULL);
    for (int i = 0; i < 4; i++) edo_scope_spawn(&s, count, &c);
    EDO_TEST_OK(edo_scope_end(&s, 0));
    EDO_TEST_EQ(c.n, 4000);
}

int main(void) {
    limit_cuts_a_slow_wait(NULL); // with cmocka: cmocka_unit_test(limit_cuts_a_slow_wait)
    no_count_is_lost(NULL);
    printf("passed\n");
    return 0;
}
