/* SPDX-License-Identifier: MIT */
/* support/rounds.h: how often a test repeats a race whose moments a model has in full: there it is
 * for what a real machine does, and for sanitizers. */
#ifndef EDO_TESTS_ROUNDS_H
#define EDO_TESTS_ROUNDS_H

#include <stdint.h>
#include <stdlib.h>

/* `few` with each change, also beside a load; `many` with EDO_MANY_ROUNDS in the environment, as
 * scripts/soak and `make check` have it, there with the sanitizers and the optimised build. */
static inline uint32_t test_rounds(uint32_t few, uint32_t many) {
    return getenv("EDO_MANY_ROUNDS") ? many : few;
}

#endif
