/* SPDX-License-Identifier: MIT */
/* runtime/handlers.c: see handlers.h. */
#include "runtime/handlers.h"

#include <errno.h>

int edoi_handlers_install(edoi_handlers *h, int signo) {
    struct sigaction mine = { .sa_handler = h->fn, .sa_flags = SA_RESTART | SA_ONSTACK };
    if (signo <= 0 || signo >= NSIG) return -EINVAL;
    if (h->installed[signo]) return 0;
    if (sigaction(signo, &mine, &h->before[signo]) < 0) return -errno;
    h->installed[signo] = true;
    return 0;
}

void edoi_handlers_reset(edoi_handlers *h) {
    for (int signo = 1; signo < NSIG; signo++) {
        struct sigaction now;
        if (!h->installed[signo]) continue;
        h->installed[signo] = false;
        if (sigaction(signo, NULL, &now) == 0 && now.sa_handler == h->fn)
            (void)sigaction(signo, &h->before[signo], NULL);
    }
}
