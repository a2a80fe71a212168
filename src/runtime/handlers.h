/* SPDX-License-Identifier: MIT */
/* runtime/handlers.h: signal handlers that a child of fork() does not keep.
 *
 * A handler serves threads of the parent. In the child each signal has the disposition from before
 * edo installed a handler, until the child asks edo for a handler again. One table holds the
 * signals of all of edo's handlers, since one may replace another. */
#ifndef EDOI_RUNTIME_HANDLERS_H
#define EDOI_RUNTIME_HANDLERS_H

#include <signal.h>

/* Makes `fn` the handler of `signo`, replacing the present one; no effect if `fn` is installed
 * already. Errors: -EINVAL, the kernel refuses it. Any thread; takes a lock that fork() waits for,
 * so the caller must hold no such lock. */
int edoi_handlers_install(int signo, void (*fn)(int signo));

#endif
