/* SPDX-License-Identifier: MIT */
/* stacks/numbers.h: the numbers that are names in a folder of /proc: threads, descriptors. Nothing
 * is allocated.
 *
 * Called inside edoi_registry_acquire(): one thread asks at a time. */
#ifndef EDOI_STACKS_NUMBERS_H
#define EDOI_STACKS_NUMBERS_H

#include <edo/base.h>

/* Calls `fn` with each number until it returns false. Returns 0, or why the folder cannot be read,
 * as -EMFILE. */
EDO_MUST_USE int edoi_numbers_in(const char *path, bool (*fn)(void *arg, uint32_t number),
                                 void *arg);

#endif
