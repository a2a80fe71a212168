/* SPDX-License-Identifier: MIT */
/* runtime/control/handlers.h: signal handlers that a child of fork() does not keep.
 *
 * A handler serves threads of the parent. In the child each signal has the disposition from before
 * edo installed a handler, until the child asks edo for a handler again. One table holds the
 * signals of all of edo's handlers, since one may replace another. */
#ifndef EDOI_RUNTIME_CONTROL_HANDLERS_H
#define EDOI_RUNTIME_CONTROL_HANDLERS_H

#include <signal.h>

typedef void edoi_handler(int signo, siginfo_t *info, void *context);

/* Makes `fn` the handler of `signo`, replacing the present one; no effect if `fn` is installed
 * already. Errors: -EINVAL, the kernel refuses it. Any thread; takes a lock that fork() waits for,
 * so the caller must hold no such lock. */
int edoi_handlers_install(int signo, edoi_handler *fn);

/* As edoi_handlers_install(); and `fn` comes back when another handler of edo's that has replaced
 * it is restored, unless the program has set one of its own meanwhile. One `fn` for a signal. */
int edoi_handlers_keep(int signo, edoi_handler *fn);

/* If `fn` is the handler of `signo`, makes that the one of edoi_handlers_keep(), if another was
 * kept, or else makes the disposition what it was before edo's first handler. `fn` is not kept any
 * more. Errors: -EINVAL. Any thread; lock: as above. */
int edoi_handlers_restore(int signo, edoi_handler *fn);

#endif
