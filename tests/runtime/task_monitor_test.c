/* SPDX-License-Identifier: MIT */
/* Goal: a monitor counts its own tasks, all of them, each turn once, of every kind and with every
 * end. Method: tasks whose turns are known. */
#include <edo/edo.h>
#include <edo/task_monitor.h>

#include "aborts.h"
#include "monitored.h"
#include "patience.h"

#include <errno.h>
#include <pthread.h>

/* ---- Kinds of tasks -------------------------------------------------------------------------- */

static void each_turn_of_a_fiber_is_counted_on(const edo_runtime_opts *kind) {
    world w = begin(kind);
    run(&w, join_fiber);
    numbers_are(&w, (wanted){ 1, TURNS + 1, 0 });
    end(&w);
}
ON_EACH_KIND(each_turn_of_a_fiber_is_counted)

static int join_future(void *arg) {
    turns_future f;
    edo_spawn_opts opts = counted(arg);
    return edo_task_join(edo_spawn_future_with(turns_init(&f, arg), &opts)) - TURNS;
}

static void each_turn_of_a_state_machine_is_counted_on(const edo_runtime_opts *kind) {
    world w = begin(kind);
    run(&w, join_future);
    numbers_are(&w, (wanted){ 1, TURNS + 1, 0 });
    assert_int_equal(w.dropped, 0);
    end(&w);
}
ON_EACH_KIND(each_turn_of_a_state_machine_is_counted)

static int join_boxed(void *arg) {
    turns_future f;
    edo_spawn_opts opts = counted(arg);
    edo_future *box = edo_boxed_new(turns_init(&f, arg));
    CHECK(box);
    return edo_task_join(edo_spawn_future_with(box, &opts)) - TURNS;
}

static void each_turn_of_a_boxed_future_is_counted_on(const edo_runtime_opts *kind) {
    world w = begin(kind);
    run(&w, join_boxed);
    numbers_are(&w, (wanted){ 1, TURNS + 1, 0 });
    end(&w);
}
ON_EACH_KIND(each_turn_of_a_boxed_future_is_counted)

static int have_children(void *arg) {
    world *w = arg;
    edo_scope s;
    edo_scope_begin(&s, &(edo_scope_opts){ .monitor = w->m });
    for (int i = 0; i < 3; i++) edo_scope_spawn(&s, yield_some, NULL);
    return edo_scope_end(&s, 0);
}

static int spread_children(void *arg) {
    world *w = arg;
    edo_scope s;
    edo_scope_begin(&s, &(edo_scope_opts){ .monitor = w->m, .spread = true });
    for (int i = 0; i < 3; i++) edo_scope_spawn(&s, yield_some, NULL);
    return edo_scope_end(&s, 0);
}

static void children_of_a_scope_are_counted_on(const edo_runtime_opts *kind) {
    world w = begin(kind);
    run(&w, have_children);
    numbers_are(&w, (wanted){ 3, 3 * (TURNS + 1), 0 });
    run(&w, spread_children);
    numbers_are(&w, (wanted){ 6, 6 * (TURNS + 1), 0 });
    end(&w);
}
ON_EACH_KIND(children_of_a_scope_are_counted)

static int spread_and_migrate(void *arg) {
    world *w = arg;
    edo_spawn_opts spread = { .monitor = w->m, .spread = true, .stack = (size_t)128 * 1024 };
    edo_spawn_opts migrate = { .monitor = w->m, .migrate = true };
    edo_task *t[8];
    for (size_t i = 0; i < EDO_COUNT(t); i++)
        t[i] = edo_spawn_with(hear_some, w, i % 2 ? &spread : &migrate);
    ring_some(w, w->m, EDO_COUNT(t), EDO_COUNT(t));
    for (size_t i = 0; i < EDO_COUNT(t); i++) CHECK_EQ(edo_task_join(t[i]), 0);
    return 0;
}

static void fibers_that_move_about_are_counted_on(const edo_runtime_opts *kind) {
    world w = begin(kind);
    run(&w, spread_and_migrate);
    numbers_are(&w, (wanted){ 8, 8 * (TURNS + 1), 8 * TURNS });
    end(&w);
}
ON_EACH_KIND(fibers_that_move_about_are_counted)

static int leave_two_behind(void *arg) {
    turns_future f;
    edo_spawn_opts opts = counted(arg);
    CHECK_EQ(edo_spawn_detached_with(yield_some, NULL, &opts), 0);
    CHECK_EQ(edo_spawn_future_detached_with(turns_init(&f, arg), &opts), 0);
    return 0;
}

static void detached_tasks_are_counted_on(const edo_runtime_opts *kind) {
    world w = begin(kind);
    run(&w, leave_two_behind);
    assert_int_equal(edo_runtime_shutdown(w.rt, edo_s(60)), 0);
    edo_task_monitor_stats s = read_one(w.m);
    assert_int_equal(s.spawned, 2);
    assert_int_equal(s.first_polls, 2);
    assert_int_equal(s.ended, 2);
    end(&w);
}
ON_EACH_KIND(detached_tasks_are_counted)

static void tasks_of_other_threads_are_counted_on(const edo_runtime_opts *kind) {
    world w = begin(kind);
    edo_spawn_opts opts = counted(&w);
    turns_future f;
    edo_task_join_future j;
    assert_int_equal(edo_runtime_enter(w.rt), 0);
    edo_task *fiber = edo_spawn_with(yield_some, NULL, &opts);
    edo_task *machine = edo_spawn_future_with(turns_init(&f, &w), &opts);
    edo_runtime_leave(w.rt);
    assert_int_equal(edo_block_on(w.rt, edo_task_join_init(&j, fiber)), 0);
    assert_int_equal(edo_block_on(w.rt, edo_task_join_init(&j, machine)), TURNS);
    numbers_are(&w, (wanted){ 2, 2 * (TURNS + 1), 0 });
    end(&w);
}
ON_EACH_KIND(tasks_of_other_threads_are_counted)

/* ---- Ends ------------------------------------------------------------------------------------ */

static int abort_fresh_ones(void *arg) {
    turns_future f;
    edo_spawn_opts opts = counted(arg);
    edo_task *fiber = edo_spawn_with(yield_some, NULL, &opts);
    edo_task *machine = edo_spawn_future_with(turns_init(&f, arg), &opts);
    edo_task *boxed = edo_spawn_future_with(edo_boxed_new(turns_init(&f, arg)), &opts);
    edo_task_cancel(fiber);
    edo_task_cancel(machine);
    edo_task_cancel(boxed);
    CHECK_EQ(edo_task_join(fiber), -ECANCELED);
    CHECK_EQ(edo_task_join(machine), -ECANCELED);
    CHECK_EQ(edo_task_join(boxed), -ECANCELED);
    return 0;
}

static void task_cancelled_before_its_first_poll_has_one_turn(void **state) {
    (void)state;
    world w = begin(&one_thread);
    run(&w, abort_fresh_ones);
    // The fiber's first yield lets the others run, and returns the cancellation afterwards.
    numbers_are(&w, (wanted){ 3, 4, 0 });
    assert_int_equal(w.dropped, 2);
    end(&w);
}

static int abort_waiting_ones(void *arg) {
    edo_sleep_future nap;
    edo_spawn_opts opts = counted(arg);
    edo_task *fiber = edo_spawn_with(wait_for_bell, arg, &opts);
    edo_task *machine = edo_spawn_future_with(edo_sleep_init(&nap, edo_hours(1)), &opts);
    WAIT_FOR(read_one(((world *)arg)->m).polls >= 2);
    edo_task_cancel(fiber);
    edo_task_cancel(machine);
    CHECK_EQ(edo_task_join(fiber), -ECANCELED);
    CHECK_EQ(edo_task_join(machine), -ECANCELED);
    return 0;
}

static void task_cancelled_while_it_waits_has_ended_on(const edo_runtime_opts *kind) {
    world w = begin(kind);
    run(&w, abort_waiting_ones);
    numbers_are(&w, (wanted){ 2, 4, 2 });
    end(&w);
}
ON_EACH_KIND(task_cancelled_while_it_waits_has_ended)

static void tasks_keep_their_monitor_until_they_end_on(const edo_runtime_opts *kind) {
    world w = begin(kind);
    assert_int_equal(edo_runtime_enter(w.rt), 0);
    turns_future f;
    edo_sleep_future nap;
    edo_spawn_opts opts = counted(&w);
    assert_int_equal(edo_spawn_detached_with(sleep_some, NULL, &opts), 0);
    assert_int_equal(edo_spawn_future_detached_with(turns_init(&f, &w), &opts), 0);
    assert_int_equal(edo_spawn_future_detached_with(edo_sleep_init(&nap, edo_hours(1)), &opts), 0);
    edo_runtime_leave(w.rt);
    edo_task_monitor_unref(w.m);
    w.m = NULL;
    end(&w); // cancels the tasks that still wait
}
ON_EACH_KIND(tasks_keep_their_monitor_until_they_end)

static int hide(void *arg) {
    edo_shield sh;
    edo_shield_begin(&sh, (edo_duration)EDO_OFF);
    int err = edo_notify_wait(&((world *)arg)->bell);
    return edo_shield_end(&sh, err);
}

static int hide_in_a_scope(void *arg) {
    world *w = arg;
    edo_scope s;
    edo_scope_begin(&s, &(edo_scope_opts){ .monitor = w->m });
    edo_scope_spawn(&s, hide, w);
    return edo_scope_end(&s, 0);
}

/* In a child: abandoned tasks are left mapped, which the leak checker need not report. */
static edo_runtime_opts abandons;
static void abandon(void) {
    world w = begin(&abandons);
    edo_spawn_opts opts = counted(&w);
    assert_int_equal(edo_runtime_enter(w.rt), 0);
    assert_int_equal(edo_spawn_detached_with(hide, &w, &opts), 0);
    assert_int_equal(edo_spawn_detached(hide_in_a_scope, &w), 0);
    edo_runtime_leave(w.rt);
    edo_yield_future turn;
    while (read_one(w.m).polls < 2) assert_int_equal(edo_block_on(w.rt, edo_yield_init(&turn)), 0);
    if (edo_runtime_shutdown(w.rt, edo_ms(30)) < 2) _exit(1);
    edo_task_monitor_stats s = read_one(w.m);
    if (s.spawned != 2 || s.ended != 2) _exit(2);
    edo_notify_all(&w.bell); // a late wake
    end(&w);
    _exit(0);
}

static void task_abandoned_by_a_shutdown_has_ended_on(const edo_runtime_opts *kind) {
    abandons = *kind;
    assert_false(aborts(abandon));
}
ON_EACH_KIND(task_abandoned_by_a_shutdown_has_ended)

/* ---- Several, and none ----------------------------------------------------------------------- */

static int one_of_each(void *arg) {
    world *w = arg;
    edo_task *t[3] = {
        edo_spawn_with(yield_some, NULL, &(edo_spawn_opts){ .monitor = w->m }),
        edo_spawn_with(hear_some, w, &(edo_spawn_opts){ .monitor = w->other }),
        edo_spawn_with(yield_some, NULL, &(edo_spawn_opts){ .name = "not counted" }),
    };
    ring_some(w, w->other, 1, 1);
    for (size_t i = 0; i < EDO_COUNT(t); i++) CHECK_EQ(edo_task_join(t[i]), 0);
    return 0;
}

static void two_monitors_of_a_runtime_count_each_its_own_on(const edo_runtime_opts *kind) {
    world w = begin(kind);
    run(&w, one_of_each);
    edo_task_monitor_stats s = read_after(&w, TURNS + 1);
    assert_int_equal(s.spawned, 1);
    assert_int_equal(s.polls, TURNS + 1);
    assert_int_equal(s.idled, 0);
    WAIT_FOR(read_one(w.other).polls >= TURNS + 1);
    s = read_one(w.other);
    assert_int_equal(s.spawned, 1);
    assert_int_equal(s.ended, 1);
    assert_int_equal(s.polls, TURNS + 1);
    assert_int_equal(s.idled, TURNS);
    end(&w);
}
ON_EACH_KIND(two_monitors_of_a_runtime_count_each_its_own)

static int be_refused(void *arg) {
    world *w = arg;
    turns_future f;
    edo_spawn_opts opts = counted(w);
    CHECK_EQ(edo_task_join(edo_spawn_with(yield_some, w, &opts)), -ENOTSUP);
    CHECK_EQ(edo_spawn_detached_with(yield_some, w, &opts), -ENOTSUP);
    CHECK_EQ(edo_task_join(edo_spawn_future_with(turns_init(&f, w), &opts)), -ENOTSUP);
    CHECK_EQ(edo_spawn_future_detached_with(&f.base, &opts), -ENOTSUP);
    CHECK_EQ(edo_await(&f.base), TURNS); // it is still ours
    CHECK_EQ(have_children(w), -ENOTSUP);
    return 0;
}

static void a_runtime_without_the_option_refuses_on(const edo_runtime_opts *kind) {
    world w = begin(kind);
    assert_int_equal(inside_with(be_refused, &w, kind), 0);
    assert_int_equal(read_one(w.m).spawned, 0);
    end(&w);
}
ON_EACH_KIND(a_runtime_without_the_option_refuses)

static int spawn_uncounted(void *arg) {
    turns_future f;
    edo_spawn_opts opts = { .name = "by name" };
    CHECK_EQ(edo_task_join(edo_spawn_with(yield_some, NULL, &opts)), 0);
    CHECK_EQ(edo_task_join(edo_spawn_future_with(turns_init(&f, arg), &opts)), TURNS);
    CHECK_EQ(edo_task_join(edo_spawn_future_with(turns_init(&f, arg), NULL)), TURNS);
    CHECK_EQ(edo_spawn_future_detached_with(turns_init(&f, arg), NULL), 0);
    return 0;
}

static void no_monitor_is_as_good_as_any_on(const edo_runtime_opts *kind) {
    world w = begin(kind);
    run(&w, spawn_uncounted);
    assert_int_equal(read_one(w.m).spawned, 0);
    assert_int_equal(inside_with(spawn_uncounted, &w, kind), 0);
    end(&w);
}
ON_EACH_KIND(no_monitor_is_as_good_as_any)

static int spawn_badly(void *arg) {
    static const edo_spawn_opts rows[] = {
        { .stack = 65536 }, { .spread = true }, { .migrate = true }, { .reserved = { 1 } }
    };
    turns_future f;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        CHECK_EQ(edo_task_join(edo_spawn_future_with(turns_init(&f, arg), &rows[i])), -EINVAL);
        CHECK_EQ(edo_spawn_future_detached_with(turns_init(&f, arg), &rows[i]), -EINVAL);
    }
    return 0;
}

static void options_that_a_future_cannot_have_are_refused(void **state) {
    (void)state;
    world w = begin(&one_thread);
    run(&w, spawn_badly);
    end(&w);
}

static void bad_options_make_no_monitor(void **state) {
    (void)state;
    static const edo_task_monitor_opts rows[] = { { .slow_poll = { -1 } },
                                                  { .long_delay = { -1 } },
                                                  { .reserved = { 0, 0, 0, 1 } } };
    edo_task_monitor *m = NULL;
    for (size_t i = 0; i < EDO_COUNT(rows); i++)
        assert_int_equal(edo_task_monitor_new(&m, &rows[i]), -EINVAL);
    assert_null(m);
    edo_task_monitor_unref(NULL);
}

/* ---- Many ------------------------------------------------------------------------------------ */

#define CHILDREN 40
#define ROUNDS   10

typedef struct reader {
    const edo_task_monitor *m;
    edo_atomic_u32 stop;
} reader;

static void *read_on(void *arg) {
    reader *r = arg;
    edo_task_monitor_stats before = { 0 };
    while (__atomic_load_n(&r->stop.edoi_value, __ATOMIC_RELAXED) == 0) {
        edo_task_monitor_stats now = read_one(r->m);
        CHECK(now.polls >= before.polls && now.poll_ns >= before.poll_ns);
        CHECK(now.idled >= before.idled && now.idle_ns >= before.idle_ns);
        CHECK(now.scheduled >= before.scheduled && now.ended >= before.ended);
        before = now;
    }
    return NULL;
}

/* For each round of many(); the turns of those that go on at once, and the first of the others. */
#define TASKS       (2 * CHILDREN)
#define HEARERS     (CHILDREN / 2)
#define FIRST_POLLS ((TASKS - HEARERS) * (TURNS + 1) + HEARERS)

static int many(void *arg) {
    world *w = arg;
    edo_scope s;
    edo_spawn_opts opts = counted(w);
    edo_task *t[CHILDREN];
    uint64_t before = read_one(w->m).polls;
    edo_scope_begin(&s, &(edo_scope_opts){ .monitor = w->m });
    for (int i = 0; i < CHILDREN; i++) {
        turns_future f;
        edo_scope_spawn(&s, i % 2 ? hear_some : yield_some, w);
        t[i] = edo_spawn_future_with(turns_init(&f, w), &opts);
    }
    ring_some(w, w->m, before + FIRST_POLLS, HEARERS);
    for (int i = 0; i < CHILDREN; i++) CHECK_EQ(edo_task_join(t[i]), TURNS);
    return edo_scope_end(&s, 0);
}

static void readers_stop_no_worker_and_no_turn_is_lost_on(const edo_runtime_opts *kind) {
    world w = begin(kind);
    reader r = { .m = w.m };
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, read_on, &r), 0);
    for (uint64_t i = 0; i < ROUNDS; i++) {
        run(&w, many);
        (void)read_after(&w, (i + 1) * TASKS * (TURNS + 1)); // the next round counts from here
    }
    __atomic_store_n(&r.stop.edoi_value, 1, __ATOMIC_RELAXED);
    assert_int_equal(pthread_join(thread, NULL), 0);
    uint64_t tasks = (uint64_t)TASKS * ROUNDS;
    numbers_are(&w, (wanted){ tasks, tasks * (TURNS + 1), (uint64_t)HEARERS * ROUNDS * TURNS });
    end(&w);
}
ON_EACH_KIND(readers_stop_no_worker_and_no_turn_is_lost)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(task_abandoned_by_a_shutdown_has_ended),
        cmocka_unit_test(each_turn_of_a_fiber_is_counted),
        cmocka_unit_test(each_turn_of_a_state_machine_is_counted),
        cmocka_unit_test(each_turn_of_a_boxed_future_is_counted),
        cmocka_unit_test(children_of_a_scope_are_counted),
        cmocka_unit_test(fibers_that_move_about_are_counted),
        cmocka_unit_test(detached_tasks_are_counted),
        cmocka_unit_test(tasks_of_other_threads_are_counted),
        cmocka_unit_test(task_cancelled_before_its_first_poll_has_one_turn),
        cmocka_unit_test(task_cancelled_while_it_waits_has_ended),
        cmocka_unit_test(tasks_keep_their_monitor_until_they_end),
        cmocka_unit_test(two_monitors_of_a_runtime_count_each_its_own),
        cmocka_unit_test(a_runtime_without_the_option_refuses),
        cmocka_unit_test(no_monitor_is_as_good_as_any),
        cmocka_unit_test(options_that_a_future_cannot_have_are_refused),
        cmocka_unit_test(bad_options_make_no_monitor),
        cmocka_unit_test(readers_stop_no_worker_and_no_turn_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
