/* SPDX-License-Identifier: MIT */
/* hangs.c: the two silent hangs of a future written by hand.
 *
 *     hangs no-waker    answers pending and keeps no waker: a debug build names it
 *     hangs cured       wakes its task before it answers pending
 *     hangs lost        keeps the waker, but its event never comes: a limit ends the wait */
#include <edo/edo.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Pending twice. It forgets who asked: nobody will ever poll it again. */
static edo_polled forgetful(void *arg, edo_cx *cx, int *result) {
    int *left = arg;
    (void)cx;
    *result = 0;
    return --*left > 0 ? EDO_PENDING : EDO_READY;
}

/* The cure: the waker is asked for at each poll, and somebody calls it; here at once. */
static edo_polled cured(void *arg, edo_cx *cx, int *result) {
    int *left = arg;
    *result = 0;
    if (--*left <= 0) return EDO_READY;
    edo_waker_wake(edo_cx_waker(cx));
    return EDO_PENDING;
}

static int root(void *arg) {
    const char *what = arg;
    int left = 3, err = -EINVAL;
    edo_poll_fn_future f;
    edo_pending_future never;
    if (strcmp(what, "no-waker") == 0) err = edo_await(edo_poll_fn_init(&f, forgetful, &left));
    if (strcmp(what, "cured") == 0) err = edo_await(edo_poll_fn_init(&f, cured, &left));
    if (strcmp(what, "lost") == 0) err = edo_timeout(edo_pending_init(&never), edo_s(30));
    printf("%s: %s\n", what, err < 0 ? edo_error_name(err) : "done");
    return 0;
}

int main(int argc, char **argv) {
    static const edo_runtime_opts paused = { .start_paused = true };
    return argc == 2 ? edo_main_with(root, argv[1], &paused) : 2;
}
