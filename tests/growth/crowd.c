/* SPDX-License-Identifier: MIT */
/* tests/growth/crowd.c: see crowd.h. */
#include "crowd.h"

#include <errno.h>
#include <stdlib.h>

uint32_t growth_crowd_n;

typedef struct crowd {
    const growth_kind *of;
    char *futures;
    uint32_t n;
} crowd;

static edo_future *future_of(const crowd *c, uint32_t i) {
    return (edo_future *)(void *)(c->futures + i * c->of->bytes);
}

/* All wait. */
static void gather(crowd *c) {
    c->of->open(c->n);
    c->futures = growth_alloc(c->n, c->of->bytes);
    for (uint32_t i = 0; i < c->n; i++) {
        c->of->make(future_of(c, i), i);
        GROWTH_CHECK(edo_poll_once(future_of(c, i)) == EDO_PENDING);
    }
}

static void disperse(const crowd *c) {
    free(c->futures);
    c->of->shut(c->n);
}

static void drop_all(crowd *c, growth_order order) {
    growth_begin();
    gather(c);
    for (uint32_t i = 0; i < c->n; i++) edo_drop(future_of(c, growth_at(order, i, c->n)));
    disperse(c);
    growth_end(growth_order_names[order]);
}

static void wake_all(crowd *c) {
    growth_begin();
    gather(c);
    c->of->wake(c->n);
    for (uint32_t i = 0; i < c->n; i++) {
        bool is_ready = edo_poll_once(future_of(c, i)) == EDO_READY;
        if (is_ready && c->of->took) c->of->took(i);
        edo_drop(future_of(c, i));
    }
    disperse(c);
    growth_end("woken");
}

/* Each future is a task. One order, in which every walk shows, since a task costs several times
 * what a drop does. */
static void cancel_all(crowd *c) {
    edo_task **tasks = growth_alloc(c->n, sizeof(edo_task *));
    char *f = growth_alloc(1, c->of->bytes);
    growth_begin();
    c->of->open(c->n);
    for (uint32_t i = 0; i < c->n; i++) {
        c->of->make(f, i);
        tasks[i] = edo_spawn_future((edo_future *)(void *)f);
        GROWTH_CHECK(tasks[i]);
    }
    growth_settle(c->n);
    for (uint32_t i = 0; i < c->n; i++) edo_task_cancel(tasks[growth_at(AT_RANDOM, i, c->n)]);
    for (uint32_t i = 0; i < c->n; i++) GROWTH_CHECK(edo_task_join(tasks[i]) == -ECANCELED);
    c->of->shut(c->n);
    growth_end("cancelled at random");
    free(f);
    free(tasks);
}

static int crowd_body(void *arg) {
    crowd *c = arg;
    growth_crowd_n = c->n;
    for (growth_order order = IN_ORDER; order < ORDERS; order++) drop_all(c, order);
    cancel_all(c);
    if (c->of->wake) wake_all(c);
    return 0;
}

void growth_crowd(const void *arg, uint32_t n) {
    crowd c = { .of = arg, .n = n };
    growth_inside(crowd_body, &c);
}
