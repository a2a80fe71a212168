/* SPDX-License-Identifier: MIT */
/* own_sequence.c: a source and an adapter of one's own. */
#include <edo/edo.h>

#include <stdio.h>
#include <stdlib.h>

/* A source that never waits is a function. */
static int fibonacci(void *state, void *item) {
    long *last = state; // the last two
    *(long *)item = last[0];
    long sum = last[0] + last[1];
    last[0] = last[1];
    last[1] = sum;
    return 1; // there is an item
}

/* An adapter is a struct: each item only after the pause. */
typedef struct paced {
    edo_seq base; /* first */
    edo_seq *source;
    edo_duration pause;
    edo_sleep_future nap;
    bool naps;
} paced;

static edo_polled paced_poll(edo_seq *s, edo_cx *cx, void *item, int *result) {
    paced *self = (paced *)s;
    if (!self->naps) (void)edo_sleep_init(&self->nap, self->pause);
    self->naps = true;
    if (!edo_future_is_over(&self->nap.base) && edo_poll(&self->nap.base, cx) == EDO_PENDING)
        return EDO_PENDING;
    if (edo_seq_poll_next(self->source, cx, item, result) == EDO_PENDING) return EDO_PENDING;
    self->naps = false;
    return EDO_READY;
}

/* The reader is gone that we would wake. */
static void paced_leave(edo_seq *s) {
    paced *self = (paced *)s;
    if (!edo_future_is_over(&self->nap.base)) {
        edo_drop(&self->nap.base);
        self->naps = false; // the pause begins anew
    }
    edo_seq_leave(self->source);
}

static edo_polled paced_stop(edo_seq *s, edo_cx *cx) {
    return edo_seq_poll_stop(((paced *)s)->source, cx);
}

static void paced_drop(edo_seq *s) {
    edo_seq_free(((paced *)s)->source);
    free(s);
}

static edo_seq *paced_new(edo_seq *source, edo_duration pause) {
    static const edo_seq_ops ops = { .poll_next = paced_poll,
                                     .leave = paced_leave,
                                     .drop = paced_drop,
                                     .stop = paced_stop,
                                     .name = "paced" };
    paced *self = source ? malloc(sizeof *self) : NULL;
    if (!self) {
        edo_seq_free(source);
        return NULL;
    }
    *self = (paced){ .source = source, .pause = pause };
    return edo_seq_init(&self->base, &ops, source->item_size);
}

static int root(void *arg) {
    (void)arg;
    long last[2] = { 1, 1 }, number;
    edo_seq *s = edo_seq_unfold(sizeof(long), fibonacci, last);
    s = edo_seq_take(paced_new(s, edo_ms(100)), 6);
    edo_instant began = edo_now();
    int rc;
    while ((rc = edo_seq_next(s, &number)) == 1)
        printf("%ld after %d ms\n", number,
               (int)(edo_instant_since(edo_now(), began).ns / 1000000));
    edo_seq_free(s);
    return rc;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
