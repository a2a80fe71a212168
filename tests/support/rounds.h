/* SPDX-License-Identifier: MIT */
/* support/rounds.h: how often a test repeats a race whose moments a model has in full: there it is
 * for what a real machine does, and for sanitizers. */
#ifndef EDO_TESTS_ROUNDS_H
#define EDO_TESTS_ROUNDS_H

#include <edo/compiler.h>
#include <stdint.h>
#include <stdlib.h>

/* `few` with each change, also beside a load; `many` with EDO_MANY_ROUNDS in the environment, as
 * scripts/soak and `make check` have it, there with the sanitizers and the optimised build. */
static inline uint32_t test_rounds(uint32_t few, uint32_t many) {
    return getenv("EDO_MANY_ROUNDS") ? many : few;
}

/* Likewise, of what is counted by malloc(), which a sanitizer replaces: `few` under each. */
static inline uint32_t test_counts(uint32_t few, uint32_t many) {
#if defined(EDOI_ASAN) || defined(EDOI_TSAN)
    (void)many;
    return few;
#else
    return test_rounds(few, many);
#endif
}

/* Likewise, of what is repeated with other inputs and has no threads beside each other: always
 * `few` under the thread sanitizer, where it is slowest and finds nothing. */
static inline uint32_t test_inputs(uint32_t few, uint32_t many) {
#ifdef EDOI_TSAN
    (void)many;
    return few;
#else
    return test_rounds(few, many);
#endif
}

#endif
