/* SPDX-License-Identifier: MIT */
/* support/seed.h: the seed of a test that does things at random. */
#ifndef EDO_TESTS_SEED_H
#define EDO_TESTS_SEED_H

#include <stdint.h>
#include <stdlib.h>

/* `own`, never 0, so that the test does the same each time; another one for each number in
 * EDO_TEST_SEED, which scripts/soak counts up and prints. */
static inline uint64_t test_seed(uint64_t own) {
    const char *text = getenv("EDO_TEST_SEED");
    if (!text) return own;
    uint64_t x = own + strtoull(text, NULL, 10) * UINT64_C(0x9e3779b97f4a7c15);
    return x ? x : own;
}

#endif
