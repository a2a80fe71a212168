/* SPDX-License-Identifier: MIT */
/* retry_by_hand.c: a retry as a future, written by hand: it remembers the attempt that is under way
 * and how many are left, and has a new one made when one has failed. */
#include <edo/edo.h>

#include <errno.h>
#include <stdio.h>

/* Makes the next attempt. The one before it is over, so it may lie in the same place. */
typedef edo_future *attempt_fn(void *arg);

typedef struct retrying {
    edo_future base;
    attempt_fn *make;
    void *arg;
    edo_future *attempt; /* under way; NULL: none */
    int left;            /* attempts, with that one */
} retrying;

static edo_polled retrying_poll(edo_future *f, edo_cx *cx) {
    retrying *self = (retrying *)f;
    for (;;) {
        if (!self->attempt) self->attempt = self->make(self->arg);
        // what it waits for has our waker, so there is nothing to store here
        if (edo_poll(self->attempt, cx) == EDO_PENDING) return EDO_PENDING;
        int result = edo_future_result(self->attempt);
        self->attempt = NULL;
        bool is_refusal = result < 0 && result != -ECANCELED; // a cancel is meant
        if (!is_refusal || --self->left <= 0) return edo_future_finish(f, result);
        // polls the new one at once: nobody would wake us for it
    }
}

static void retrying_drop(edo_future *f) {
    retrying *self = (retrying *)f;
    if (edo_future_is_over(f)) return;
    edo_drop(self->attempt); // NULL before the first poll
    edo_future_retire(f);
}

static edo_future *retrying_init(retrying *self, int attempts, attempt_fn *make, void *arg) {
    static const edo_future_ops ops = {
        .poll = retrying_poll, .drop = retrying_drop, .name = "retrying", .size = sizeof(retrying)
    };
    *self = (retrying){ .make = make, .arg = arg, .left = attempts };
    return edo_future_init(&self->base, &ops);
}

/* A partner that refuses for a while. */
typedef struct partner {
    int refusals_left, calls;
} partner;

EDO_ASYNC(call, partner *to; edo_sleep_future nap;) {
    EDO_BEGIN;
    self->to->calls++;
    EDO_AWAIT(edo_sleep_init(&self->nap, edo_ms(10)));
    EDO_RETURN(self->to->refusals_left-- > 0 ? -ECONNREFUSED : 200);
    EDO_END;
}

typedef struct caller {
    partner to;
    call attempt;
} caller;

static edo_future *call_again(void *arg) {
    caller *self = arg;
    self->attempt = (call){ .to = &self->to };
    return call_init(&self->attempt);
}

static void try_partner(int refusals, edo_duration limit) {
    caller c = { .to.refusals_left = refusals };
    retrying r;
    edo_instant start = edo_now();
    int result = edo_timeout(retrying_init(&r, 3, call_again, &c), limit);
    int ms = (int)(edo_instant_since(edo_now(), start).ns / 1000000);
    printf("%d refusals: %d calls, %d ms, ", refusals, c.to.calls, ms);
    if (result < 0) {
        printf("%s\n", edo_error_name(result));
    } else {
        printf("%d\n", result);
    }
}

static int root(void *arg) {
    (void)arg;
    try_partner(0, edo_s(1));
    try_partner(2, edo_s(1));
    try_partner(9, edo_s(1));
    try_partner(9, edo_ms(15)); // cut short in the second attempt, which is dropped
    return 0;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
