/* SPDX-License-Identifier: MIT */
/* Goal: a person is where it came last, though what tells so is on its way for long, or a program
 * that it has left says meanwhile that it has gone.
 * Method: a real server, and for one of two programs a cable that is slow once it has told the
 * time. */
#include "cable.h"
#include "store/store.h"

#include <stdio.h>

static const edo_duration on_the_way = EDO_MS(60), before = EDO_MS(20);
static const store_terms terms = { .lease_ms = 3600000, .keep_ms = 3600000 };

static store *open_by(const char *url) {
    store *s = NULL;
    CHECK_EQ(store_pg_open(&s, url, NULL), 0);
    return s;
}

static store_move move_at(store_deed deed, const char *person, edo_instant at) {
    store_move m = { .deed = deed, .address = { 4, 127, 0, 0, 1 }, .at = at };
    if (deed == STORE_ARRIVES) (void)snprintf(m.name.text, sizeof m.name.text, "%s", person);
    (void)snprintf(m.person, sizeof m.person, "%-16s", person);
    return m;
}

static uint64_t begin_at(store *s) {
    uint64_t program = 0;
    CHECK_EQ(store_renew(s, &terms, &program), 0);
    return program;
}

/* What a task tells, and of whom. */
typedef struct telling {
    store *by;
    uint64_t program;
    store_move move;
} telling;

static int tell(void *arg) {
    telling *t = arg;
    return store_move_people(t->by, &terms, t->program, &t->move, 1);
}

static int tell_late(void *arg) {
    cable c;
    edo_task *cables = cable_new(&c);
    store *one = open_by(c.url), *other = open_by(the_server.url);
    telling first = { .by = one, .program = begin_at(one) };
    telling last = { .by = other, .program = begin_at(other) };
    (void)arg;
    edo_instant now = edo_now();
    first.move = move_at(STORE_ARRIVES, "ann", edo_instant_add(now, edo_ns(-before.ns)));
    last.move = move_at(STORE_ARRIVES, "ann", now);
    c.slow = on_the_way;
    edo_task *late = edo_spawn(tell, &first);
    CHECK(late != NULL);
    CHECK_EQ(tell(&last), 0);
    CHECK_EQ(last.move.is, STORE_HAS_NAME);
    CHECK_EQ(edo_task_join(late), 0);
    CHECK_EQ(first.move.is, STORE_IS_ELSEWHERE);
    store_free(one);
    store_free(other);
    cable_end(&c, cables);
    return 0;
}

static void arrival_that_is_long_on_its_way_was_no_later(void **state) {
    (void)state;
    assert_int_equal(inside_real(tell_late, NULL), 0);
}

/* The program that it has left lets it go before the other one can tell that it is there. */
static int depart_before(void *arg) {
    store *s = open_by(the_server.url);
    uint64_t one = begin_at(s), other = begin_at(s);
    edo_instant now = edo_now();
    store_move came = move_at(STORE_ARRIVES, "bob", edo_instant_add(now, edo_ms(-3000)));
    store_move went = move_at(STORE_DEPARTS, "bob", now);
    store_move back = move_at(STORE_ARRIVES, "bob", edo_instant_add(now, edo_ms(-1000)));
    (void)arg;
    CHECK_EQ(store_move_people(s, &terms, one, &came, 1), 0);
    CHECK_EQ(store_move_people(s, &terms, one, &went, 1), 0);
    CHECK_EQ(store_move_people(s, &terms, other, &back, 1), 0);
    CHECK_EQ(back.is, STORE_HAS_NAME);
    store_free(s);
    return 0;
}

static void departure_that_is_told_first_ends_no_later_arrival(void **state) {
    (void)state;
    assert_int_equal(inside_real(depart_before, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrival_that_is_long_on_its_way_was_no_later),
        cmocka_unit_test(departure_that_is_told_first_ends_no_later_arrival),
    };
    return cmocka_run_group_tests(tests, pg_setup, pg_teardown);
}
