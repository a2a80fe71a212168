/* SPDX-License-Identifier: MIT */
/* runtime/control/program.h: the runtime of edo_main(), for the handler of termination signals. */
#ifndef EDOI_RUNTIME_CONTROL_PROGRAM_H
#define EDOI_RUNTIME_CONTROL_PROGRAM_H

#include <edo/runtime.h>

/* Directs signals to `rt` until edoi_program_end(). One runtime at a time. */
void edoi_program_begin(edo_runtime *rt);

/* When this returns, no handler on any thread uses the runtime any more: waits for handlers that
 * do, which are a few instructions from their end. */
void edoi_program_end(void);

/* In a signal handler: the runtime, which stays until edoi_program_leave(); NULL: there is none.
 * Leave in both cases. */
edo_runtime *edoi_program_enter(void);
void edoi_program_leave(void);

/* Asks `rt` to cancel its root, once. False: it was asked before. Any thread, and a handler. */
bool edoi_program_send(edo_runtime *rt);

/* In a signal handler: asks the runtime to cancel its root. True: the signal shall have its default
 * effect, because it is the second, there is no runtime any more, or this process is a child of the
 * program. */
EDO_MUST_USE bool edoi_program_signal(void);

#endif
