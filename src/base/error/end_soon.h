/* SPDX-License-Identifier: MIT */
/* base/error/end_soon.h: what a process says on standard error on its way to an abort.
 *
 * A pipe that nobody reads would keep the thread in the write, and the process with it; so would
 * the lock of `stderr`, which another thread has that waits in fprintf(). An alarm ends the process
 * then. It takes SIGALRM and the alarm away from the program, which is about to end. */
#ifndef EDOI_BASE_ERROR_END_SOON_H
#define EDOI_BASE_ERROR_END_SOON_H

#include <edo/compiler.h>

#define EDOI_END_SOON_S 2

/* The process aborts EDOI_END_SOON_S from now, unless it has done so before. Async-signal-safe. */
void edoi_end_soon(void);

/* Takes that back, for something to do before the next thing is said. */
void edoi_end_not_yet(void);

/* Writes to standard error, by one call, so that other threads cannot write into the line; aborts
 * if it cannot within the bound. */
void edoi_end_say(const char *format, ...) EDO_PRINTF(1, 2);

#endif
