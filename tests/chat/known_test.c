/* SPDX-License-Identifier: MIT */
/* Goal: who was shown a name knows whether another person has it now, within a bound.
 * Method: the source is included, and looked into. */
#include "../../apps/chat/room/known.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MOST 20

static const namer run = { .secret = 4711 };
static const name bob = { "bob" };
#define HI   EDO_STR("hi")
#define PSST EDO_STR("psst")

static uint64_t naming_n(unsigned i) {
    name n;
    (void)snprintf(n.text, sizeof n.text, "n-%u", i);
    return naming_of(&run, &n, "a1");
}

static void naming_is_of_the_name_in_any_case_and_of_the_person(void **state) {
    (void)state;
    assert_true(naming_of(&run, &bob, "a1") == naming_of(&run, &(name){ "BoB" }, "a1"));
    assert_true(naming_of(&run, &bob, "a1") != naming_of(&run, &bob, "a2"));
    assert_true(naming_of(&run, &bob, "a1") != naming_of(&run, &(name){ "bob-" }, "a1"));
    assert_true(naming_of(&run, &bob, "") != 0);
}

static void name_of_another_person_is_asked_for_and_the_same_text_allowed(void **state) {
    (void)state;
    known_names k;
    uint64_t first = naming_of(&run, &bob, "a1"), second = naming_of(&run, &bob, "a2");
    uint64_t third = naming_of(&run, &bob, "a3");
    known_init(&k, MOST);
    assert_true(known_allows(&k, second, false, HI)); // it was never shown
    known_note(&k, first);
    assert_true(known_allows(&k, first, false, HI));
    assert_false(known_allows(&k, second, false, HI));
    assert_false(known_allows(&k, second, false, PSST)); // sent at once with the other
    assert_false(known_allows(&k, third, false, HI));    // asked about another person
    assert_true(known_allows(&k, second, false, HI));
    assert_true(known_allows(&k, second, false, EDO_STR("more"))); // now it is known
    assert_false(known_allows(&k, first, false, HI)); // the name has changed hands again
    known_note(&k, first);                            // and that was shown
    assert_true(known_allows(&k, first, false, HI));
    known_ask(&k, third, HI);
    assert_true(known_allows(&k, third, false, HI));
    known_deinit(&k);
}

static void name_whose_owner_is_not_known_is_asked_for(void **state) {
    (void)state;
    known_names k;
    known_init(&k, MOST);
    known_note(&k, naming_of(&run, &bob, ""));
    assert_false(known_allows(&k, naming_of(&run, &bob, "a1"), false, HI));
    known_note(&k, naming_of(&run, &bob, "a1"));
    known_note(&k, naming_of(&run, &bob, "")); // of the past: no news
    known_note(&k, 0);
    assert_int_equal(k.n, 1);
    assert_true(known_allows(&k, naming_of(&run, &bob, "a1"), false, HI));
    known_deinit(&k);
}

static void names_that_were_shown_last_are_remembered(void **state) {
    (void)state;
    known_names k;
    known_init(&k, MOST);
    known_note(&k, naming_of(&run, &bob, "a1"));
    for (unsigned i = 0; i < 3 * MOST; i++) {
        known_note(&k, naming_n(i));
        if (i < 2 * MOST) known_note(&k, naming_of(&run, &bob, "a1"));
        bool is_kept = i < 2 * MOST + MOST - 1;
        assert_int_equal(known_allows(&k, naming_of(&run, &bob, "a2"), false, HI), !is_kept);
        memset(k.asked, 0, sizeof k.asked);
        assert_true(k.n <= MOST && k.cap <= MOST);
    }
    for (unsigned i = 2 * MOST; i < 3 * MOST; i++)
        assert_true(find_shown(&k, naming_n(i)) == i - 2 * MOST);
    known_deinit(&k);
}

static void name_that_may_be_forgotten_is_asked_for_if_another_has_had_it(void **state) {
    (void)state;
    known_names k;
    uint64_t owner = naming_of(&run, &bob, "a2");
    known_init(&k, MOST);
    for (unsigned i = 0; i < MOST; i++) known_note(&k, naming_n(i));
    assert_true(known_allows(&k, owner, true, HI)); // it was never shown
    known_note(&k, naming_n(MOST));                 // for which another one is forgotten
    assert_true(known_allows(&k, owner, false, HI));
    assert_false(known_allows(&k, owner, true, HI));
    assert_true(known_allows(&k, owner, true, HI));
    assert_true(known_allows(&k, owner, true, PSST));
    known_deinit(&k);
    known_init(&k, MOST);
    known_forget(&k);
    assert_false(known_allows(&k, owner, true, HI));
    known_note(&k, owner);
    assert_true(known_allows(&k, owner, true, HI));
    known_deinit(&k);
}

static void first_of_many_texts_is_allowed_when_all_come_again(void **state) {
    (void)state;
    char texts[3 * KNOWN_ASKED][8];
    known_names k;
    known_init(&k, MOST);
    known_note(&k, naming_of(&run, &bob, "a1"));
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 3 * KNOWN_ASKED; i++) {
            (void)snprintf(texts[i], sizeof texts[i], "%u", i);
            bool is_allowed =
                known_allows(&k, naming_of(&run, &bob, "a2"), false, edo_str_of(texts[i]));
            assert_int_equal(is_allowed, round == 1);
        }
    }
    known_deinit(&k);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(naming_is_of_the_name_in_any_case_and_of_the_person),
        cmocka_unit_test(name_of_another_person_is_asked_for_and_the_same_text_allowed),
        cmocka_unit_test(name_whose_owner_is_not_known_is_asked_for),
        cmocka_unit_test(names_that_were_shown_last_are_remembered),
        cmocka_unit_test(name_that_may_be_forgotten_is_asked_for_if_another_has_had_it),
        cmocka_unit_test(first_of_many_texts_is_allowed_when_all_come_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
