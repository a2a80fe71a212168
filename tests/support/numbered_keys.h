/* SPDX-License-Identifier: MIT */
/* support/numbered_keys.h: keys of a map that say which they are: a number, and dots behind it.
 * Their lengths are 0 to some 40 bytes, so that all ways to compare keys are taken. */
#ifndef EDO_TESTS_NUMBERED_KEYS_H
#define EDO_TESTS_NUMBERED_KEYS_H

#include <edo/bytes.h>

#include <stdio.h>

#define NUMBERED_KEY_MAX 64 /* bytes of a text for one */

/* Key 0 has no bytes. */
static inline edo_str numbered_key(char text[NUMBERED_KEY_MAX], uint32_t i) {
    static const char dots[] = "......................................";
    int n = i == 0 ? 0 : snprintf(text, NUMBERED_KEY_MAX, "%u%.*s", i, (int)(i % 38), dots);
    return (edo_str){ text, (size_t)n };
}

static inline uint32_t number_of_key(edo_str key) {
    uint32_t i = 0;
    for (size_t at = 0; at < key.len && key.ptr[at] != '.'; at++)
        i = i * 10 + (uint32_t)(key.ptr[at] - '0');
    return i;
}

#endif
