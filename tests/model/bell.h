/* SPDX-License-Identifier: MIT */
/* bell.h: a waker for futures that a model polls by hand. It may be freed as soon as its future is
 * dropped or ready, so a thread that rings it too late is found. */
#ifndef EDOI_MODEL_BELL_H
#define EDOI_MODEL_BELL_H

#include "model.h"

#include <edo/future.h>

#include <stdlib.h>

typedef struct bell {
    edo_waker waker;
    int rung;
} bell;

static edo_waker *bell_mark(edo_waker *w) {
    ((bell *)(void *)w)->rung++;
    return NULL;
}

static void bell_nothing(edo_waker *w) {
    (void)w;
}

EDOI_INLINE bell *bell_new(void) {
    static const edo_waker_ops ops = { bell_mark, bell_nothing, bell_nothing, bell_nothing };
    bell *b = malloc(sizeof *b);
    *b = (bell){ .waker = { &ops } };
    return b;
}

/* Polls once with the bell; true: ready. */
EDOI_INLINE bool bell_poll(edo_future *f, bell *b) {
    edo_cx cx = { .waker = &b->waker, .budget = 2 };
    return edo_poll(f, &cx) == EDO_READY;
}

/* Polls, with another bell if it is pending, and drops. Returns whether it was ready. */
EDOI_INLINE bool bell_poll_and_drop(edo_future *f, bool replace) {
    bell *first = bell_new(), *second = bell_new();
    bool ready = bell_poll(f, first);
    if (!ready && replace) ready = bell_poll(f, second);
    if (replace) free(first);
    edo_drop(f);
    if (!replace) free(first);
    free(second);
    return ready;
}

#endif
