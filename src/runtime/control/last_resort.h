/* SPDX-License-Identifier: MIT */
/* runtime/control/last_resort.h: ends the program of edo_main() when nothing else does: a while
 * after the bound of a shutdown by a signal.
 *
 * The orderly end needs a thread that runs edo's code, and standard error. A root may keep the only
 * thread of its runtime, or a worker may wait in fprintf() for a pipe that nobody reads, with the
 * lock that the report needs. A timer of the kernel needs neither: it sends the signal once more,
 * and the handler ends the process. */
#ifndef EDOI_RUNTIME_CONTROL_LAST_RESORT_H
#define EDOI_RUNTIME_CONTROL_LAST_RESORT_H

#include <signal.h>
#include <stdbool.h>

#define EDOI_STATUS_LEFT 3 /* exit status after a signal: something did not end within the bound */

/* Makes the timers, for SIGINT and SIGTERM. Where the kernel gives none (RLIMIT_SIGPENDING, a
 * filter of system calls) there is no last resort. Before edoi_program_begin(). */
void edoi_last_resort_begin(void);

/* At the end of edo_main(), before the handlers of these signals are removed: a timer's signal that
 * is under way still finds them. Not called where something was left, which may keep the process
 * in exit(), too: a worker that waits in printf() has the lock that exit() needs. */
void edoi_last_resort_end(void);

/* In a signal handler: does the signal come from one of the timers? Then it is for
 * edoi_last_resort_look() only, also where the program has begun to listen to it meanwhile. */
bool edoi_last_resort_sent(const siginfo_t *info);

/* In the handler of `signo`, after the first signal, and for each one that a timer has sent: ends
 * the process if it is time, otherwise sets the timer, since the bound may have become longer. From
 * edoi_program_end() on the bound is what it was. */
void edoi_last_resort_look(int signo);

#endif
