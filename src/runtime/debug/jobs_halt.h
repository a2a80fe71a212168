/* SPDX-License-Identifier: MIT */
/* runtime/debug/jobs_halt.h: reports blocking calls that wait for a thread while none begins. */
#ifndef EDOI_RUNTIME_DEBUG_JOBS_HALT_H
#define EDOI_RUNTIME_DEBUG_JOBS_HALT_H

#include <stdbool.h>
#include <stdint.h>

/* Looks at the pools of all runtimes. Returns whether calls wait, and in `*told_n` how many pools
 * have been told. The watchdog's thread. */
bool edoi_jobs_halt_look(int64_t now_ns, uint32_t *told_n);

#endif
