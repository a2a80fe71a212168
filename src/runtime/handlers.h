/* SPDX-License-Identifier: MIT */
/* runtime/handlers.h: signal handlers that a child of the process does not keep.
 *
 * What a handler does is for threads of the parent. In the child each signal is treated as it was before edo
 * installed the handler, until the child asks edo for it anew. */
#ifndef EDOI_RUNTIME_HANDLERS_H
#define EDOI_RUNTIME_HANDLERS_H

#include <signal.h>
#include <stdbool.h>

/* The signals of one handler. Guarded by its user's lock. */
typedef struct edoi_handlers {
    void (*fn)(int signo); /* const */
    bool installed[NSIG];
    struct sigaction before[NSIG]; /* of those */
} edoi_handlers;

/* Installs the handler, once. Errors: -EINVAL, the kernel refuses it. */
int edoi_handlers_install(edoi_handlers *h, int signo);

/* In a child: as it was before, where the handler still stands. */
void edoi_handlers_reset(edoi_handlers *h);

#endif
