/* SPDX-License-Identifier: MIT */
/* recorded.c: a kitchen that slows down now and then. What it did is in the recorder's file, also
 * if it was killed: EDO_RECORDER=all:kitchen.rec recorded */
#include <edo/edo.h>
#include <edo/recorder.h>

#include <stdio.h>
#include <time.h>

static edo_mutex stove = EDO_MUTEX_INIT;

/* Keeps its thread, as a computation does that somebody has forgotten there. */
static void chop(long ms) {
    const struct timespec nap = { .tv_nsec = ms * 1000000 };
    (void)nanosleep(&nap, NULL);
}

static int cook(void *arg) {
    const int *order = arg;
    int err = edo_mutex_lock(&stove);
    if (err < 0) return err;
    err = edo_sleep(edo_ms(1));
    if (*order == 3) chop(20);
    edo_mutex_unlock(&stove);
    return err;
}

static int kitchen(void *arg) {
    static int orders[] = { 1, 2, 3, 4 };
    (void)arg;
    EDO_SCOPE(s, NULL);
    for (size_t i = 0; i < EDO_COUNT(orders); i++) {
        edo_recorder_note("order", (uint64_t)orders[i]);
        edo_scope_spawn(&s, cook, &orders[i]);
    }
    int err = edo_scope_end(&s, 0);
    printf("%s\n", edo_recorder_get() == EDO_RECORDER_OFF ? "served" : "served, and recorded");
    return err;
}

int main(void) {
    return edo_main(kitchen, NULL);
}
