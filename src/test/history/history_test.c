/* SPDX-License-Identifier: MIT */
/* Goal: a history has an order, or has none, exactly as each order tried in turn says; what is told
 * names the operation that fits nowhere, and histories of thousands are looked at, too.
 * Method: cases by hand; small random ones against all orders. */
#include <edo/error.h>
#include <edo/history.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define X EDO_STR("x")

/* ---- By hand --------------------------------------------------------------------------------- */

static edo_history *new_history(void) {
    edo_history *h = edo_history_new();
    assert_non_null(h);
    return h;
}

static void write_done(edo_history *h, const char *value) {
    edo_history_done(h, edo_history_write(h, X, edo_str_of(value)));
}

static void read_got(edo_history *h, const char *value) {
    int64_t op = edo_history_read(h, X);
    assert_int_equal(edo_history_got(h, op, value ? edo_str_of(value) : (edo_str){ 0 }), 0);
}

static void check_is(edo_history *h, int wanted) {
    assert_int_equal(edo_history_check(h), wanted);
    edo_trail_clear();
    edo_history_free(h);
}

static void one_after_the_other_each_reads_what_was_written_last(void **state) {
    (void)state;
    edo_history *h = new_history();
    read_got(h, NULL);
    write_done(h, "1");
    read_got(h, "1");
    write_done(h, "2");
    assert_int_equal(edo_history_check(h), 0);
    read_got(h, "1"); // which is old
    assert_int_equal(edo_history_check(h), -EPROTO);
    char text[256];
    (void)edo_trail_print_text(text, sizeof text, -EPROTO, EDO_TRAIL_LINE);
    assert_non_null(strstr(text, "register x: operation 5, read of \"1\", fits nowhere: behind 4 "
                                 "others there was \"2\""));
    edo_trail_clear();
    edo_history_free(h);
}

static void during_a_write_both_values_may_be_read_but_not_the_old_one_after_the_new(void **state) {
    (void)state;
    for (int turn = 0; turn < 2; turn++) {
        edo_history *h = new_history();
        write_done(h, "1");
        int64_t op = edo_history_write(h, X, EDO_STR("2"));
        read_got(h, turn == 0 ? "1" : "2");
        read_got(h, turn == 0 ? "2" : "1");
        edo_history_done(h, op);
        check_is(h, turn == 0 ? 0 : -EPROTO);
    }
}

static void a_write_whose_end_nobody_knows_may_come_at_any_time_or_never(void **state) {
    (void)state;
    edo_history *h = new_history();
    (void)edo_history_write(h, X, EDO_STR("late"));
    read_got(h, NULL);
    write_done(h, "1");
    read_got(h, "1");
    assert_int_equal(edo_history_check(h), 0);
    read_got(h, "late");
    assert_int_equal(edo_history_check(h), 0);
    read_got(h, "1"); // it comes once
    check_is(h, -EPROTO);
}

static void what_was_refused_has_not_happened(void **state) {
    (void)state;
    edo_history *h = new_history();
    int64_t op = edo_history_write(h, X, EDO_STR("1"));
    edo_history_refused(h, op);
    read_got(h, NULL);
    assert_int_equal(edo_history_check(h), 0);
    read_got(h, "1");
    check_is(h, -EPROTO);
}

static void of_two_swaps_from_one_value_one_wins(void **state) {
    (void)state;
    for (int both = 0; both < 2; both++) {
        edo_history *h = new_history();
        write_done(h, "0");
        int64_t a = edo_history_swap(h, X, EDO_STR("0"), EDO_STR("1"));
        int64_t b = edo_history_swap(h, X, EDO_STR("0"), EDO_STR("2"));
        edo_history_done(h, a);
        if (both)
            edo_history_done(h, b);
        else
            edo_history_refused(h, b);
        check_is(h, both ? -EPROTO : 0);
    }
    edo_history *h = new_history();
    write_done(h, "0");
    edo_history_refused(h, edo_history_swap(h, X, EDO_STR("0"), EDO_STR("1")));
    check_is(h, -EPROTO); // what was expected was there
}

static void registers_are_looked_at_one_by_one(void **state) {
    (void)state;
    edo_history *h = new_history();
    write_done(h, "1");
    int64_t op = edo_history_read(h, EDO_STR("y"));
    assert_int_equal(edo_history_got(h, op, (edo_str){ 0 }), 0);
    assert_int_equal(edo_history_check(h), 0);
    op = edo_history_read(h, EDO_STR("y"));
    assert_int_equal(edo_history_got(h, op, EDO_STR("1")), 0);
    check_is(h, -EPROTO);
}

static void what_has_no_number_is_left_alone(void **state) {
    (void)state;
    edo_history *h = new_history();
    edo_history_done(h, -ENOMEM);
    edo_history_refused(h, -ENOMEM);
    assert_int_equal(edo_history_got(h, -ENOMEM, EDO_STR("1")), 0);
    check_is(h, 0);
    edo_history_free(NULL);
}

/* Each of unknown end may come between any two others: those that nobody has seen are left out. */
static void many_of_unknown_end_are_no_long_search(void **state) {
    char text[256];
    (void)state;
    edo_history *h = new_history();
    write_done(h, "1");
    for (int i = 0; i < 200; i++) {
        (void)snprintf(text, sizeof text, "lost-%d", i);
        (void)edo_history_write(h, X, edo_str_of(text));
    }
    write_done(h, "2");
    read_got(h, "2");
    assert_int_equal(edo_history_check(h), 0);
    read_got(h, "1");
    assert_int_equal(edo_history_check(h), -EPROTO);
    (void)edo_trail_print_text(text, sizeof text, -EPROTO, EDO_TRAIL_LINE);
    assert_non_null(strstr(text, "behind 3 others there was \"2\""));
    edo_trail_clear();
    edo_history_free(h);
}

static void ends_of_another_kind_say_nothing(void **state) {
    (void)state;
    edo_history *h = new_history();
    write_done(h, "1");
    int64_t read = edo_history_read(h, X);
    edo_history_done(h, read);
    edo_history_refused(h, read);
    int64_t swap = edo_history_swap(h, X, EDO_STR("1"), EDO_STR("2"));
    assert_int_equal(edo_history_got(h, swap, EDO_STR("1")), 0);
    edo_history_done(h, swap);
    edo_history_refused(h, swap); // it has ended
    edo_history_done(h, swap + 1);
    edo_history_done(h, INT64_MAX);
    read_got(h, "2");
    check_is(h, 0);
}

static void a_register_without_a_name_is_one(void **state) {
    (void)state;
    edo_history *h = new_history();
    int64_t op = edo_history_read(h, (edo_str){ 0 });
    assert_int_equal(edo_history_got(h, op, EDO_STR("1")), 0);
    check_is(h, -EPROTO);
}

static void it_is_printed(void **state) {
    char text[512] = "";
    (void)state;
    edo_history *h = new_history();
    write_done(h, "1");
    edo_history_refused(h, edo_history_swap(h, X, EDO_STR("2"), EDO_STR("3")));
    (void)edo_history_read(h, X);
    read_got(h, "1");
    FILE *to = fmemopen(text, sizeof text, "w");
    assert_non_null(to);
    assert_int_equal(edo_history_print(h, X, to), 0);
    assert_int_equal(edo_history_print(h, EDO_STR("y"), to), -ENOENT);
    assert_int_equal(fclose(to), 0);
    assert_string_equal(text, "1, 1 to 2: write of \"1\"\n"
                              "2, 3 to 4: swap of \"2\" for \"3\", refused\n"
                              "3, 5 to 0: read, end unknown\n"
                              "4, 6 to 7: read of \"1\"\n");
    check_is(h, 0);
}

/* ---- Against all orders ---------------------------------------------------------------------- */

#define OPS 6

typedef struct op {
    int kind, value, expected, end; /* end: 0 unknown, 1 done, 2 refused */
    int began, ended;
} op;

/* Is there an order of those that are not in `used`? */
static bool has_order(const op *all, unsigned used, int value) {
    bool is_left = false;
    for (int i = 0; i < OPS; i++) is_left |= !(used >> i & 1) && all[i].end != 0;
    if (!is_left) return true;
    for (int i = 0; i < OPS; i++) {
        bool is_first = !(used >> i & 1);
        for (int k = 0; k < OPS && is_first; k++)
            is_first = k == i || used >> k & 1 || all[k].end == 0 || all[k].ended > all[i].began;
        if (!is_first) continue;
        const op *o = &all[i];
        int next = value;
        bool fits = true;
        if (o->kind == 0) fits = o->end == 0 || o->value == value;
        if (o->kind == 1 && o->end != 2) next = o->value;
        if (o->kind == 2 && o->end == 2) fits = value != o->expected;
        if (o->kind == 2 && o->end == 1) fits = value == o->expected;
        if (o->kind == 2 && o->end != 2 && value == o->expected) next = o->value;
        if (fits && has_order(all, used | 1u << i, next)) return true;
    }
    return false;
}

static uint32_t random_below(uint64_t *state, uint32_t n) {
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(*state >> 33) % n;
}

static const edo_str values[] = { { NULL, 0 }, { "1", 1 }, { "2", 1 } };

/* A history of six, whose begins and ends lie at random moments. */
static edo_history *random_history(uint64_t *state, op all[OPS]) {
    edo_history *h = new_history();
    int64_t numbers[OPS];
    int begun_n = 0, open[OPS], open_n = 0, now = 0;
    while (begun_n < OPS || open_n > 0) {
        bool begins = open_n == 0 || (begun_n < OPS && random_below(state, 2));
        if (begins) {
            op *o = &all[begun_n];
            *o = (op){ .kind = (int)random_below(state, 3),
                       .value = (int)random_below(state, 3),
                       .expected = (int)random_below(state, 3),
                       .began = now++ };
            numbers[begun_n] = o->kind == 0 ? edo_history_read(h, X)
                               : o->kind == 1
                                   ? edo_history_write(h, X, values[o->value])
                                   : edo_history_swap(h, X, values[o->expected], values[o->value]);
            open[open_n++] = begun_n++;
            continue;
        }
        uint32_t at = random_below(state, (uint32_t)open_n);
        int i = open[at];
        open[at] = open[--open_n];
        op *o = &all[i];
        uint32_t end = random_below(state, 6);
        o->end = end == 0 ? 0 : end == 1 && o->kind > 0 ? 2 : o->kind == 2 && end < 4 ? 2 : 1;
        o->ended = now++;
        if (o->end == 2) edo_history_refused(h, numbers[i]);
        if (o->end == 1 && o->kind > 0) edo_history_done(h, numbers[i]);
        if (o->end == 1 && o->kind == 0)
            assert_int_equal(edo_history_got(h, numbers[i], values[o->value]), 0);
    }
    return h;
}

static void small_ones_have_an_order_exactly_if_all_orders_say_so(void **state) {
    uint64_t random = 1;
    int with_n = 0, without_n = 0;
    (void)state;
    for (int i = 0; i < 3000; i++) {
        op all[OPS];
        edo_history *h = random_history(&random, all);
        bool has = has_order(all, 0, 0);
        with_n += has;
        without_n += !has;
        check_is(h, has ? 0 : -EPROTO);
    }
    assert_true(with_n > 300 && without_n > 300);
}

/* ---- Large ones ------------------------------------------------------------------------------ */

/* Eight clients, of which each has one operation under way, at a register that is right. */
static void thousands_of_eight_clients_are_looked_at(void **state) {
    enum { CLIENTS = 8, ALL = 3000 };
    int64_t ops[CLIENTS] = { 0 };
    int kinds[CLIENTS] = { 0 }, wrote[CLIENTS] = { 0 };
    char there[16] = "", text[16], seen[CLIENTS][16] = { "" };
    uint64_t random = 7;
    (void)state;
    edo_history *h = new_history();
    for (int n = 0; n < ALL;) {
        uint32_t who = random_below(&random, CLIENTS);
        if (ops[who] == 0) {
            kinds[who] = (int)random_below(&random, 2);
            (void)snprintf(text, sizeof text, "%d", ++n);
            wrote[who] = n;
            ops[who] =
                kinds[who] ? edo_history_write(h, X, edo_str_of(text)) : edo_history_read(h, X);
            if (kinds[who])
                (void)snprintf(there, sizeof there, "%d", wrote[who]);
            else
                memcpy(seen[who], there, sizeof there);
        } else {
            if (kinds[who]) edo_history_done(h, ops[who]);
            edo_str value = *seen[who] ? edo_str_of(seen[who]) : (edo_str){ 0 };
            if (!kinds[who]) assert_int_equal(edo_history_got(h, ops[who], value), 0);
            ops[who] = 0;
        }
    }
    assert_int_equal(edo_history_check(h), 0);
    read_got(h, "1");
    check_is(h, -EPROTO);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_after_the_other_each_reads_what_was_written_last),
        cmocka_unit_test(during_a_write_both_values_may_be_read_but_not_the_old_one_after_the_new),
        cmocka_unit_test(a_write_whose_end_nobody_knows_may_come_at_any_time_or_never),
        cmocka_unit_test(what_was_refused_has_not_happened),
        cmocka_unit_test(of_two_swaps_from_one_value_one_wins),
        cmocka_unit_test(registers_are_looked_at_one_by_one),
        cmocka_unit_test(what_has_no_number_is_left_alone),
        cmocka_unit_test(many_of_unknown_end_are_no_long_search),
        cmocka_unit_test(ends_of_another_kind_say_nothing),
        cmocka_unit_test(a_register_without_a_name_is_one),
        cmocka_unit_test(it_is_printed),
        cmocka_unit_test(small_ones_have_an_order_exactly_if_all_orders_say_so),
        cmocka_unit_test(thousands_of_eight_clients_are_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
