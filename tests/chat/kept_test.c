/* SPDX-License-Identifier: MIT */
/* Goal: names that are kept for a day are bounded, in all and for each address; nobody's gives way
 * to those of an address that has many.
 * Method: the source is included, and looked into; time is virtual. */
#include "../../apps/chat/room/kept.c"
#include "../../apps/chat/room/known.c"
#include "../../apps/chat/room/token.c"
#include "../../apps/chat/text.c"

#include "inside.h"

static const char home[EDO_ADDR_KEY_BYTES] = "home", far[EDO_ADDR_KEY_BYTES] = "far";

static uint64_t kept_naming(const char *person, int i) {
    name n;
    (void)snprintf(n.text, sizeof n.text, "n-%d", i);
    return naming_of(&n, person);
}

static int fill(void *arg) {
    (void)arg;
    kept_names k = { .n = 0 };
    kept_put(&k, kept_naming("a1", 0), home);
    CHECK(!kept_is_anothers(&k, kept_naming("a1", 0)));
    CHECK(kept_is_anothers(&k, kept_naming("a2", 0)) && kept_is_anothers(&k, kept_naming("", 0)));
    for (int i = 1; i <= KEPT_OF_ADDRESS + 2; i++) kept_put(&k, kept_naming("b", i), far);
    CHECK_EQ(k.n, 1 + KEPT_OF_ADDRESS);
    CHECK(kept_is_anothers(&k, kept_naming("a2", 0)));
    CHECK(!kept_is_anothers(&k, kept_naming("a2", 2)) &&
          kept_is_anothers(&k, kept_naming("a2", 3)));
    kept_put(&k, kept_naming("b", 3), far); // again, so it is the newest
    kept_put(&k, kept_naming("b", 1), far);
    CHECK_EQ(k.n, 1 + KEPT_OF_ADDRESS);
    CHECK(kept_is_anothers(&k, kept_naming("a2", 3)) &&
          !kept_is_anothers(&k, kept_naming("a2", 4)));
    for (int i = 0; i < KEPT_MAX; i++) {
        char address[EDO_ADDR_KEY_BYTES] = { 0 };
        memcpy(address, &i, sizeof i);
        kept_put(&k, kept_naming("c", 1000 + i), address);
    }
    CHECK_EQ(k.n, KEPT_MAX);
    CHECK(kept_is_anothers(&k, kept_naming("a2", 1000)));
    CHECK_EQ(edo_sleep(kept_for), 0);
    CHECK(!kept_is_anothers(&k, kept_naming("a2", 1000)));
    kept_put(&k, kept_naming("a1", 0), home);
    CHECK_EQ(k.n, 1);
    kept_drop(&k, kept_naming("a1", 0));
    CHECK_EQ(k.n, 0);
    kept_deinit(&k);
    return 0;
}

static void kept_names_are_bounded_for_each_address(void **state) {
    (void)state;
    inside(fill, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(kept_names_are_bounded_for_each_address) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
