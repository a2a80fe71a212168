/* SPDX-License-Identifier: MIT */
/* runtime/debug/peek.h: memory of this process that may not be there. */
#ifndef EDOI_RUNTIME_DEBUG_PEEK_H
#define EDOI_RUNTIME_DEBUG_PEEK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Copies `bytes` from address `at`; false: not all of it can be read, or the kernel forbids to ask
 * it. */
bool edoi_peek(void *to, uintptr_t at, size_t bytes);

#endif
