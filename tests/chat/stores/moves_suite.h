/* SPDX-License-Identifier: MIT */
/* stores/moves_suite.h: what a form of the store that several programs use promises about people,
 * as functions that get an empty one: no time passes, as leases may be over at once. */
#ifndef CHAT_TESTS_MOVES_SUITE_H
#define CHAT_TESTS_MOVES_SUITE_H

#include "suite.h"

static const store_terms people_terms = { .lease_ms = 3600000, .keep_ms = 3600000 };
static const store_terms no_terms = { 0 }; /* what ends is over at once */

static store_move move_of(store_deed deed, const char *person, const char *wanted) {
    store_move m = { .deed = deed, .address = { 4, 127, 0, 0, 1 } };
    (void)snprintf(m.name.text, sizeof m.name.text, "%s", wanted);
    (void)snprintf(m.person, sizeof m.person, "%-16s", person);
    return m;
}

static store_move move_by(store *s, uint64_t program, store_deed deed, const char *person,
                          const char *wanted, const store_terms *terms) {
    store_move m = move_of(deed, person, wanted);
    assert_int_equal(store_move_people(s, terms, program, &m, 1), 0);
    return m;
}

/* The person does that at the program, of which comes that, if anything does. */
static void assert_move(store *s, uint64_t program, store_deed deed, const char *person,
                        const char *wanted, store_standing standing) {
    store_move m = move_by(s, program, deed, person, wanted, &people_terms);
    if (deed <= STORE_RENAMES) assert_int_equal(m.is, standing);
}

static void assert_where(store *s, uint64_t program, const char *person, const char *called,
                         store_standing standing) {
    store_move m = move_of(STORE_STAYS, person, called);
    assert_int_equal(store_where(s, program, &m, 1), 0);
    assert_int_equal(m.is, standing);
}

/* Somebody has the name, and is at that program; 0: nowhere. */
static void assert_found(store *s, const char *called, const char *person, const char *shown,
                         uint64_t program) {
    store_person by_name = { .program = 1 };
    (void)snprintf(by_name.name.text, sizeof by_name.name.text, "%s", called);
    assert_int_equal(store_find_person(s, &by_name), 0);
    assert_string_equal(by_name.name.text, shown);
    assert_string_equal(by_name.person, move_of(STORE_STAYS, person, "").person);
    assert_int_equal(by_name.program, program);
    store_person by_person = { .name = { "other" } };
    memcpy(by_person.person, by_name.person, sizeof by_person.person);
    assert_int_equal(store_find_person(s, &by_person), program > 0 ? 0 : -ENOENT);
    if (program > 0) assert_string_equal(by_person.name.text, shown);
    if (program > 0) assert_int_equal(by_person.program, program);
}

static void assert_nobody(store *s, const char *called) {
    store_person by_name = { .program = 1 };
    (void)snprintf(by_name.name.text, sizeof by_name.name.text, "%s", called);
    assert_int_equal(store_find_person(s, &by_name), -ENOENT);
}

static uint64_t begin_program(store *s, const store_terms *terms) {
    uint64_t program = 0;
    assert_int_equal(store_renew(s, terms, &program), 0);
    assert_true(program > 0);
    return program;
}

static void a_name_is_one_persons_over_programs(store *s) {
    uint64_t one = begin_program(s, &people_terms), other = begin_program(s, &people_terms);
    assert_true(one != other);
    assert_move(s, one, STORE_ARRIVES, "a1", "ann", STORE_HAS_NAME);
    assert_move(s, other, STORE_ARRIVES, "b1", "ANN", STORE_NAME_TAKEN);
    assert_where(s, other, "b1", "ann", STORE_NAME_TAKEN);
    assert_where(s, one, "a1", "Ann", STORE_HAS_NAME);
    assert_move(s, other, STORE_RENAMES, "b1", "bob", STORE_HAS_NAME);
    assert_move(s, one, STORE_RENAMES, "a1", "BOB", STORE_NAME_TAKEN);
    assert_where(s, one, "a1", "ann", STORE_HAS_NAME); // which it has still
    assert_move(s, one, STORE_RENAMES, "a1", "eve", STORE_HAS_NAME);
    assert_move(s, one, STORE_RENAMES, "a1", "EVE", STORE_HAS_NAME);
    assert_move(s, other, STORE_RENAMES, "b1", "ann", STORE_HAS_NAME);
    assert_where(s, one, "nobody", "bob", STORE_IS_UNKNOWN); // it was given up
    store_move own = move_of(STORE_RENAMES, "b1", "bob");
    own.is_own_only = true;
    assert_int_equal(store_move_people(s, &people_terms, other, &own, 1), 0);
    assert_int_equal(own.is, STORE_NAME_TAKEN);
    own = move_of(STORE_RENAMES, "b1", "Ann");
    own.is_own_only = true;
    assert_int_equal(store_move_people(s, &people_terms, other, &own, 1), 0);
    assert_int_equal(own.is, STORE_HAS_NAME);
    store_move batch[] = { move_of(STORE_DEPARTS, "a1", ""), move_of(STORE_ARRIVES, "c1", "cid"),
                           move_of(STORE_ARRIVES, "d1", "ann"), move_of(STORE_SPEAKS, "b1", "") };
    assert_int_equal(store_move_people(s, &people_terms, other, batch, EDO_COUNT(batch)), 0);
    assert_int_equal(batch[1].is, STORE_HAS_NAME);
    assert_int_equal(batch[2].is, STORE_NAME_TAKEN);
    assert_where(s, one, "a1", "eve", STORE_HAS_NAME);
}

static void a_person_is_at_the_program_to_which_it_came_last(store *s) {
    uint64_t one = begin_program(s, &people_terms), other = begin_program(s, &people_terms);
    assert_move(s, one, STORE_ARRIVES, "a1", "Ann", STORE_HAS_NAME);
    assert_move(s, one, STORE_SPEAKS, "a1", "ann", STORE_HAS_NAME);
    store_move came = move_by(s, other, STORE_ARRIVES, "a1", "", &people_terms);
    assert_int_equal(came.is, STORE_HAS_NAME);
    assert_string_equal(came.name.text, "Ann"); // which it has had until now
    assert_true(came.has_spoken);
    assert_where(s, one, "a1", "ann", STORE_IS_ELSEWHERE);
    assert_move(s, one, STORE_STAYS, "a1", "ann", STORE_IS_ELSEWHERE);
    assert_move(s, one, STORE_RENAMES, "a1", "eve", STORE_IS_ELSEWHERE);
    assert_move(s, one, STORE_SPEAKS, "a1", "ann", STORE_IS_ELSEWHERE);
    assert_move(s, one, STORE_DEPARTS, "a1", "ann", STORE_IS_ELSEWHERE);
    assert_where(s, other, "a1", "ann", STORE_HAS_NAME);
    assert_found(s, "aNN", "a1", "Ann", other);
    assert_move(s, one, STORE_ARRIVES, "a1", "eve", STORE_HAS_NAME);
    assert_found(s, "eve", "a1", "eve", one);
    assert_nobody(s, "ann");
    assert_where(s, other, "a1", "ann", STORE_IS_ELSEWHERE);
    assert_move(s, other, STORE_ARRIVES, "b1", "ann", STORE_HAS_NAME);
    assert_move(s, other, STORE_ARRIVES, "c1", "", STORE_NAME_TAKEN); // it has had none
}

static void a_name_that_was_spoken_under_is_kept_for_its_person(store *s) {
    uint64_t one = begin_program(s, &people_terms);
    assert_move(s, one, STORE_ARRIVES, "a1", "ann", STORE_HAS_NAME);
    assert_move(s, one, STORE_SPEAKS, "a1", "ann", STORE_HAS_NAME);
    assert_move(s, one, STORE_ARRIVES, "b1", "bob", STORE_HAS_NAME);
    assert_move(s, one, STORE_DEPARTS, "a1", "", STORE_HAS_NAME);
    assert_move(s, one, STORE_DEPARTS, "b1", "", STORE_HAS_NAME);
    assert_found(s, "ann", "a1", "ann", 0);
    assert_nobody(s, "bob");
    assert_move(s, one, STORE_ARRIVES, "e1", "ann", STORE_NAME_TAKEN);
    assert_where(s, one, "e1", "ann", STORE_NAME_TAKEN);
    assert_move(s, one, STORE_RENAMES, "e1", "bob", STORE_HAS_NAME);
    store_move back = move_by(s, one, STORE_ARRIVES, "a1", "ann", &people_terms);
    assert_int_equal(back.is, STORE_HAS_NAME);
    assert_true(back.has_spoken); // so it is kept again
    (void)move_by(s, one, STORE_DEPARTS, "a1", "", &no_terms);
    assert_where(s, one, "e1", "ann", STORE_IS_UNKNOWN); // its time is over
    assert_nobody(s, "ann");
    store_move eve = move_by(s, one, STORE_RENAMES, "e1", "ann", &people_terms);
    assert_int_equal(eve.is, STORE_HAS_NAME);
    assert_false(eve.has_spoken);
}

static void names_that_are_kept_of_an_address_are_bounded(store *s) {
    enum { MORE = 2, ALL = STORE_KEPT_OF_ADDRESS + MORE };
    uint64_t one = begin_program(s, &people_terms);
    for (int i = 0; i < ALL; i++) {
        char text[16];
        store_terms later = people_terms;
        (void)snprintf(text, sizeof text, "n%d", i);
        later.keep_ms += 1000 * i;
        store_move m = move_of(STORE_ARRIVES, text, text);
        m.has_spoken = true;
        assert_int_equal(store_move_people(s, &people_terms, one, &m, 1), 0);
        (void)move_by(s, one, STORE_DEPARTS, text, "", &later);
    }
    for (int i = 0; i < ALL; i++) {
        char text[16];
        (void)snprintf(text, sizeof text, "n%d", i);
        assert_where(s, one, "e1", text, i < MORE ? STORE_IS_UNKNOWN : STORE_NAME_TAKEN);
    }
}

static void people_of_a_program_that_is_gone_are_gone(store *s) {
    uint64_t one = begin_program(s, &no_terms); // which does not renew
    assert_move(s, one, STORE_ARRIVES, "a1", "ann", STORE_HAS_NAME);
    assert_move(s, one, STORE_SPEAKS, "a1", "ann", STORE_HAS_NAME);
    assert_move(s, one, STORE_ARRIVES, "b1", "bob", STORE_HAS_NAME);
    uint64_t other = begin_program(s, &people_terms); // which has not been there for long
    assert_move(s, other, STORE_ARRIVES, "e1", "bob", STORE_NAME_TAKEN);
    assert_move(s, other, STORE_ARRIVES, "c1", "cid", STORE_HAS_NAME);
    (void)begin_program(s, &(store_terms){ .keep_ms = people_terms.keep_ms });
    assert_where(s, one, "a1", "ann", STORE_IS_UNKNOWN);
    assert_where(s, other, "c1", "cid", STORE_HAS_NAME);
    assert_move(s, other, STORE_RENAMES, "e1", "ann", STORE_NAME_TAKEN); // it is kept
    assert_move(s, other, STORE_RENAMES, "e1", "bob", STORE_HAS_NAME);
    assert_int_equal(store_renew(s, &people_terms, &one), 0); // it was only slow
    store_move ann = move_by(s, one, STORE_STAYS, "a1", "ann", &people_terms);
    assert_int_equal(ann.is, STORE_HAS_NAME);
    assert_true(ann.has_spoken);
    assert_move(s, one, STORE_STAYS, "b1", "bob", STORE_NAME_TAKEN);
    assert_where(s, one, "b1", "bob", STORE_NAME_TAKEN);
    assert_move(s, one, STORE_RENAMES, "b1", "rob", STORE_HAS_NAME);
}

static void others_than_those_who_are_there_have_departed(store *s) {
    uint64_t one = begin_program(s, &people_terms), other = begin_program(s, &people_terms);
    assert_move(s, one, STORE_ARRIVES, "a1", "ann", STORE_HAS_NAME);
    assert_move(s, one, STORE_ARRIVES, "b1", "bob", STORE_HAS_NAME);
    assert_move(s, one, STORE_ARRIVES, "c1", "cid", STORE_HAS_NAME);
    assert_move(s, one, STORE_SPEAKS, "c1", "cid", STORE_HAS_NAME);
    assert_move(s, other, STORE_ARRIVES, "d1", "dan", STORE_HAS_NAME);
    const store_move here = move_of(STORE_STAYS, "a1", "ann");
    assert_int_equal(store_limit_people(s, &people_terms, one, &here, 1), 0);
    assert_found(s, "ann", "a1", "ann", one);
    assert_nobody(s, "bob");
    assert_found(s, "cid", "c1", "cid", 0); // it is kept
    assert_found(s, "dan", "d1", "dan", other);
    assert_int_equal(store_limit_people(s, &people_terms, other, NULL, 0), 0);
    assert_nobody(s, "dan");
}

/* ---- At once --------------------------------------------------------------------------------- */

enum { CLAIMING = 4, CLAIM_ROUNDS = 6, CLAIMED = 3 };

typedef struct claiming {
    store *s, *other;
    uint64_t programs[2];
    atomic_uint n;
    atomic_uint given[CLAIM_ROUNDS][CLAIMED];
} claiming;

static int claim_at_once(void *arg) {
    claiming *c = arg;
    unsigned me = atomic_fetch_add(&c->n, 1);
    for (unsigned i = 0; i < CLAIM_ROUNDS; i++) {
        store_move batch[CLAIMED];
        char text[16], person[16];
        for (unsigned k = 0; k < CLAIMED; k++) {
            unsigned which = (k + me + i) % CLAIMED;
            (void)snprintf(text, sizeof text, "n%u-%u", i, which);
            (void)snprintf(person, sizeof person, "%u-%u-%u", me, i, which);
            batch[k] = move_of(STORE_ARRIVES, person, text);
        }
        CHECK_EQ(store_move_people(me % 2 > 0 ? c->other : c->s, &people_terms, c->programs[me % 2],
                                   batch, CLAIMED),
                 0);
        for (unsigned k = 0; k < CLAIMED; k++) {
            CHECK(batch[k].is == STORE_HAS_NAME || batch[k].is == STORE_NAME_TAKEN);
            if (batch[k].is == STORE_HAS_NAME) c->given[i][(k + me + i) % CLAIMED]++;
        }
    }
    return 0;
}

static int claim_all(void *arg) {
    edo_scope all;
    edo_scope_begin(&all, NULL);
    for (int i = 0; i < CLAIMING; i++) CHECK_EQ(edo_scope_spawn(&all, claim_at_once, arg), 0);
    return edo_scope_end(&all, 0);
}

/* `other` may be another store of the same database. */
static void assert_names_are_given_once(store *s, store *other) {
    claiming c = { .s = s, .other = other };
    c.programs[0] = begin_program(s, &people_terms);
    c.programs[1] = begin_program(other, &people_terms);
    assert_int_equal(in_runtime(claim_all, &c), 0);
    for (int i = 0; i < CLAIM_ROUNDS; i++)
        for (int k = 0; k < CLAIMED; k++) assert_int_equal(c.given[i][k], 1);
}

static void names_that_many_want_are_given_once(store *s) {
    assert_names_are_given_once(s, s);
}

#endif
