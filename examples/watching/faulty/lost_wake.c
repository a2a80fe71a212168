/* SPDX-License-Identifier: MIT */
/* lost_wake.c: a future that is pending and forgets who has asked: nobody ever polls it again. Its
 * poll must ask for the waker, by edo_cx_waker(), and the event must wake it. A debug build ends
 * here. */
#include "faulty.h"

#include <edo/edo.h>

static int letters; // that have come

static edo_polled poll_letters(void *arg, edo_cx *cx, int *result) {
    (void)arg, (void)cx;
    *result = letters;
    return letters > 0 ? EDO_READY : EDO_PENDING;
}

static int reader(void *arg) {
    edo_poll_fn_future f;
    (void)arg;
    return edo_await(edo_poll_fn_init(&f, poll_letters, NULL));
}

static int postman(void *arg) {
    (void)arg;
    int err = edo_sleep(edo_ms(10));
    letters++; // and nobody is told
    return err;
}

int lost_wake(void *arg) {
    (void)arg;
    int err = edo_spawn_detached(postman, NULL);
    return err < 0 ? err : edo_task_join(edo_spawn(reader, NULL));
}
