/* SPDX-License-Identifier: MIT */
/* Goal: each time is added to the right counter, exact to the nanosecond; without memory nothing is
 * counted and nothing lost; a dump shows what a monitored task runs, and its age. Method: records
 * taken through a task's life step by step; the k-th allocation fails. */
#include "runtime/scope/monitor.h"
#include "runtime/scope/wrapped.h"
#include "runtime/task/fiber_task.h"
#include "runtime/task/task.h"

#include "base/memory/alloc.h"

#include <edo/dump.h>
#include <edo/edo.h>

#include "monitored.h"

#include <errno.h>
#include <string.h>

#define MINUTE_NS INT64_C(60000000000)

/* A fiber that has only a record. */
typedef struct by_hand {
    edo_task_monitor *m;
    edoi_monitored_fiber fiber;
} by_hand;

static edoi_monitored *hand_begin(by_hand *h, const edo_task_monitor_opts *opts, int64_t now_ns) {
    assert_int_equal(edo_task_monitor_new(&h->m, opts), 0);
    edoi_fiber_task_init(&h->fiber.fiber, NULL, NULL);
    edoi_monitor_fiber(&h->fiber.fiber, h->m);
    h->fiber.monitored.since_ns = now_ns;
    return &h->fiber.monitored;
}

static void hand_end(by_hand *h) {
    edoi_monitored_fiber_end(&h->fiber.fiber);
    assert_null(h->fiber.monitored.monitor);
    assert_int_equal(read_one(h->m).ended, 1);
    edo_task_monitor_unref(h->m);
}

/* A poll at `now_ns`, of `length_ns`, after `waited_ns` in a queue. */
static void poll_at(edoi_monitored *r, int64_t now_ns, uint64_t waited_ns, uint64_t length_ns) {
    edoi_monitor_polled(edoi_monitored_begin(r, waited_ns, now_ns), length_ns);
}

static void each_part_of_a_life_has_its_counter(void **state) {
    (void)state;
    by_hand h;
    edoi_monitored *r = hand_begin(&h, NULL, 1000);
    poll_at(r, 5000, 3968, 300); // first poll: its stamp does not count
    edoi_monitored_idle(r, 5300);
    poll_at(r, 10000, 128, 700);
    poll_at(r, 10764, 64, 1); // it had yielded
    edo_task_monitor_stats s = read_one(h.m);
    assert_int_equal(s.spawned, 1);
    assert_int_equal(s.first_polls, 1);
    assert_int_equal(s.first_poll_delay_ns, 4000);
    assert_int_equal(s.mean_first_poll_delay.ns, 4000);
    assert_int_equal(s.idled, 1);
    assert_int_equal(s.idle_ns, 10000 - 128 - 5300);
    assert_int_equal(s.scheduled, 2);
    assert_int_equal(s.scheduled_ns, 128 + 64);
    assert_int_equal(s.mean_scheduled.ns, 96);
    assert_int_equal(s.polls, 3);
    assert_int_equal(s.poll_ns, 1001);
    assert_int_equal(s.mean_poll.ns, 333);
    assert_int_equal(s.slow_polls + s.long_delays + s.ended, 0);
    hand_end(&h);
}

static void wait_of_hours_is_counted_in_full(void **state) {
    (void)state;
    by_hand h;
    edoi_monitored *r = hand_begin(&h, NULL, 0);
    poll_at(r, 30 * MINUTE_NS, 0, 0);
    edoi_monitored_idle(r, 30 * MINUTE_NS);
    poll_at(r, 330 * MINUTE_NS, 64, 0);
    edo_task_monitor_stats s = read_one(h.m);
    assert_int_equal(s.first_poll_delay_ns, 30 * MINUTE_NS);
    assert_int_equal(s.idle_ns, 300 * MINUTE_NS - 64);
    hand_end(&h);
}

static void clocks_that_differ_make_no_time(void **state) {
    (void)state;
    by_hand h;
    edoi_monitored *r = hand_begin(&h, NULL, 1000);
    poll_at(r, 990, 0, 0); // spawned by a core whose clock is ahead
    edoi_monitored_idle(r, 2000);
    poll_at(r, 2010, 64, 0); // its wake is known only to 64 ns
    edo_task_monitor_stats s = read_one(h.m);
    assert_int_equal(s.first_polls, 1);
    assert_int_equal(s.first_poll_delay_ns, 0);
    assert_int_equal(s.idled, 1);
    assert_int_equal(s.idle_ns, 0);
    hand_end(&h);
}

static void poll_at_the_threshold_is_slow_and_delay_is_long(void **state) {
    (void)state;
    static const struct {
        edo_task_monitor_opts opts;
        uint64_t slow_ns, long_ns;
    } rows[] = { { { .slow_poll = { 0 } }, 50000, 50000 },
                 { { .slow_poll = { 7 }, .long_delay = { 640 } }, 7, 640 } };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        by_hand h;
        edoi_monitored *r = hand_begin(&h, &rows[i].opts, 0);
        poll_at(r, 0, rows[i].long_ns, rows[i].slow_ns - 1); // the first poll has no delay
        poll_at(r, 0, rows[i].long_ns, rows[i].slow_ns);
        poll_at(r, 0, rows[i].long_ns - 1, rows[i].slow_ns + 1);
        poll_at(r, 0, 0, 0);
        edo_task_monitor_stats s = read_one(h.m);
        assert_int_equal(s.slow_polls, 2);
        assert_int_equal(s.slow_poll_ns, 2 * rows[i].slow_ns + 1);
        assert_int_equal(s.long_delays, 1);
        assert_int_equal(s.long_delay_ns, rows[i].long_ns);
        assert_true(s.slow_poll_ratio > 0.49 && s.slow_poll_ratio < 0.51);
        assert_true(s.long_delay_ratio > 0.33 && s.long_delay_ratio < 0.34);
        hand_end(&h);
    }
}

/* ---- Without memory -------------------------------------------------------------------------- */

static bool may_fail(int err, int want) {
    CHECK(err == want || err == -ENOMEM);
    return err == want;
}

static int spawn_in_every_way(void *arg) {
    world *w = arg;
    turns_future f;
    edo_spawn_opts opts = counted(w);
    edo_scope s;
    (void)may_fail(edo_task_join(edo_spawn_with(yield_some, NULL, &opts)), 0);
    (void)may_fail(edo_task_join(edo_spawn_future_with(turns_init(&f, w), &opts)), TURNS);
    edo_future *box = edo_boxed_new(turns_init(&f, w));
    edo_task *t = box ? edo_spawn_future_with(box, &opts) : NULL;
    if (t) {
        CHECK_EQ(edo_task_join(t), TURNS);
    } else {
        edo_drop(box); // it is still ours
    }
    edo_scope_begin(&s, &(edo_scope_opts){ .monitor = w->m });
    edo_scope_spawn(&s, yield_some, NULL);
    (void)may_fail(edo_scope_end(&s, 0), 0);
    return 0;
}

/* One run whose k-th allocation fails. False: the run made fewer allocations. */
static bool run_failing(uint64_t k) {
    world w = { .bell = EDO_NOTIFY_INIT };
    edoi_alloc_fail_at(k);
    const edo_runtime_opts opts = { .start_paused = true, .task_monitors = true };
    bool made =
        may_fail(edo_task_monitor_new(&w.m, NULL), 0) && may_fail(edo_runtime_new(&w.rt, &opts), 0);
    if (made) (void)may_fail(edo_run(w.rt, spawn_in_every_way, &w), 0);
    bool fired = edoi_alloc_fail_fired();
    edoi_alloc_fail_at(0);
    edo_runtime_free(w.rt);
    if (made) {
        edo_task_monitor_stats s = read_one(w.m);
        assert_int_equal(s.spawned, s.ended);
        assert_int_equal(s.spawned, s.first_polls);
        if (!fired) assert_int_equal(s.spawned, 4);
        assert_int_equal(edo_task_monitor_ref(w.m) == w.m, 1);
        edo_task_monitor_unref(w.m);
    }
    edo_task_monitor_unref(w.m);
    return fired;
}

static void task_without_memory_is_not_counted(void **state) {
    (void)state;
    for (uint64_t k = 1; run_failing(k); k++) {
    }
}

/* ---- Dumps ----------------------------------------------------------------------------------- */

static int look_at_machines(void *arg) {
    turns_future f;
    edo_spawn_opts opts = counted(arg);
    edo_future *box = edo_boxed_new(turns_init(&f, arg));
    CHECK(box);
    edo_task *plain = edo_spawn_future_with(turns_init(&f, arg), &opts);
    edo_task *boxed = edo_spawn_future_with(box, &opts);
    const edo_future *own = edoi_task_future(boxed);
    CHECK_EQ(strcmp(edoi_wrapped_inner(edoi_task_future(plain))->ops->name, "turns"), 0);
    CHECK(edoi_wrapped_inner(own) == box);
    CHECK_EQ(edo_task_wait(boxed), TURNS);
    CHECK(edoi_wrapped_inner(own) == own); // the box is gone
    edo_task_cancel(plain);
    CHECK_EQ(edo_task_wait(plain), TURNS); // it had ended
    CHECK(edoi_wrapped_inner(edoi_task_future(plain)) == edoi_task_future(plain));
    edo_task_detach(plain);
    edo_task_detach(boxed);
    return 0;
}

static void dump_describes_the_future_of_a_counted_task(void **state) {
    (void)state;
    world w = begin(&one_thread);
    run(&w, look_at_machines);
    turns_future f;
    assert_ptr_equal(edoi_wrapped_inner(turns_init(&f, &w)), &f.base); // without a monitor
    end(&w);
}

/* The age of the named task in a dump, s; negative: none. */
static int told_age(const char *text, const char *name) {
    const char *line = strstr(text, name);
    CHECK(line);
    const char *end = strchr(line, '\n'), *age = strstr(line, " s old");
    CHECK(end);
    if (!age || age > end) return -1;
    while (age[-1] != ' ') age--;
    return (int)strtol(age, NULL, 10);
}

static int dump_ages(void *arg) {
    static char text[16 * 1024];
    world *w = arg;
    edo_notify_wait_future f;
    edo_spawn_opts opts[] = { counted(w), counted(w), { .name = "alone" } };
    opts[0].name = "fiber";
    opts[1].name = "machine";
    edo_task *tasks[] = { edo_spawn_with(wait_for_bell, w, &opts[0]),
                          edo_spawn_future_with(edo_notify_wait_init(&f, &w->bell), &opts[1]),
                          edo_spawn_with(wait_for_bell, w, &opts[2]) };
    edoi_monitored_of(tasks[1])->born_tenths -= 1000;
    CHECK_EQ(edo_yield(), 0);
    FILE *out = fmemopen(text, sizeof text, "w");
    CHECK(out);
    edo_dump_tasks(out);
    CHECK_EQ(fclose(out), 0);
    CHECK(told_age(text, " fiber: waits") >= 0 && told_age(text, " fiber: waits") < 50);
    CHECK(told_age(text, " machine: waits") >= 100 && told_age(text, " machine: waits") < 150);
    CHECK_EQ(told_age(text, " alone: waits"), -1);
    edo_notify_all(&w->bell);
    for (size_t i = 0; i < EDO_COUNT(tasks); i++) CHECK_EQ(edo_task_join(tasks[i]), 0);
    return 0;
}

static void dump_shows_the_age_of_a_counted_task(void **state) {
    (void)state;
    world w = begin(&one_thread);
    run(&w, dump_ages);
    end(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_part_of_a_life_has_its_counter),
        cmocka_unit_test(wait_of_hours_is_counted_in_full),
        cmocka_unit_test(clocks_that_differ_make_no_time),
        cmocka_unit_test(poll_at_the_threshold_is_slow_and_delay_is_long),
        cmocka_unit_test(task_without_memory_is_not_counted),
        cmocka_unit_test(dump_describes_the_future_of_a_counted_task),
        cmocka_unit_test(dump_shows_the_age_of_a_counted_task),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
