/* SPDX-License-Identifier: MIT */
/* runtime/cpu_count.h: how many cores the process may use, and how many threads it shall have. */
#ifndef EDOI_RUNTIME_CPU_COUNT_H
#define EDOI_RUNTIME_CPU_COUNT_H

#include <edo/base.h>

#include <stdbool.h>
#include <stdint.h>

/* By its CPU set and the quota of its control groups, rounded up; at least 1. */
uint32_t edoi_cpu_count(void);

/* How many CPUs the control groups grant, rounded up; 0: no limit, or not to be read. `root` comes
 * before each path that is read, "" but in tests. */
uint32_t edoi_cpu_count_quota(const char *root);

/* The number that `text` says, digits only, from 1 to `most`; else 0. `text` may be NULL. */
uint32_t edoi_cpu_count_number(const char *text, uint32_t most);

/* The number that the variable `name` of the environment says, from 1 to `most`; if it is not set,
 * empty or no such number, edoi_cpu_count(), at most `most`. The last is told on standard error,
 * once for each `*told`. */
uint32_t edoi_cpu_count_wanted(const char *name, uint32_t most, edo_atomic_u32 *told);

#endif
