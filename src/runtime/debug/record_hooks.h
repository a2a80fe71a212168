/* SPDX-License-Identifier: MIT */
/* runtime/debug/record_hooks.h: the functions by which the records of debug builds
 * (src/records), and of locks (src/locks), learn about tasks. */
#ifndef EDOI_RUNTIME_DEBUG_RECORD_HOOKS_H
#define EDOI_RUNTIME_DEBUG_RECORD_HOOKS_H

#include <edo/base.h>

/* Gives the records these functions. Any thread, at any time. */
void edoi_record_hooks_install(void);

#endif
