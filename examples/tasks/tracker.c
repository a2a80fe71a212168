/* SPDX-License-Identifier: MIT */
/* tracker.c: counts tasks that nobody joins, and at the end waits until all have gone. */
#include <edo/edo.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* A visit owns its argument: the function that began it may be gone. */
static int visit(void *arg) {
    int ms = *(int *)arg;
    free(arg);
    return edo_sleep(edo_ms(ms));
}

static int let_in(edo_tracker *guests, int ms) {
    int *stay = malloc(sizeof *stay);
    if (!stay) return -ENOMEM;
    *stay = ms;
    int err = edo_tracker_spawn(guests, visit, stay);
    if (err < 0) free(stay);
    return err;
}

/* Waits for all guests, but not for longer than `most`. */
static int see_off(edo_tracker *guests, edo_duration most) {
    (void)edo_tracker_close(guests);
    EDO_DEADLINE(d, most);
    int err = edo_tracker_wait(guests);
    return edo_deadline_end(&d, err);
}

static int root(void *arg) {
    (void)arg;
    edo_tracker guests;
    edo_tracker_init(&guests);
    edo_instant began = edo_now();
    int err = 0;
    for (int i = 1; i <= 10 && err == 0; i++) err = let_in(&guests, 100 * i);
    printf("%" PRIu64 " are in\n", edo_tracker_len(&guests));

    if (see_off(&guests, edo_ms(550)) == -ETIMEDOUT)
        printf("after 550 ms %" PRIu64 " are still in\n", edo_tracker_len(&guests));
    if (see_off(&guests, edo_s(10)) == 0)
        printf("all have gone after %" PRId64 " ms\n",
               edo_instant_since(edo_now(), began).ns / 1000000);
    return err;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
