/* SPDX-License-Identifier: MIT */
/* runtime/control/ask.h: how edo-open asks a program what is wrong with it: by a signal for dumps,
 * with a value that says for how long, and a number by which the answer is known.
 *
 *     bits 63 to 56: 0xed | 55 to 32: for how long, ms; 0: the answer was read | 31 to 0: the number
 *
 * The answer is a file in memory (memfd_create(2)) of that program. */
#ifndef EDOI_RUNTIME_CONTROL_ASK_H
#define EDOI_RUNTIME_CONTROL_ASK_H

#include <edo/base.h>

#include <inttypes.h>
#include <stdio.h>

#define EDOI_ASK_NAME_MAX    32u
#define EDOI_ASK_WAIT_MS_MAX UINT64_C(0xffffff)

EDOI_INLINE uint64_t edoi_ask_make(uint64_t wait_ms, uint32_t number) {
    return UINT64_C(0xed) << 56 | wait_ms << 32 | number;
}

EDOI_INLINE bool edoi_ask_is_one(uint64_t value) {
    return value >> 56 == 0xed;
}

EDOI_INLINE int64_t edoi_ask_wait_ms(uint64_t value) {
    return (int64_t)(value >> 32 & EDOI_ASK_WAIT_MS_MAX);
}

/* The name of the answer. */
EDOI_INLINE void edoi_ask_name(char to[EDOI_ASK_NAME_MAX], uint64_t value) {
    (void)snprintf(to, EDOI_ASK_NAME_MAX, "edo-faults-%08" PRIx32, (uint32_t)value);
}

#endif
