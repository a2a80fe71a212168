/* SPDX-License-Identifier: MIT */
/* support/acting_waker.h: a waker that acts the moment it is woken, on the thread that wakes: what
 * another thread might do in between happens each time. */
#ifndef EDO_TESTS_ACTING_WAKER_H
#define EDO_TESTS_ACTING_WAKER_H

#include <edo/future.h>

typedef struct acting_waker {
    edo_waker base;
    void (*act)(struct acting_waker *self); /* called at the next wake, once; NULL: nothing */
    edo_future *f;
    void *arg;
} acting_waker;

static inline edo_waker *acting_mark(edo_waker *self) {
    return self;
}

static inline void acting_deliver(edo_waker *self) {
    acting_waker *w = (acting_waker *)(void *)self;
    void (*act)(acting_waker *) = w->act;
    w->act = NULL;
    if (act) act(w);
}

static inline void acting_ref(edo_waker *self) {
    (void)self;
}

static const edo_waker_ops acting_ops = {
    .mark = acting_mark, .deliver = acting_deliver, .ref = acting_ref, .unref = acting_ref
};

#define ACTING_WAKER(future)                                                                       \
    { .base = { &acting_ops }, .f = (future) }

/* Polls the waker's future. */
static inline edo_polled acting_poll(acting_waker *w) {
    edo_cx cx = { .waker = &w->base, .budget = EDO_BUDGET };
    return edo_poll(w->f, &cx);
}

#endif
