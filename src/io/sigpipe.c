/* SPDX-License-Identifier: MIT */
/* io/sigpipe.c: see sigpipe.h. */
#include "io/sigpipe.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

static bool is_pending(void) {
    sigset_t pending;
    return sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
}

static sigset_t only_sigpipe(void) {
    sigset_t only;
    (void)sigemptyset(&only);
    (void)sigaddset(&only, SIGPIPE);
    return only;
}

void edoi_sigpipe_block(edoi_sigpipe *self) {
    sigset_t only = only_sigpipe();
    (void)pthread_sigmask(SIG_BLOCK, &only, &self->before);
    bool was_blocked = sigismember(&self->before, SIGPIPE) == 1; // then one may have been pending
    self->was_pending = was_blocked && is_pending();
}

void edoi_sigpipe_restore(const edoi_sigpipe *self, bool may_be_raised) {
    int err = errno;
    sigset_t only = only_sigpipe();
    if (may_be_raised && !self->was_pending)
        (void)sigtimedwait(&only, NULL, &(struct timespec){ 0 });
    (void)pthread_sigmask(SIG_SETMASK, &self->before, NULL);
    errno = err;
}
