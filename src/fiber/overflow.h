/* SPDX-License-Identifier: MIT */
/* overflow.h: reports a stack overflow with the task's name instead of a bare SIGSEGV.
 *
 *      edo: stack overflow in task echo at server.c:12, stack of 256 KiB
 *      ...backtrace, innermost frame first...
 *
 * and then abort(), after two seconds at most, also if nobody reads standard error. Faults that are
 * not an overflow of a fiber's stack go to the previous handler. The report itself runs on an
 * alternate stack, which each thread must have. */
#ifndef EDOI_FIBER_OVERFLOW_H
#define EDOI_FIBER_OVERFLOW_H

#include <edo/compiler.h>

/* Installs the reporter for SIGSEGV and SIGBUS, chained to the previous handlers; a second call has
 * no effect. Changes dispositions of the process, so only the application (edo_main) asks for it.
 * Errors: -errno of sigaction. Threads: any. */
EDO_MUST_USE int edoi_overflow_install(void);

/* Gives the calling thread an alternate signal stack, unless it has a large enough one; leave
 * removes it. Calls may nest. Errors: -ENOMEM; the thread then has no report. */
EDO_MUST_USE int edoi_overflow_thread_enter(void);
void edoi_overflow_thread_leave(void);

#endif
