/* SPDX-License-Identifier: MIT */
/* Goal: a table by address finds what was put, and the place for what was not, until it is full.
 * Method: random keys beside a plain list of them, with keys that share places, and of all. */
#include "base/places.h"

#include "seed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PLACES_MAX 64u

typedef struct placed {
    edo_atomic_u64 key;
    uint64_t value;
} placed;

static uint64_t seed;

static uint64_t drawn(void) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static uint64_t key_at(const placed *places, uint32_t at) {
    return edoi_load_rlx_u64(&places[at].key);
}

/* Puts a key, unless it is there; returns whether it was. */
static bool put(placed *places, uint32_t n, uint64_t key, uint64_t value) {
    const uint32_t at = edoi_places_find(places, sizeof places[0], n, key);
    assert_true(at < n);
    const bool was = key_at(places, at) == key;
    if (!was) {
        assert_int_equal(key_at(places, at), 0);
        edoi_store_rlx_u64(&places[at].key, key);
        places[at].value = value;
    }
    return was;
}

static void check_found(const placed *places, uint32_t n, const uint64_t *keys, uint32_t keys_n) {
    for (uint32_t i = 0; i < keys_n; i++) {
        const uint32_t at = edoi_places_find(places, sizeof places[0], n, keys[i]);
        assert_true(at < n && key_at(places, at) == keys[i]);
        assert_int_equal(places[at].value, i);
    }
}

/* Fills a table of `n` places with keys that differ by `step`, or at random if that is 0. */
static void fill(uint32_t n, uint64_t step) {
    placed places[PLACES_MAX] = { 0 };
    uint64_t keys[PLACES_MAX];
    const uint64_t first = drawn() | 1;
    for (uint32_t i = 0; i < n;) {
        keys[i] = step ? first + i * step : drawn() % 97 + 1;
        uint32_t k = 0;
        while (keys[k] != keys[i]) k++; // is it one of those before?
        assert_int_equal(put(places, n, keys[i], i), k < i);
        i += k == i;
        check_found(places, n, keys, i);
    }
    const uint64_t other = first == 1 ? 1000 : first - 1;
    assert_int_equal(edoi_places_find(places, sizeof places[0], n, other),
                     n); // it is full
}

static void has_what_was_put_until_it_is_full(void **state) {
    static const uint64_t steps[] = { 0, 1, 16, 64, 4096, (uint64_t)1 << 32, (uint64_t)1 << 58 };
    (void)state;
    seed = test_seed(7);
    for (uint32_t n = 1; n <= PLACES_MAX; n++)
        for (size_t i = 0; i < EDO_COUNT(steps); i++) fill(n, steps[i]);
}

/* Addresses are multiples of 16, or more: were their lowest bits the place, most would be free. */
static void addresses_in_a_row_have_places_of_their_own(void **state) {
    (void)state;
    for (unsigned step = 16; step <= 4096; step *= 2) {
        unsigned n[256] = { 0 }, most = 0;
        for (uint64_t i = 0; i < 256; i++) n[edoi_place_of(0x7f0000000000 + i * step, 256)]++;
        for (size_t i = 0; i < 256; i++) most = n[i] > most ? n[i] : most;
        assert_in_range(most, 1, 4);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_what_was_put_until_it_is_full),
        cmocka_unit_test(addresses_in_a_row_have_places_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
