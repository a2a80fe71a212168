/* SPDX-License-Identifier: MIT */
/* Goal: a table of keys gives each host its share, is the same whatever the order of hosts, and
 * changes little but for those that have come or gone.
 * Method: tables of the same hosts in other orders, with one more, one less, another weight. */
#include "service/balance/maglev.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define N 100

static uint16_t before[EDOI_MAGLEV_SLOTS], after[EDOI_MAGLEV_SLOTS];

/* Fills `table` with hosts `from` to `to`, whose places are their numbers; `heavy` has thrice the
 * weight. */
static void fills(uint16_t *table, unsigned from, unsigned to, unsigned heavy) {
    edoi_maglev_host hosts[N];
    for (unsigned i = from; i < to; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "10.0.0.%u:80", i);
        hosts[i - from] = (edoi_maglev_host){ .hash = edoi_maglev_hash(edo_str_of(name)),
                                              .weight = i == heavy ? 3 : 1,
                                              .place = (uint16_t)i };
    }
    edoi_maglev_fill(table, hosts, to - from);
}

static unsigned slots_of(const uint16_t *table, unsigned place) {
    unsigned n = 0;
    for (size_t i = 0; i < EDOI_MAGLEV_SLOTS; i++) n += table[i] == place;
    return n;
}

static void each_host_has_its_share(void **state) {
    (void)state;
    fills(before, 0, N, N);
    for (unsigned i = 0; i < N; i++)
        assert_in_range(slots_of(before, i), EDOI_MAGLEV_SLOTS / N, EDOI_MAGLEV_SLOTS / N + 1);
    fills(before, 0, 7, 3); // three of nine
    for (unsigned i = 0; i < 7; i++) {
        const unsigned share = EDOI_MAGLEV_SLOTS / 9 * (i == 3 ? 3 : 1);
        assert_in_range(slots_of(before, i), share - 4, share + 8);
    }
    fills(before, 5, 6, N);
    assert_int_equal(slots_of(before, 5), EDOI_MAGLEV_SLOTS);
    fills(before, 0, 0, N);
    assert_int_equal(slots_of(before, EDOI_MAGLEV_NOBODY), EDOI_MAGLEV_SLOTS);
}

static void the_order_of_hosts_does_not_count(void **state) {
    edoi_maglev_host hosts[3] = { { .hash = 5, .weight = 1, .place = 0 },
                                  { .hash = 77, .weight = 2, .place = 1 },
                                  { .hash = 123456789, .weight = 1, .place = 2 } };
    (void)state;
    edoi_maglev_fill(before, hosts, 3);
    const edoi_maglev_host last = hosts[2];
    hosts[2] = hosts[0];
    hosts[0] = last;
    edoi_maglev_fill(after, hosts, 3);
    assert_memory_equal(before, after, sizeof before);
}

/* A key of a host that is in both tables has another one: how many of all. */
static double moved(void) {
    size_t n = 0;
    for (size_t i = 0; i < EDOI_MAGLEV_SLOTS; i++)
        n += before[i] != after[i] && before[i] != N - 1 && after[i] != N - 1;
    return (double)n / EDOI_MAGLEV_SLOTS;
}

static void few_keys_of_others_move_when_one_comes_or_goes(void **state) {
    (void)state;
    fills(before, 0, N, N);
    fills(after, 0, N - 1, N);
    print_message("one of %d goes: %.2f %% of the other keys move\n", N, 100 * moved());
    assert_true(moved() < 0.02); // and 1 % is the least that can
    fills(before, 0, 10, N);
    fills(after, 0, 9, N);
    size_t n = 0;
    for (size_t i = 0; i < EDOI_MAGLEV_SLOTS; i++) n += before[i] != after[i] && before[i] != 9;
    print_message("one of 10 goes: %.2f %% of the other keys move\n",
                  100 * (double)n / EDOI_MAGLEV_SLOTS);
    assert_true((double)n / EDOI_MAGLEV_SLOTS < 0.02);
}

/* Programs that share keys agree on them, also across versions. */
static void the_hash_is_fixed(void **state) {
    (void)state;
    assert_true(edoi_maglev_hash(EDO_STR("")) == UINT64_C(0xd1fba762150c532c));
    assert_true(edoi_maglev_hash(EDO_STR("10.0.0.7:8080")) == UINT64_C(0xe1c3a4cd33f2d169));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_host_has_its_share),
        cmocka_unit_test(the_order_of_hosts_does_not_count),
        cmocka_unit_test(few_keys_of_others_move_when_one_comes_or_goes),
        cmocka_unit_test(the_hash_is_fixed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
