/* SPDX-License-Identifier: MIT */
/* countdown.c: exercise of chapter 2: a future that counts down, a number at each poll. It wakes
 * its own task, since no event does. */
#include <edo/edo.h>

#include <stdio.h>

typedef struct countdown {
    edo_future base;
    int left, polls;
} countdown;

static edo_polled countdown_poll(edo_future *f, edo_cx *cx) {
    countdown *self = (countdown *)f;
    self->polls++;
    if (self->left == 0) {
        puts("lift-off");
        return edo_future_finish(f, self->polls);
    }
    printf("%d\n", self->left--);
    edo_waker_wake(edo_cx_waker(cx)); // without this line: the silent hang of chapter 3
    return EDO_PENDING;
}

static edo_future *countdown_init(countdown *self, int from) {
    // No drop function: it never holds anything.
    static const edo_future_ops ops = { .poll = countdown_poll,
                                        .name = "countdown",
                                        .size = sizeof(countdown) };
    *self = (countdown){ .left = from };
    return edo_future_init(&self->base, &ops);
}

static int root(void *arg) {
    (void)arg;
    countdown c;
    printf("%d polls\n", edo_await(countdown_init(&c, 3)));
    return 0;
}

int main(void) {
    return edo_main(root, NULL);
}
