/* SPDX-License-Identifier: MIT */
/* runtime/capture.h: the stack of another thread that runs, asked for by a signal.
 *
 * inv. 1: the handler calls nothing but backtrace(3), whose unwinder was loaded when it was installed,
 *         and only on the thread that is asked, once for each question. */
#ifndef EDOI_RUNTIME_CAPTURE_H
#define EDOI_RUNTIME_CAPTURE_H

#include "runtime/core.h"

/* Installs the handler unless there is one already. Errors: -EBUSY  the program uses `signo`;
 * -EINVAL  it cannot be used. */
EDO_MUST_USE int edoi_capture_install(int signo);

/* Puts what was before in place, if the handler is still ours. */
void edoi_capture_remove(int signo);

/* Addresses on the stack of the worker's thread in the poll `poll`, innermost first, the first one exact and
 * no return address; answers how many. 0: no handler, or it is not in that poll any more, or no answer within
 * 100 ms. Inside edoi_outside_enter(), so that one asks at a time; another thread than the worker's. */
size_t edoi_capture(const edoi_worker *w, const edoi_seen_poll *poll, void **pcs, size_t max);

#endif
