/* SPDX-License-Identifier: MIT */
/* Goal: what may happen in several orders happens in each of them, with one seed or another, and in
 * the same one with the same seed.
 * Method: tasks that can run at one time, woken by several means, write down who is first; a world
 * is run twice, and with many seeds. */
#include "inside.h"

#include <edo/notify.h>
#include <edo/scope.h>
#include <edo/sim.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define TASKS  3
#define ORDERS 6 /* of three tasks */
#define SEEDS  100

typedef struct race {
    char order[TASKS + 1];
    size_t ended_n;
    edo_notify go;
    uint64_t drawn;
} race;

typedef struct runner {
    race *in;
    char name;
} runner;

static int run_to_the_end(void *arg) {
    const runner *r = arg;
    r->in->order[r->in->ended_n++] = r->name;
    return 0;
}

static int wait_and_run(void *arg) {
    const runner *r = arg;
    int err = edo_notify_wait(&r->in->go);
    return err < 0 ? err : run_to_the_end(arg);
}

static int sleep_and_run(void *arg) {
    int err = edo_sleep(edo_ms(5));
    return err < 0 ? err : run_to_the_end(arg);
}

static int race_of(race *r, edo_task_fn *fn) {
    runner all[TASKS] = { { r, 'a' }, { r, 'b' }, { r, 'c' } };
    r->go = (edo_notify)EDO_NOTIFY_INIT;
    EDO_SCOPE(tasks, NULL);
    for (int i = 0; i < TASKS; i++) edo_scope_spawn(&tasks, fn, &all[i]);
    int err = edo_sleep(edo_ms(1));
    edo_notify_all(&r->go);
    err = edo_scope_end(&tasks, err);
    if (getrandom(&r->drawn, sizeof r->drawn, 0) != sizeof r->drawn) err = -EIO;
    return err;
}

static int spawned_race(void *arg) {
    return race_of(arg, run_to_the_end);
}

static int woken_race(void *arg) {
    return race_of(arg, wait_and_run);
}

static int timed_race(void *arg) {
    return race_of(arg, sleep_and_run);
}

/* Returns the digest of the run. */
static uint64_t run_race(race *r, edo_task_fn *fn, uint64_t seed) {
    memset(r, 0, sizeof *r);
    edo_sim *sim = edo_sim_new(&(edo_sim_opts){ .seed = seed });
    assert_non_null(sim);
    assert_int_equal(edo_sim_client(sim, "track", fn, r), 0);
    assert_int_equal(edo_sim_run(sim, edo_s(1)), 0);
    uint64_t digest = edo_sim_digest(sim);
    assert_true(edo_sim_events_n(sim) > 2);
    edo_sim_free(sim);
    return digest;
}

typedef struct orders {
    char seen[ORDERS][TASKS + 1];
    size_t n;
} orders;

static void note_order(orders *all, const char order[TASKS + 1]) {
    size_t at = 0;
    while (at < all->n && strcmp(all->seen[at], order) != 0) at++;
    if (at < all->n) return;
    assert_true(all->n < ORDERS);
    memcpy(all->seen[all->n++], order, TASKS + 1);
}

static void expect_each_order(edo_task_fn *fn) {
    orders seen = { .n = 0 };
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        race first, again;
        uint64_t digest = run_race(&first, fn, seed);
        assert_int_equal(run_race(&again, fn, seed), digest);
        assert_string_equal(again.order, first.order);
        assert_int_equal(again.drawn, first.drawn);
        note_order(&seen, first.order);
    }
    assert_int_equal(seen.n, ORDERS);
}

static void tasks_that_were_spawned_run_in_each_order(void **state) {
    (void)state;
    expect_each_order(spawned_race);
}

static void tasks_that_were_woken_run_in_each_order(void **state) {
    (void)state;
    expect_each_order(woken_race);
}

static void tasks_of_one_time_run_in_each_order(void **state) {
    (void)state;
    expect_each_order(timed_race);
}

/* ---- Hosts ----------------------------------------------------------------------------------- */

/* Hosts in the place of tasks, which have their turns at one time. */
static void run_hosts(race *r, uint64_t seed) {
    runner all[TASKS] = { { r, 'a' }, { r, 'b' }, { r, 'c' } };
    memset(r, 0, sizeof *r);
    edo_sim *sim = edo_sim_new(&(edo_sim_opts){ .seed = seed });
    assert_non_null(sim);
    for (int i = 0; i < TASKS; i++)
        assert_int_equal(edo_sim_client(sim, (char[]){ all[i].name, 0 }, run_to_the_end, &all[i]),
                         0);
    assert_int_equal(edo_sim_run(sim, edo_s(2)), 0);
    edo_sim_free(sim);
}

static void hosts_of_one_time_run_in_each_order(void **state) {
    orders seen = { .n = 0 };
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        race first, again;
        run_hosts(&first, seed);
        run_hosts(&again, seed);
        assert_string_equal(again.order, first.order);
        note_order(&seen, first.order);
    }
    assert_int_equal(seen.n, ORDERS);
}

static void another_seed_is_another_run(void **state) {
    race one, other;
    (void)state;
    assert_int_not_equal(run_race(&one, woken_race, 1), run_race(&other, woken_race, 2));
    assert_int_not_equal(one.drawn, other.drawn);
}

static void trace_has_a_line_for_each_event(void **state) {
    char path[] = "/tmp/edo-sim-trace-XXXXXX", line[512];
    race r;
    uint64_t lines_n = 0;
    int fd = mkstemp(path);
    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(setenv("EDO_SIM_TRACE", path, 1), 0);
    (void)run_race(&r, woken_race, 3);
    assert_int_equal(unsetenv("EDO_SIM_TRACE"), 0);
    FILE *trace = fdopen(fd, "r");
    assert_non_null(trace);
    assert_non_null(fgets(line, sizeof line, trace));
    assert_string_equal(line, "1 0.000000000 track begins 1\n");
    for (lines_n = 1; fgets(line, sizeof line, trace); lines_n++)
        assert_int_equal(strtoull(line, NULL, 10), lines_n + 1);
    assert_true(lines_n > 2);
    assert_int_equal(fclose(trace), 0);
    assert_int_equal(unlink(path), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tasks_that_were_spawned_run_in_each_order),
        cmocka_unit_test(tasks_that_were_woken_run_in_each_order),
        cmocka_unit_test(tasks_of_one_time_run_in_each_order),
        cmocka_unit_test(hosts_of_one_time_run_in_each_order),
        cmocka_unit_test(another_seed_is_another_run),
        cmocka_unit_test(trace_has_a_line_for_each_event),
    };
    return cmocka_run_group_tests_name("sim_order", tests, NULL, NULL);
}
