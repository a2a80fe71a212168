/* SPDX-License-Identifier: MIT */
/* tasks.c: each request leaves a task behind, which waits for a farewell that nobody says. A scope
 * for each request would end it, and a deadline its wait. */
#include "faulty.h"

#include <edo/edo.h>

static edo_notify farewell = EDO_NOTIFY_INIT;

static int watch_visitor(void *arg) {
    (void)arg;
    return edo_notify_wait(&farewell);
}

static int serve_visitor(void) {
    return edo_spawn_detached(watch_visitor, NULL);
}

int tasks(void *arg) {
    (void)arg;
    int err = 0;
    while (err == 0 && (err = edo_sleep(edo_ms(5))) == 0) err = serve_visitor();
    return err;
}
