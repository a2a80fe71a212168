/* SPDX-License-Identifier: MIT */
/* Goal: equal keys get the same endpoint while it can take them; when endpoints come, go, fail or
 * are full no more keys move than have to; a service picks by the key of a request.
 * Method: a thousand keys, before and after, under a paused clock. */
#include "balance_world.h"

#define KEYS 1000

static const edo_balance_opts hash = { .kind = EDO_BALANCE_HASH };

static void pick_key(world *w, edo_balance_lease *lease, int key) {
    char text[16];
    (void)snprintf(text, sizeof text, "user %d", key);
    CHECK_EQ(edo_balance_pick_for(w->b, lease, edo_str_of(text), EDO_PICK_WAIT), 0);
}

/* Where each key goes. */
static void maps(world *w, char *at) {
    for (int i = 0; i < KEYS; i++) {
        edo_balance_lease lease;
        pick_key(w, &lease, i);
        at[i] = lease.to->address[0];
        edo_balance_done(&lease, 0);
    }
}

static int count(const char *at, char letter) {
    int n = 0;
    for (int i = 0; i < KEYS; i++) n += at[i] == letter;
    return n;
}

/* How many keys moved that were not `from`'s. */
static int moved(const char *before, const char *after, char from) {
    int n = 0;
    for (int i = 0; i < KEYS; i++) n += before[i] != from && before[i] != after[i];
    return n;
}

static void begins(world *w, const char *letters, const edo_balance_opts *opts) {
    world_begin(w, letters, opts);
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
}

EDO_TEST(equal_keys_get_the_same_endpoint_and_each_has_its_share, .paused = true) {
    world w = { .is_dropped = false };
    char one[KEYS], two[KEYS], other[KEYS];
    begins(&w, "abcdefgh", &hash);
    maps(&w, one);
    maps(&w, two);
    CHECK_EQ(memcmp(one, two, KEYS), 0);
    for (int c = 'a'; c <= 'h'; c++)
        CHECK(count(one, (char)c) > 85 && count(one, (char)c) < 170); // 125
    world_end(&w);
    w = (world){ .is_dropped = false };
    begins(&w, "hgfedcba", &hash); // another program, told in another order
    maps(&w, other);
    CHECK_EQ(memcmp(one, other, KEYS), 0);
    world_end(&w);
}

EDO_TEST(only_the_keys_of_one_that_goes_move_and_few_others, .paused = true) {
    world w = { .is_dropped = false };
    char before[KEYS], after[KEYS], again[KEYS];
    begins(&w, "abcdefgh", &hash);
    maps(&w, before);
    tells(&w, EDO_ENDPOINT_REMOVED, endpoint_at('c'));
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
    maps(&w, after);
    CHECK_EQ(count(after, 'c'), 0);
    CHECK(moved(before, after, 'c') < 30); // 3 %
    for (int c = 'a'; c <= 'h'; c++)
        CHECK(c == 'c' || count(after, (char)c) > count(before, (char)c) - 10);
    tells(&w, EDO_ENDPOINT_ADDED, endpoint_at('c'));
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
    maps(&w, again);
    CHECK_EQ(memcmp(before, again, KEYS), 0);
    world_end(&w);
}

EDO_TEST(while_one_is_away_only_its_keys_move_and_they_come_back, .paused = true) {
    world w = { .is_dropped = false };
    char before[KEYS], after[KEYS];
    begins(&w, "abcdefgh", &hash);
    maps(&w, before);
    EDO_TEST_OK(edo_sleep(edo_s(5)));
    w.hosts[2].is_down = true;
    edo_notify_all(&w.hosts[2].goodbye);
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
    maps(&w, after);
    CHECK_EQ(count(after, 'c'), 0);
    CHECK_EQ(moved(before, after, 'c'), 0);
    for (int c = 'a'; c <= 'h'; c++)
        CHECK(c == 'c' || count(after, (char)c) > count(before, (char)c) + 4);
    w.hosts[2].is_down = false;
    EDO_TEST_OK(edo_sleep(edo_s(5)));
    maps(&w, after);
    CHECK_EQ(memcmp(before, after, KEYS), 0);
    world_end(&w);
}

EDO_TEST(another_address_of_an_endpoint_keeps_its_keys, .paused = true) {
    world w = { .hosts = { [7] = { .connect_ms = 10 } } };
    char before[KEYS], after[KEYS];
    world_begin(&w, "abc", &hash);
    edo_endpoint shop = endpoint_at('d');
    memcpy(shop.key, "shop", 5);
    tells(&w, EDO_ENDPOINT_ADDED, shop);
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
    maps(&w, before);
    shop.address[0] = 'h';
    tells(&w, EDO_ENDPOINT_ADDED, shop);
    EDO_TEST_OK(edo_sleep(edo_ms(5)));
    maps(&w, after);
    CHECK_EQ(memcmp(before, after, KEYS), 0); // it is not ready yet
    EDO_TEST_OK(edo_sleep(edo_ms(10)));
    maps(&w, after);
    CHECK_EQ(moved(before, after, 'd'), 0);
    for (int i = 0; i < KEYS; i++) CHECK_EQ(before[i] == 'd', after[i] == 'h');
    world_end(&w);
}

EDO_TEST(weights_are_shares_of_keys, .paused = true) {
    world w = { .is_dropped = false };
    char at[KEYS], after[KEYS];
    world_begin(&w, "ab", &hash);
    edo_endpoint c = endpoint_at('c');
    c.weight = 2;
    tells(&w, EDO_ENDPOINT_ADDED, c);
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
    maps(&w, at);
    CHECK(count(at, 'c') > 430 && count(at, 'c') < 570);
    c.weight = 1;
    tells(&w, EDO_ENDPOINT_ADDED, c);
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
    maps(&w, after);
    CHECK(count(after, 'c') > 270 && count(after, 'c') < 400);
    world_end(&w);
}

/* Two hundred calls of one key at once; returns how many the fullest has. */
static uint64_t crowds(world *w) {
    edo_balance_lease leases[200];
    edo_balance_endpoint all[HOSTS_N];
    uint64_t most = 0;
    for (size_t i = 0; i < 200; i++) pick_key(w, &leases[i], 5);
    size_t n = edo_balance_list(w->b, all, HOSTS_N);
    for (size_t i = 0; i < n; i++)
        if (all[i].in_flight > most) most = all[i].in_flight;
    for (size_t i = 0; i < 200; i++) edo_balance_done(&leases[i], 0);
    return most;
}

EDO_TEST(no_endpoint_gets_more_calls_than_its_share_and_a_bit, .paused = true) {
    world w = { .is_dropped = false };
    edo_balance_opts opts = { .kind = EDO_BALANCE_HASH };
    begins(&w, "abcdefgh", &opts);
    const uint64_t most = crowds(&w);
    CHECK(most >= 30 && most <= 32); // 25, and a quarter more
    world_end(&w);
    opts.load_spread = 1;
    w = (world){ .is_dropped = false };
    begins(&w, "abcdefgh", &opts);
    CHECK(crowds(&w) >= 49 && crowds(&w) <= 51);
    world_end(&w);
    opts.load_spread = -1;
    w = (world){ .is_dropped = false };
    begins(&w, "abcdefgh", &opts);
    CHECK_EQ(crowds(&w), 200);
    world_end(&w);
}

EDO_TEST(without_a_key_it_is_two_choices, .paused = true) {
    world w = { .is_dropped = false };
    edo_balance_lease leases[40];
    edo_balance_endpoint all[HOSTS_N];
    begins(&w, "ab", &hash);
    for (size_t i = 0; i < 40; i++) CHECK_EQ(edo_balance_pick(w.b, &leases[i], EDO_PICK_WAIT), 0);
    CHECK_EQ(edo_balance_list(w.b, all, HOSTS_N), 2);
    CHECK_EQ(all[0].in_flight, 20);
    for (size_t i = 0; i < 40; i++) edo_balance_done(&leases[i], 0);
    world_end(&w);
}

/* ---- As a service ---------------------------------------------------------------------------- */

static int names_itself(void *arg, void *request, void *response) {
    (void)request;
    *(char *)response = (char)(intptr_t)arg;
    return 0;
}

static int opens(void *arg, edo_service **svc, const void *target) {
    (void)arg;
    const intptr_t letter = (unsigned char)((const edo_endpoint *)target)->address[0];
    return edo_service_from_fn(svc, names_itself, (void *)letter, NULL);
}

static edo_str key_of(void *arg, const void *request) {
    (void)arg;
    return edo_str_of(request);
}

EDO_TEST(a_service_picks_by_the_key_of_the_request, .paused = true) {
    const edo_balance_opts opts = { .kind = EDO_BALANCE_HASH, .key = key_of };
    const edo_endpoint all[] = { endpoint_at('a'), endpoint_at('b'), endpoint_at('c') };
    edo_service *svc;
    int seen = 0;
    EDO_TEST_OK(edo_balance_service_new(&svc, edo_discover_list(all, 3), opens, NULL, NULL, &opts));
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
    for (int i = 0; i < 60; i++) {
        char key[16], first, second;
        (void)snprintf(key, sizeof key, "%d", i / 2);
        CHECK_EQ(edo_service_oneshot(svc, key, &first), 0);
        CHECK_EQ(edo_service_oneshot(svc, key, &second), 0);
        CHECK_EQ(first, second);
        seen |= 1 << (first - 'a');
    }
    CHECK_EQ(seen, 7);
    edo_permit permit = EDO_PERMIT_INIT;
    CHECK_EQ(edo_service_ready(svc, &permit), 0);
    edo_permit_release(&permit); // it holds nothing
    edo_service_unref(svc);
    EDO_TEST_OK(edo_test_settle());
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_keys_get_the_same_endpoint_and_each_has_its_share),
        cmocka_unit_test(only_the_keys_of_one_that_goes_move_and_few_others),
        cmocka_unit_test(while_one_is_away_only_its_keys_move_and_they_come_back),
        cmocka_unit_test(another_address_of_an_endpoint_keeps_its_keys),
        cmocka_unit_test(weights_are_shares_of_keys),
        cmocka_unit_test(no_endpoint_gets_more_calls_than_its_share_and_a_bit),
        cmocka_unit_test(without_a_key_it_is_two_choices),
        cmocka_unit_test(a_service_picks_by_the_key_of_the_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
