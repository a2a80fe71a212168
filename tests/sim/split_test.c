/* SPDX-License-Identifier: MIT */
/* Goal: hosts that fall apart into two sets reach those of their own set alone, and all others when
 * it is over; ways that were cut besides stay so.
 * Method: each host tries to connect to each other one, before a split, within and behind it. */
#include "inside.h"

#include <edo/net.h>
#include <edo/scope.h>
#include <edo/sim.h>

#include <errno.h>
#include <string.h>

#define HOSTS 4
#define TRIES 3

static const char *const names[HOSTS] = { "a", "b", "c", "d" };

typedef struct person {
    int number;
    bool has_reached[TRIES][HOSTS];
} person;

static int greet(void *arg) {
    edo_listener *l;
    edo_stream *s;
    (void)arg;
    int err = edo_tcp_listen(&l, "0.0.0.0:7000", NULL);
    while (err == 0 && (err = edo_accept(l, &s)) == 0) edo_close(s);
    if (err < 0 && err != -ECANCELED) return err;
    edo_listener_close(l);
    return err;
}

static int reach(const char *name) {
    char address[16];
    edo_stream *s;
    (void)snprintf(address, sizeof address, "%s:7000", name);
    EDO_DEADLINE(limit, edo_s(1));
    int err = edo_tcp_connect(&s, address, NULL);
    if (err == 0) edo_close(s);
    return edo_deadline_end(&limit, err);
}

/* Each ten seconds from the fifth on. */
static int visit(person *p) {
    int err = edo_sleep(edo_s(5));
    for (int i = 0; i < TRIES && err == 0; i++) {
        const edo_instant next = edo_instant_add(edo_now(), edo_s(10));
        for (int k = 0; k < HOSTS; k++)
            p->has_reached[i][k] = k != p->number && reach(names[k]) == 0;
        err = edo_sleep(edo_instant_since(next, edo_now()));
    }
    return err;
}

static int live(void *arg) {
    EDO_SCOPE(all, NULL);
    edo_scope_spawn(&all, greet, NULL);
    int err = visit(arg);
    edo_scope_cancel(&all);
    int end = edo_scope_end(&all, err);
    return end == -ECANCELED ? err : end;
}

static edo_sim *world(person all[HOSTS]) {
    edo_sim *sim = edo_sim_new(&(edo_sim_opts){ .seed = 11 });
    assert_non_null(sim);
    for (int i = 0; i < HOSTS; i++) {
        all[i] = (person){ .number = i };
        assert_int_equal(edo_sim_client(sim, names[i], live, &all[i]), 0);
    }
    return sim;
}

static bool all_have(const person all[HOSTS], int nth, bool (*reaches)(int from, int to)) {
    bool is_so = true;
    for (int i = 0; i < HOSTS; i++)
        for (int k = 0; k < HOSTS; k++)
            is_so = is_so && all[i].has_reached[nth][k] == (i != k && reaches(i, k));
    return is_so;
}

static bool anybody(int from, int to) {
    return from >= 0 && to >= 0;
}

static bool those_beside(int from, int to) { // a and c, b and d
    return from % 2 == to % 2;
}

static void sets_go_on_by_themselves(void **state) {
    static const char *const side[] = { "a", "c" };
    person all[HOSTS];
    (void)state;
    edo_sim *sim = world(all);
    assert_int_equal(edo_sim_split(sim, side, 2, edo_s(10), edo_s(14)), 0);
    assert_int_equal(edo_sim_calm(sim).ns, edo_s(24).ns);
    assert_true(edo_sim_is_disturbed(sim, "d", edo_s(12), edo_s(13)));
    assert_false(edo_sim_is_disturbed(sim, "d", edo_s(1), edo_s(9)));
    assert_int_equal(edo_sim_run(sim, edo_minutes(1)), 0);
    assert_true(all_have(all, 0, anybody));
    assert_true(all_have(all, 1, those_beside));
    assert_true(all_have(all, 2, anybody));
    edo_sim_free(sim);
}

static bool all_but_a_and_b(int from, int to) {
    return from + to != 1;
}

static bool those_beside_alone(int from, int to) {
    return those_beside(from, to) && all_but_a_and_b(from, to);
}

static void way_that_is_cut_besides_stays_so(void **state) {
    static const char *const side[] = { "b", "d" };
    person all[HOSTS];
    (void)state;
    edo_sim *sim = world(all);
    assert_int_equal(edo_sim_partition(sim, "a", "b", edo_s(0), edo_s(-1)), 0);
    assert_int_equal(edo_sim_split(sim, side, 2, edo_s(10), edo_s(14)), 0);
    assert_int_equal(edo_sim_run(sim, edo_minutes(1)), 0);
    assert_true(all_have(all, 0, all_but_a_and_b));
    assert_true(all_have(all, 1, those_beside_alone));
    assert_true(all_have(all, 2, all_but_a_and_b));
    edo_sim_free(sim);
}

static void what_cannot_be_is_refused(void **state) {
    static const char *const unknown[] = { "a", "x" }, *const twice[] = { "a", "a" };
    person all[HOSTS];
    (void)state;
    edo_sim *sim = world(all);
    assert_int_equal(edo_sim_split(sim, names, HOSTS, edo_s(1), edo_s(1)), -EINVAL);
    assert_int_equal(edo_sim_split(sim, names, 0, edo_s(1), edo_s(1)), -EINVAL);
    assert_int_equal(edo_sim_split(sim, names, 1, edo_s(-1), edo_s(1)), -EINVAL);
    assert_int_equal(edo_sim_split(sim, unknown, 2, edo_s(1), edo_s(1)), -EINVAL);
    assert_int_equal(edo_sim_split(sim, twice, 2, edo_s(1), edo_s(1)), -EINVAL);
    assert_int_equal(edo_sim_calm(sim).ns, 0);
    edo_sim_free(sim);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_go_on_by_themselves),
        cmocka_unit_test(way_that_is_cut_besides_stays_so),
        cmocka_unit_test(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests_name("sim_split", tests, NULL, NULL);
}
