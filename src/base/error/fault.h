/* SPDX-License-Identifier: MIT */
/* base/error/fault.h: fault points (edo/fault.h) in a simulated world. */
#ifndef EDOI_BASE_ERROR_FAULT_H
#define EDOI_BASE_ERROR_FAULT_H

#include <edo/fault.h>

/* From now on `fn` says how a pass of a point ends that nobody has armed: 0, or a negative code. It
 * is called by the thread that passes, without a lock. Threads: any. */
EDO_API void edoi_fault_set_world(int (*fn)(const char *name));

#endif
