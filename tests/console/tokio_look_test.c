/* SPDX-License-Identifier: MIT */
/* Goal: what a program of Tokio tells, update by update, is a look: tasks in their states with
 * what they wait for, who waits for a lock, and what is over is seen once and gone.
 * Method: updates as console-subscriber makes them, by hand. */
#include "tokio/look.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

typedef google_protobuf_timestamp at;
typedef rs_tokio_console_common_id id;
typedef rs_tokio_console_tasks_task task;
typedef rs_tokio_console_tasks_task_update_stats_update_entry task_stats;
typedef rs_tokio_console_resources_resource resource;
typedef rs_tokio_console_async_ops_async_op op;
typedef rs_tokio_console_async_ops_async_op_update_stats_update_entry op_stats;
typedef rs_tokio_console_common_field field;

static told told_so_far;
static edo_arena arena;
static edoi_look_update look;

static at seconds[100]; /* since 1970: a place for each */

static at *second(int64_t s) {
    seconds[s] = (at){ .seconds = s };
    return &seconds[s];
}

static void take(const rs_tokio_console_instrument_update *u) {
    assert_int_equal(told_take(&told_so_far, u), 0);
    edo_arena_reset(&arena);
    assert_int_equal(tokio_look(&look, &arena, &told_so_far, EDO_STR(""), 10), 0);
}

static int forget(void **state) {
    (void)state;
    told_deinit(&told_so_far);
    edo_arena_deinit(&arena);
    return 0;
}

#define IS(text, literal) assert_true(edo_str_equal((text), EDO_STR(literal)))

/* ---- Tasks ----------------------------------------------------------------------------------- */

static rs_tokio_console_common_location place = {
    .file = { "/home/u/.cargo/registry/src/index-1/warp-0.3/src/serve.rs", 57 },
    .has_file = true,
    .line = 7,
    .has_line = true
};

/* Four tasks: one is polled, one has been woken, one waits, one was never polled. */
static void tell_four(void) {
    static id ids[4] = { { .id = 1 }, { .id = 2 }, { .id = 3 }, { .id = 4 } };
    field named[] = { { .name = RS_TOKIO_CONSOLE_COMMON_FIELD_NAME_STR_NAME,
                        .str_name = EDO_STR("task.name"),
                        .value = RS_TOKIO_CONSOLE_COMMON_FIELD_VALUE_STR_VAL,
                        .str_val = EDO_STR("cook") } };
    task tasks[4] = { { .id = &ids[0], .fields = named, .fields_n = 1, .location = &place },
                      { .id = &ids[1] },
                      { .id = &ids[2] },
                      { .id = &ids[3] } };
    rs_tokio_console_common_poll_stats polled[4] = {
        { .last_poll_started = second(5), .last_poll_ended = second(4) },
        { .last_poll_started = second(3), .last_poll_ended = second(4) },
        { .last_poll_started = second(5), .last_poll_ended = second(6) },
        { .last_poll_started = NULL },
    };
    task_stats stats[4] = {
        { 1, { .created_at = second(1), .poll_stats = &polled[0] } },
        { 2, { .created_at = second(2), .last_wake = second(5), .poll_stats = &polled[1] } },
        { 3, { .created_at = second(3), .last_wake = second(4), .poll_stats = &polled[2] } },
        { 4, { .created_at = second(9), .poll_stats = &polled[3] } }
    };
    rs_tokio_console_tasks_task_update u = {
        .new_tasks = tasks, .new_tasks_n = 4, .stats_update = stats, .stats_update_n = 4
    };
    take(&(rs_tokio_console_instrument_update){ .now = second(10), .task_update = &u });
}

static void each_task_is_in_its_state(void **state) {
    (void)state;
    static const edo_console_v1_task_state_ states[] = {
        EDO_CONSOLE_V1_RUNS_, EDO_CONSOLE_V1_QUEUED_, EDO_CONSOLE_V1_WAITS_, EDO_CONSOLE_V1_QUEUED_
    };
    tell_four();
    assert_int_equal(look.tasks_all, 4);
    assert_int_equal(look.tasks_n, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(look.tasks[i].id, i + 1); // the oldest first
        assert_int_equal(look.tasks[i].state, states[i]);
    }
    IS(look.tasks[0].name, "cook at warp-0.3/src/serve.rs:7");
    IS(look.tasks[1].name, "task");
    assert_int_equal(look.tasks[0].age_tenths, 90);
    assert_int_equal(look.tasks[0].wait_tenths, -1);
    assert_int_equal(look.tasks[2].wait_tenths, 40);
    assert_int_equal(look.sites_n, 2);
    assert_int_equal(look.sites[1].n, 3);
    assert_int_equal(look.sites[1].queued, 2);
    assert_int_equal(look.sites[1].waits, 1);
    assert_int_equal(look.sites[1].oldest_tenths, 80);
}

static void a_task_that_ends_is_seen_once(void **state) {
    (void)state;
    task_stats ended[] = { { 3, { .created_at = second(3), .dropped_at = second(11) } },
                           { 77, { .created_at = second(3) } } }; // of one that was not told
    rs_tokio_console_tasks_task_update u = { .stats_update = ended, .stats_update_n = 2 };
    tell_four();
    take(&(rs_tokio_console_instrument_update){ .now = second(11), .task_update = &u });
    assert_int_equal(look.tasks_n, 4);
    assert_int_equal(look.tasks[2].state, EDO_CONSOLE_V1_ENDED_);
    take(&(rs_tokio_console_instrument_update){ .now = second(12) });
    assert_int_equal(look.tasks_n, 3);
}

static void tasks_of_a_site_are_asked_for(void **state) {
    (void)state;
    tell_four();
    assert_int_equal(tokio_look(&look, &arena, &told_so_far, EDO_STR("task"), 2), 0);
    assert_int_equal(look.tasks_n, 2);
    assert_int_equal(look.tasks[0].id, 2);
    assert_int_equal(look.tasks_all, 4);
}

/* ---- Locks ----------------------------------------------------------------------------------- */

/* The third task waits for a mutex, of which a call of the second one is over. */
static void tell_a_lock(void) {
    static id lock_id = { .id = 50 }, ops_id[2] = { { .id = 60 }, { .id = 61 } },
              waits = { .id = 3 }, had = { .id = 2 };
    resource lock = { .id = &lock_id, .concrete_type = EDO_STR("Mutex"), .location = &place };
    rs_tokio_console_resources_resource_update r = { .new_resources = &lock, .new_resources_n = 1 };
    op calls[2] = {
        { .id = &ops_id[0], .source = EDO_STR("Mutex::lock"), .resource_id = &lock_id },
        { .id = &ops_id[1], .source = EDO_STR("Mutex::lock"), .resource_id = &lock_id }
    };
    op_stats stats[2] = {
        { 60, { .created_at = second(4), .task_id = &waits } },
        { 61, { .created_at = second(4), .dropped_at = second(5), .task_id = &had } }
    };
    rs_tokio_console_async_ops_async_op_update o = {
        .new_async_ops = calls, .new_async_ops_n = 2, .stats_update = stats, .stats_update_n = 2
    };
    take(&(rs_tokio_console_instrument_update){
        .now = second(10), .resource_update = &r, .async_op_update = &o });
}

static void who_waits_for_a_lock_is_told(void **state) {
    (void)state;
    tell_four();
    tell_a_lock();
    IS(look.tasks[2].awaits, "Mutex::lock");
    IS(look.tasks[2].place, "warp-0.3/src/serve.rs:7");
    assert_int_equal(look.locks_n, 1);
    IS(look.locks[0].address, "Mutex at warp-0.3/src/serve.rs:7");
    assert_int_equal(look.locks[0].waiters_all, 1);
    assert_int_equal(look.locks[0].waiters[0].task, 3);
    assert_int_equal(look.locks[0].waiters[0].tenths, 40);
    assert_int_equal(look.open_n, 1);
    assert_int_equal(look.open[0].n, 1);
    assert_int_equal(look.open[0].waiting, 1);
    assert_int_equal(look.sites[1].awaits_n, 1);
    IS(look.sites[1].awaits[0].what, "Mutex::lock");

    op_stats got = {
        60, { .created_at = second(4), .dropped_at = second(11), .task_id = &(id){ .id = 3 } }
    };
    rs_tokio_console_async_ops_async_op_update o = { .stats_update = &got, .stats_update_n = 1 };
    take(&(rs_tokio_console_instrument_update){ .now = second(11), .async_op_update = &o });
    assert_int_equal(look.locks_n, 0);
    assert_int_equal(look.open[0].waiting, 0);
    take(&(rs_tokio_console_instrument_update){ .now = second(12) });
    assert_int_equal(told_so_far.ops.len, 0);
}

/* ---- What nobody should tell ----------------------------------------------------------------- */

static void updates_may_lack_everything(void **state) {
    (void)state;
    task tasks[2] = { { .id = NULL }, { .id = &(id){ .id = 0 } } };
    resource lock = { .id = NULL };
    op call = { .source = { NULL, 0 } };
    at before_1970 = { .seconds = -5, .nanos = -1 }, far = { .seconds = INT64_MAX };
    task_stats stats = { 0, { .created_at = &before_1970 } };
    rs_tokio_console_tasks_task_update t = { .new_tasks = tasks,
                                             .new_tasks_n = 2,
                                             .stats_update = &stats,
                                             .stats_update_n = 1,
                                             .dropped_events = 3 };
    rs_tokio_console_resources_resource_update r = { .new_resources = &lock, .new_resources_n = 1 };
    rs_tokio_console_async_ops_async_op_update o = { .new_async_ops = &call, .new_async_ops_n = 1 };
    take(&(rs_tokio_console_instrument_update){
        .now = &far, .task_update = &t, .resource_update = &r, .async_op_update = &o });
    assert_int_equal(look.tasks_n + look.locks_n + look.open_n, 0);
    IS(look.program, "tokio, 7 events lost"); // 3, and what has no id
    take(&(rs_tokio_console_instrument_update){ .now = NULL });
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(each_task_is_in_its_state, forget),
        cmocka_unit_test_teardown(a_task_that_ends_is_seen_once, forget),
        cmocka_unit_test_teardown(tasks_of_a_site_are_asked_for, forget),
        cmocka_unit_test_teardown(who_waits_for_a_lock_is_told, forget),
        cmocka_unit_test_teardown(updates_may_lack_everything, forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
