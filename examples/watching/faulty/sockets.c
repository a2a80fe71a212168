/* SPDX-License-Identifier: MIT */
/* sockets.c: a path that was written in a hurry returns without closing what it has opened. */
#include "faulty.h"

#include <edo/edo.h>
#include <edo/unix.h>

static int greet(void *arg) {
    edo_stream *here, *there;
    (void)arg;
    int err = edo_unix_pair(&here, &there);
    return err < 0 ? err : edo_write_all(here, "hello", 5); // and edo_close()?
}

int sockets(void *arg) {
    (void)arg;
    int err = 0;
    while (err == 0 && (err = edo_sleep(edo_ms(10))) == 0)
        err = edo_task_join(edo_spawn(greet, NULL));
    return err;
}
