/* SPDX-License-Identifier: MIT */
/* by_hand.c: join and select of two, written by hand, and what the simple forms leave out. */
#include <edo/edo.h>

#include <stdio.h>

/* Both: polls each one that is not ready yet. The result of the early one stays in its future. */
EDO_ASYNC_FRAME(both, edo_future *a, *b;);

static edo_polled both_poll(edo_future *f, edo_cx *cx) {
    both *self = (both *)f;
    if (!edo_future_is_over(self->a)) (void)edo_poll(self->a, cx);
    if (!edo_future_is_over(self->b)) (void)edo_poll(self->b, cx);
    if (!edo_future_is_over(self->a) || !edo_future_is_over(self->b)) return EDO_PENDING;
    return edo_future_finish(f, self->a->result + self->b->result);
}

/* Either: the first one that is ready wins, and the other is dropped. It always asks `a` first, so
 * that an `a` which is always ready starves `b`: edo_select() starts at a random branch. */
static edo_polled either_poll(edo_future *f, edo_cx *cx) {
    both *self = (both *)f;
    edo_future *winner = NULL;
    if (edo_poll(self->a, cx) == EDO_READY) {
        winner = self->a;
        edo_drop(self->b);
    } else if (edo_poll(self->b, cx) == EDO_READY) {
        winner = self->b;
        edo_drop(self->a);
    }
    return winner ? edo_future_finish(f, winner == self->b) : EDO_PENDING;
}

static void both_drop(edo_future *f) {
    both *self = (both *)f;
    if (edo_future_is_over(f)) return;
    edo_drop(self->a);
    edo_drop(self->b);
    edo_future_retire(f);
}

/* A dump then says "both of walker at line 64: edo_sleep, due in 20 ms and …". */
static void both_describe(const edo_future *f, edo_description *to) {
    const both *self = (const both *)f;
    edo_describe_text(to, " of ");
    edo_describe_future(to, self->a);
    edo_describe_text(to, " and ");
    edo_describe_future(to, self->b);
}

static const edo_future_ops both_ops = { .poll = both_poll,
                                         .drop = both_drop,
                                         .name = "both",
                                         .size = sizeof(both),
                                         .describe = both_describe };
static const edo_future_ops either_ops = { .poll = either_poll,
                                           .drop = both_drop,
                                           .name = "either",
                                           .size = sizeof(both),
                                           .describe = both_describe };

/* Sleeps, says so, and returns its number. */
EDO_ASYNC(walker, int number, ms; edo_sleep_future nap;) {
    EDO_BEGIN;
    EDO_AWAIT(edo_sleep_init(&self->nap, edo_ms(self->ms)));
    printf("  walker %d is there\n", self->number);
    EDO_RETURN(self->number);
    EDO_END;
}

static int root(void *arg) {
    (void)arg;
    walker slow = { .number = 1, .ms = 100 }, quick = { .number = 2, .ms = 50 };
    both pair = { .a = walker_init(&slow), .b = walker_init(&quick) };
    edo_instant start = edo_now();
    int err = edo_await(edo_future_init(&pair.base, &both_ops));
    edo_duration took = edo_instant_since(edo_now(), start);
    printf("both: sum %d after %lld ms\n", err, (long long)(took.ns / 1000000));

    slow = (walker){ .number = 1, .ms = 100 };
    quick = (walker){ .number = 2, .ms = 50 };
    pair = (both){ .a = walker_init(&slow), .b = walker_init(&quick) };
    err = edo_await(edo_future_init(&pair.base, &either_ops));
    printf("either: branch %d\n", err);

    int first = 0;
    for (int i = 0; i < 1000; i++) {
        edo_ready_future a, b;
        pair = (both){ .a = edo_ready_init(&a, 0), .b = edo_ready_init(&b, 0) };
        first += edo_await(edo_future_init(&pair.base, &either_ops)) == 0;
    }
    printf("by hand the first of two ready branches won %d of 1000 times\n", first);
    first = 0;
    for (int i = 0; i < 1000; i++) {
        edo_ready_future a, b;
        first += edo_select(edo_ready_init(&a, 0), edo_ready_init(&b, 0)) == 0;
    }
    printf("by edo_select %s\n",
           first > 400 && first < 600 ? "about half of them" : "unfairly often");
    return 0;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
