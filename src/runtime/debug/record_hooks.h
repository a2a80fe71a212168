/* SPDX-License-Identifier: MIT */
/* runtime/debug/record_hooks.h: the functions by which the records of debug builds
 * (src/records) learn about tasks. */
#ifndef EDOI_RUNTIME_DEBUG_RECORD_HOOKS_H
#define EDOI_RUNTIME_DEBUG_RECORD_HOOKS_H

#include <edo/base.h>

/* Gives the records these functions. Any thread, at any time. */
#ifdef EDO_DEBUG
void edoi_record_hooks_install(void);
#else
EDOI_INLINE void edoi_record_hooks_install(void) {}
#endif

#endif
