/* SPDX-License-Identifier: MIT */
/* apps/look/ask.h: what is wrong in a process, by its number. */
#ifndef EDO_LOOK_ASK_H
#define EDO_LOOK_ASK_H

#include <edo/time.h>

#include <sys/types.h>

/* Lets the process look at itself for `wait`, prints what it has found, and returns the status:
 * 0 nothing, 1 something, 2 it could not be asked, which is told. `signo`: of its dumps. */
int open_ask(pid_t pid, int signo, edo_duration wait);

#endif
