/* SPDX-License-Identifier: MIT */
/* Goal: a keyed limiter without memory fails as it says, and decides as before once there is some.
 * Method: each request for memory fails in turn. */
#include "base/memory/alloc.h"

#include <edo/limiter.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static const edo_keyed_limiter_opts opts = {
    .limit = { .num = 1, .per = EDO_HOURS(24), .burst = 1 }, .keys_max = 1000, .key_bytes_max = 1000
};

static void making_one_fails_and_leaks_nothing(void **state) {
    (void)state;
    for (uint64_t n = 1, fired = 1; fired; n++) {
        edo_keyed_limiter *k = NULL;
        edoi_alloc_fail_at(n);
        int err = edo_keyed_limiter_new(&k, &opts);
        fired = edoi_alloc_fail_fired();
        edoi_alloc_fail_at(0);
        assert_int_equal(err, fired ? -ENOMEM : 0);
        assert_true((k != NULL) == (err == 0));
        edo_keyed_limiter_free(k);
    }
}

/* Keys above 512 bytes, which come from no cache. */
static void a_new_key_without_memory_is_decided_later(void **state) {
    (void)state;
    static char key[600];
    edo_keyed_limiter *k;
    int refused_n = 0;
    assert_int_equal(edo_keyed_limiter_new(&k, &opts), 0);
    for (int i = 0; i < 100; i++) {
        (void)snprintf(key, sizeof key, "%d", i);
        edoi_alloc_fail_at(i % 2 ? 1 : 2); // the key's memory, or that of a larger table
        int err = edo_keyed_limiter_check(k, NULL, (edo_str){ key, sizeof key }, 1);
        edoi_alloc_fail_at(0);
        assert_int_equal(err, i % 2 ? -ENOMEM : 0);
        if (err == 0) continue;
        refused_n++;
        assert_int_equal(edo_keyed_limiter_check(k, NULL, (edo_str){ key, sizeof key }, 1), 0);
    }
    assert_int_equal(refused_n, 50);
    assert_int_equal(edo_keyed_limiter_len(k), 100);
    edo_keyed_limiter_free(k);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(making_one_fails_and_leaks_nothing),
        cmocka_unit_test(a_new_key_without_memory_is_decided_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
