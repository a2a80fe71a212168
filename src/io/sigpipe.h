/* SPDX-License-Identifier: MIT */
/* io/sigpipe.h: system calls that raise SIGPIPE if nobody reads, without the signal. Its
 * disposition is the program's. */
#ifndef EDOI_IO_SIGPIPE_H
#define EDOI_IO_SIGPIPE_H

#include <signal.h>
#include <stdbool.h>

typedef struct edoi_sigpipe {
    sigset_t before;
    bool was_pending;
} edoi_sigpipe;

/* Blocks the signal for this thread. */
void edoi_sigpipe_block(edoi_sigpipe *self);

/* Takes away the signal if the call may have raised it, and restores the mask. Keeps errno. */
void edoi_sigpipe_restore(const edoi_sigpipe *self, bool may_be_raised);

#endif
