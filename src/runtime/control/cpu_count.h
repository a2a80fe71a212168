/* SPDX-License-Identifier: MIT */
/* runtime/control/cpu_count.h: how many cores the process may use, how many threads to start. */
#ifndef EDOI_RUNTIME_CONTROL_CPU_COUNT_H
#define EDOI_RUNTIME_CONTROL_CPU_COUNT_H

#include <edo/base.h>

#include <stdbool.h>
#include <stdint.h>

/* The number of usable cores, from the CPU set and the quotas of the control groups, rounded up; at
 * least 1. */
uint32_t edoi_cpu_count(void);

/* The number of CPUs that the control groups grant, rounded up; 0: no limit, or unreadable. `root`
 * is prefixed to each path that is read; "" except in tests. */
uint32_t edoi_cpu_count_quota(const char *root);

/* The number in `text`, digits only, from 1 to `most`; otherwise 0. `text` may be NULL. */
uint32_t edoi_cpu_count_number(const char *text, uint32_t most);

/* The number in the environment variable `name`, from 1 to `most`. If it is unset, empty or not
 * such a number: edoi_cpu_count(), at most `most`; a bad number is reported on standard error, once
 * for each `*told`. */
uint32_t edoi_cpu_count_wanted(const char *name, uint32_t most, edo_atomic_u32 *told);

#endif
