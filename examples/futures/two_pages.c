/* SPDX-License-Identifier: MIT */
/* two_pages.c: what EDO_ASYNC makes of a function: the same machine once by macros, once by hand.
 *
 * `cc -E` shows the first as the compiler sees it. It differs from the second in three things: a
 * state is named by the line of its await, the switch is over a wide integer (so that an await
 * inside a switch of yours does not compile), and the state lies in the future's own word. */
#include <edo/edo.h>

#include <stdio.h>

/* A page comes after some time; the answer is its length. */
EDO_ASYNC(fetch, int ms, bytes; edo_sleep_future nap;) {
    EDO_BEGIN;
    EDO_TRY_AWAIT(edo_sleep_init(&self->nap, edo_ms(self->ms)));
    EDO_RETURN(self->bytes);
    EDO_END;
}

/* By macros: two pages, one after the other. */
EDO_ASYNC(two_pages, int sum; fetch page;) {
    EDO_BEGIN;
    self->page = (fetch){ .ms = 20, .bytes = 1000 };
    EDO_TRY_AWAIT(fetch_init(&self->page));
    self->sum = edo_result(&self->page);
    self->page = (fetch){ .ms = 30, .bytes = 234 };
    EDO_TRY_AWAIT(fetch_init(&self->page));
    EDO_RETURN(self->sum + edo_result(&self->page));
    EDO_END;
}

/* By hand: a state for each await, and a place for everything that is alive across one. */
typedef struct by_hand {
    edo_future base;
    int sum;
    fetch page;
} by_hand;

enum { START, FIRST_PAGE, SECOND_PAGE };

static edo_polled by_hand_poll(edo_future *f, edo_cx *cx) {
    by_hand *self = (by_hand *)f;
    switch (edo_future_step(f)) {
    case START:
        self->page = (fetch){ .ms = 20, .bytes = 1000 };
        (void)fetch_init(&self->page);
        edo_future_next_step(f, FIRST_PAGE);
        // fall through
    case FIRST_PAGE:
        if (edo_poll(&self->page.base, cx) == EDO_PENDING) return EDO_PENDING;
        if (edo_result(&self->page) < 0) return edo_future_finish(f, edo_result(&self->page));
        self->sum = edo_result(&self->page);
        self->page = (fetch){ .ms = 30, .bytes = 234 };
        (void)fetch_init(&self->page);
        edo_future_next_step(f, SECOND_PAGE);
        // fall through
    default:
        if (edo_poll(&self->page.base, cx) == EDO_PENDING) return EDO_PENDING;
        if (edo_result(&self->page) < 0) return edo_future_finish(f, edo_result(&self->page));
        return edo_future_finish(f, self->sum + edo_result(&self->page));
    }
}

static void by_hand_drop(edo_future *f) {
    by_hand *self = (by_hand *)f;
    if (edo_future_is_over(f)) return;
    if (edo_future_step(f) != START) edo_drop(&self->page.base); // what is alive in this state
    edo_future_retire(f);
}

static edo_future *by_hand_init(by_hand *self) {
    static const edo_future_ops ops = {
        .poll = by_hand_poll, .drop = by_hand_drop, .name = "by_hand", .size = sizeof(by_hand)
    };
    return edo_future_init(&self->base, &ops);
}
_Static_assert(sizeof(two_pages) == sizeof(by_hand), "the macros add nothing");

static int root(void *arg) {
    (void)arg;
    two_pages macros;
    by_hand hand;
    int err = edo_await(two_pages_init(&macros));
    printf("by macros: %d bytes\n", err);
    err = edo_await(by_hand_init(&hand));
    printf("by hand:   %d bytes\n", err);
    return 0;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
