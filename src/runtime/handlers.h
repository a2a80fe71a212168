/* SPDX-License-Identifier: MIT */
/* runtime/handlers.h: signal handlers that a child of the process does not keep.
 *
 * What a handler does is for threads of the parent. In the child each signal is treated as the
 * program wanted it before edo installed a handler, until the child asks edo for one anew. One
 * table has the signals of all handlers, since one of edo's may stand over another. */
#ifndef EDOI_RUNTIME_HANDLERS_H
#define EDOI_RUNTIME_HANDLERS_H

#include <signal.h>

/* Makes `fn` the handler of `signo`, in place of whatever stands there, unless it stands already.
 * Errors: -EINVAL, the kernel refuses it. Any thread; takes a lock that fork() waits for, so the
 *         caller holds no such lock. */
int edoi_handlers_install(int signo, void (*fn)(int signo));

#endif
