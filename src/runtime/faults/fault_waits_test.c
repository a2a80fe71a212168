/* SPDX-License-Identifier: MIT */
/* Goal: what has begun to wait after the clock was read for a look is not told as a wait of 136
 * years; of tasks that wait for one lock the shortest wait and the longest are told.
 * Method: a look whose clock was read two seconds ago, at a task that waits for a lock since now;
 * tasks whose waits have begun when the test says so. */
#include "runtime/faults/faults.h"

#include "driver/clock.h"
#include "inside.h"
#include "locks/tenths.h"
#include "locks/wait_nodes.h"
#include "runtime/look/tasks.h"
#include "stacks/frames.h"

#include <edo/edo.h>

#include <string.h>

static edo_mutex door = EDO_MUTEX_INIT;

static int pass(void *arg) {
    (void)arg;
    int err = edo_mutex_lock(&door);
    if (err == 0) edo_mutex_unlock(&door);
    return err;
}

/* How many waits a look tells whose clock was read at that time, and that tells those of a tenth of
 * a second; 0: that tells all that there are now. On a thread for blocking jobs. */
static int waits_told(void *arg) {
    char said[4096] = "";
    FILE *out = fmemopen(said, sizeof said - 1, "w");
    CHECK(out);
    const int64_t at_ns = *(const int64_t *)arg, now_ns = at_ns ? at_ns : edoi_clock_monotonic();
    edoi_faults f = { .out = out, .began_ns = now_ns, .now_ns = now_ns };
    if (at_ns) f.began_ns -= EDOI_TENTH_NS;
    edoi_frames_begin();
    edoi_fault_waits_tell(&f);
    edoi_frames_end();
    CHECK_EQ(fclose(out), 0);
    return (int)f.told_n;
}

static int look_from_the_past(void *arg) {
    (void)arg;
    int64_t none = 0, before = edoi_clock_monotonic() - EDOI_TENTH_NS; // the wait begins after that
    CHECK_EQ(edo_mutex_lock(&door), 0);
    edo_task *waiter = edo_spawn(pass, NULL);
    WAIT_FOR(edo_blocking(waits_told, &none) == 1); // it waits
    CHECK_EQ(edo_blocking(waits_told, &before), 0);
    edo_mutex_unlock(&door);
    return edo_task_join(waiter);
}

static void wait_that_began_after_the_look_is_not_told(void **state) {
    (void)state;
    assert_int_equal(inside_real(look_from_the_past, NULL), 0);
}

static void what_is_yet_to_begin_is_no_time_ago(void **state) {
    (void)state;
    const int64_t now_ns = 700 * EDOI_TENTH_NS;
    edoi_fiber_task later = { .parked_tenths = 701 }, before = { .parked_tenths = 695 };
    assert_int_equal(edoi_fiber_waits_ns(&later, now_ns), 0);
    assert_int_equal(edoi_fiber_waits_ns(&before, now_ns), 5 * EDOI_TENTH_NS);
    assert_int_equal(edoi_tenths_since(3, UINT32_MAX), 4); // the numbers begin anew
    assert_int_equal(edoi_tenths_since(UINT32_MAX, 3), 0);
    assert_false(edoi_wait_lasts(701, 700, 0));
    assert_true(edoi_wait_lasts(699, 700, 0));
}

/* ---- What a report says ---------------------------------------------------------------------- */

static char told[4096];

/* Tells the waits of a hundred milliseconds and more, at that time. */
static int tell_waits(void *arg) {
    const int64_t now_ns = *(const int64_t *)arg;
    memset(told, 0, sizeof told);
    FILE *out = fmemopen(told, sizeof told - 1, "w");
    CHECK(out);
    edoi_faults f = { .out = out, .began_ns = now_ns - EDOI_TENTH_NS, .now_ns = now_ns };
    edoi_frames_begin();
    edoi_fault_waits_tell(&f);
    edoi_frames_end();
    CHECK_EQ(fclose(out), 0);
    return (int)f.told_n;
}

static edoi_fiber_task *fiber_of(const edo_task *t) {
    return (edoi_fiber_task *)(void *)edoi_task_future(t);
}

/* Two wait for one lock, one of them since longer. */
static int look_at_two(void *arg) {
    const int64_t now_ns = edoi_clock_monotonic();
    char wanted[160];
    (void)arg;
    CHECK_EQ(edo_mutex_lock(&door), 0);
    edo_task *waiters[] = { edo_spawn(pass, NULL), edo_spawn(pass, NULL) };
    WAIT_FOR(fiber_of(waiters[1])->awaiting);
    fiber_of(waiters[0])->parked_tenths = edoi_tenths(now_ns) - 23;
    fiber_of(waiters[1])->parked_tenths = edoi_tenths(now_ns) - 5;
    CHECK_EQ(tell_waits((void *)(uintptr_t)&now_ns), 1);
    (void)snprintf(wanted, sizeof wanted,
                   "2 tasks wait for edo_mutex_lock of %p, for 0.5 s to 2.3 s\n", (void *)&door);
    if (!strstr(told, wanted)) edo_test_fail("no \"%s\" in\n%s", wanted, told);
    edo_mutex_unlock(&door);
    for (int i = 0; i < 2; i++) CHECK_EQ(edo_task_join(waiters[i]), 0);
    return 0;
}

static void the_shortest_and_the_longest_wait_are_told(void **state) {
    (void)state;
    assert_int_equal(inside_real(look_at_two, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wait_that_began_after_the_look_is_not_told),
        cmocka_unit_test(what_is_yet_to_begin_is_no_time_ago),
        cmocka_unit_test(the_shortest_and_the_longest_wait_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
