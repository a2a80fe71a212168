/* SPDX-License-Identifier: MIT */
/* Goal: what a timer wakes waits for few polls of tasks that are always ready, however long these
 * polls are. Method: real time, since polls take it; counted are polls, not time, so that a loaded
 * machine makes no difference. */
#include <edo/edo.h>

#include "inside.h"

#define BUSY    100 /* tasks; more than 61 polls */
#define POLL_MS 1
#define WAKES   8
#define MOST    12 /* polls after the instant, of 61 that the driver may be late otherwise */

typedef struct busy {
    edo_instant begun[4096]; /* when each poll began */
    int polls_n;
    bool over;
} busy;

static int poll_long(void *arg) {
    busy *b = arg;
    while (!b->over && b->polls_n < (int)EDO_COUNT(b->begun)) {
        edo_instant start = edo_now();
        b->begun[b->polls_n++] = start;
        while (ms_since(start) < POLL_MS) {
        }
        CHECK_EQ(edo_yield(), 0);
    }
    return 0;
}

static int polls_since(const busy *b, edo_instant at) {
    int n = 0;
    while (n < b->polls_n && edo_instant_since(b->begun[b->polls_n - 1 - n], at).ns > 0) n++;
    return n;
}

static int wake_beside(void *arg) {
    static busy b;
    edo_task *tasks[BUSY];
    (void)arg;
    b = (busy){ .polls_n = 0 };
    for (int i = 0; i < BUSY; i++) CHECK((tasks[i] = edo_spawn(poll_long, &b)) != NULL);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0); // from now on it is known how long polls take
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    for (int i = 0; i < WAKES; i++) {
        edo_instant due = edo_instant_add(edo_now(), edo_ms(3));
        CHECK_EQ(edo_sleep(edo_ms(3)), 0);
        CHECK(polls_since(&b, due) <= MOST);
    }
    b.over = true;
    for (int i = 0; i < BUSY; i++) CHECK_EQ(edo_task_join(tasks[i]), 0);
    return 0;
}

static void a_timer_is_not_61_long_polls_late(void **state) {
    (void)state;
    assert_int_equal(inside_with(wake_beside, NULL, &one_thread), 0);
    const edo_runtime_opts one_worker = { .workers = 1 };
    assert_int_equal(inside_with(wake_beside, NULL, &one_worker), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_timer_is_not_61_long_polls_late) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
