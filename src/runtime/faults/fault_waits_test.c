/* SPDX-License-Identifier: MIT */
/* Goal: what has begun to wait after the clock was read for a look is not told as a wait of 136
 * years.
 * Method: a look whose clock was read two seconds ago, at a task that waits for a lock since now.
 * */
#include "runtime/faults/faults.h"

#include "driver/clock.h"
#include "inside.h"
#include "locks/tenths.h"
#include "locks/wait_nodes.h"
#include "runtime/task/fiber_task.h"
#include "runtime/watch/look_waits.h"
#include "stacks/frames.h"

#include <edo/edo.h>

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
    assert_int_equal(edoi_fiber_wait_since(&later, now_ns), now_ns);
    assert_int_equal(edoi_fiber_wait_since(&before, now_ns), now_ns - 5 * EDOI_TENTH_NS);
    assert_int_equal(edoi_tenths_since(3, UINT32_MAX), 4); // the numbers begin anew
    assert_int_equal(edoi_tenths_since(UINT32_MAX, 3), 0);
    assert_false(edoi_wait_lasts(701, 700, 0));
    assert_true(edoi_wait_lasts(699, 700, 0));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wait_that_began_after_the_look_is_not_told),
        cmocka_unit_test(what_is_yet_to_begin_is_no_time_ago),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
