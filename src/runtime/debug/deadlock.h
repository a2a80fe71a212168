/* SPDX-License-Identifier: MIT */
/* runtime/debug/deadlock.h: reports of deadlocks, and of locks whose task has ended. */
#ifndef EDOI_RUNTIME_DEBUG_DEADLOCK_H
#define EDOI_RUNTIME_DEBUG_DEADLOCK_H

#include "locks/waits.h"

#include <edo/locks.h>

#include <stdio.h>

/* Connects the reports, and does what EDO_WATCH says. Called when a runtime is made. */
void edoi_deadlock_install(void);

/* Prints a cycle of waits, "edo: deadlock: …" if `whose` is "edo", and the stacks of its tasks. With
 * no lock held. */
void edoi_deadlock_print(FILE *out, const char *whose, const edoi_cycle *c);

#endif
