/* SPDX-License-Identifier: MIT */
/* limit_by_hand.c: a time limit without select: a future that polls another one, and then a sleep.
 * edo_timeout() is the library's. */
#include <edo/edo.h>

#include <errno.h>
#include <stdio.h>

typedef struct limited {
    edo_future base;
    edo_future *work; /* borrowed */
    edo_sleep_future limit;
} limited;

static edo_polled limited_poll(edo_future *f, edo_cx *cx) {
    limited *self = (limited *)f;
    // the work first: what is ready in the moment of the limit is not thrown away
    if (edo_poll(self->work, cx) == EDO_READY) {
        edo_drop(&self->limit.base);
        return edo_future_finish(f, edo_future_result(self->work));
    }
    // pending: whichever of both is ready first wakes the task, for both have been polled
    if (edo_poll(&self->limit.base, cx) == EDO_PENDING) return EDO_PENDING;
    edo_drop(self->work); // cancels it
    int err = edo_future_result(&self->limit.base);
    return edo_future_finish(f, err < 0 ? err : -ETIMEDOUT);
}

static void limited_drop(edo_future *f) {
    limited *self = (limited *)f;
    if (edo_future_is_over(f)) return;
    edo_drop(self->work);
    edo_drop(&self->limit.base);
    edo_future_retire(f);
}

/* It is kept before its first poll, in a set or a task: so is the work. */
static void limited_hold(edo_future *f) {
    edo_future_hold(((limited *)f)->work);
}

static edo_future *limited_init(limited *self, edo_future *work, edo_duration limit) {
    static const edo_future_ops ops = { .poll = limited_poll,
                                        .drop = limited_drop,
                                        .name = "limited",
                                        .size = sizeof(limited),
                                        .hold = limited_hold };
    *self = (limited){ .work = work };
    (void)edo_sleep_init(&self->limit, limit); // begins with its first poll
    return edo_future_init(&self->base, &ops);
}

/* Says what becomes of it. */
EDO_ASYNC(work, int ms; bool is_done; edo_sleep_future nap;) {
    EDO_BEGIN;
    EDO_AWAIT(edo_sleep_init(&self->nap, edo_ms(self->ms)));
    self->is_done = true;
    EDO_RETURN(0);
    EDO_CLEANUP;
    printf("%d ms of work: %s, ", self->ms, self->is_done ? "done" : "dropped");
    EDO_END;
}

static int root(void *arg) {
    (void)arg;
    static const int lengths[] = { 50, 100, 200 };
    for (size_t i = 0; i < EDO_COUNT(lengths); i++) {
        work w = { .ms = lengths[i] };
        limited l;
        edo_instant start = edo_now();
        int result = edo_await(limited_init(&l, work_init(&w), edo_ms(100)));
        int ms = (int)(edo_instant_since(edo_now(), start).ns / 1000000);
        printf("%s after %d ms\n", edo_error_name(result), ms);
    }
    return 0;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
