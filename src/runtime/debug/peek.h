/* SPDX-License-Identifier: MIT */
/* runtime/debug/peek.h: reads memory of this process that may not be mapped. */
#ifndef EDOI_RUNTIME_DEBUG_PEEK_H
#define EDOI_RUNTIME_DEBUG_PEEK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Copies `bytes` from address `at`; false: not all of it is readable, or the kernel forbids the
 * call. */
bool edoi_peek(void *to, uintptr_t at, size_t bytes);

#endif
