/* SPDX-License-Identifier: MIT */
/* Goal: what a task did is counted whole, however coarse the clock is.
 * Method: events of a yielding task by hand, all of one tick, or with a wake of another task. */
#include "console/live/events.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define TASK UINT64_C(0x7f00)
#define TICK INT64_C(1000)

static edoi_live_task rows[4];
static edoi_table_link *chains[64];
static edoi_live live;

static void begin(void) {
    rows[0] = rows[1] = rows[2] = rows[3] = (edoi_live_task){ .id = 0 };
    live = (edoi_live){ .tasks_max = 4, .version = 1, .tasks = rows };
    LIST_INIT(&live.watchers);
    edoi_table_init(&live.table, chains, sizeof chains / sizeof chains[0]);
    edoi_live_event(&live,
                    &(edoi_recorder_tapped){ .kind = EDOI_REC_SPAWN, .task = TASK, .ns = TICK });
}

static void on(uint8_t kind, uint16_t small, int64_t ns) {
    edoi_live_event(
        &live, &(edoi_recorder_tapped){ .kind = kind, .small = small, .task = TASK, .ns = ns });
}

static void yields_of_one_tick_are_all_counted(void **state) {
    (void)state;
    begin();
    for (int i = 0; i < 10; i++) {
        on(EDOI_REC_POLL_BEGIN, 0, TICK);
        on(EDOI_REC_POLL_END, EDOI_REC_AGAIN, TICK);
    }
    const edoi_live_task *t = &rows[0];
    assert_int_equal(t->polls_n, 10);
    assert_int_equal(t->self_wakes_n, 10);
    assert_int_equal(t->wakes_n, 10);
    assert_true(t->paused_ns > t->began_ns); // it does not run
    on(EDOI_REC_POLL_BEGIN, 0, TICK);
    assert_true(t->began_ns > t->paused_ns); // it does
}

static void wake_in_its_own_turn_is_counted_once(void **state) {
    (void)state;
    begin();
    for (int i = 0; i < 10; i++) {
        on(EDOI_REC_POLL_BEGIN, 0, TICK);
        on(EDOI_REC_WAKE, 0, TICK); // by another thread
        on(EDOI_REC_POLL_END, EDOI_REC_AGAIN, TICK);
    }
    assert_int_equal(rows[0].wakes_n, 10);
    assert_int_equal(rows[0].self_wakes_n, 0);
}

static void first_poll_stays_the_first(void **state) {
    (void)state;
    begin();
    for (int i = 1; i <= 2; i++) {
        on(EDOI_REC_POLL_BEGIN, 0, i * 2 * TICK);
        on(EDOI_REC_POLL_END, EDOI_REC_AGAIN, (i * 2 + 1) * TICK);
    }
    assert_int_equal(rows[0].first_poll_ns, 2 * TICK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(yields_of_one_tick_are_all_counted),
        cmocka_unit_test(wake_in_its_own_turn_is_counted_once),
        cmocka_unit_test(first_poll_stays_the_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
