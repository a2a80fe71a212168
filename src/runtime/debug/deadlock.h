/* SPDX-License-Identifier: MIT */
/* runtime/debug/deadlock.h: reports of deadlocks, and of locks whose task has ended. */
#ifndef EDOI_RUNTIME_DEBUG_DEADLOCK_H
#define EDOI_RUNTIME_DEBUG_DEADLOCK_H

#include <edo/locks.h>

/* Connects the reports, and does what EDO_WATCH says. Called when a runtime is made. */
void edoi_deadlock_install(void);

#endif
