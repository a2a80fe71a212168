/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include <stdlib.h>

#include "fiber/fiber.h"

static edoi_fiber thread_side, fibers[2];
static void (*functions[2])(void);
static bool ended[2];
static int now;

static edoi_fiber *run(void *arg) {
    int self = arg == &fibers[1];
    now = self;
    functions[self]();
    ended[self] = true;
    if (ended[!self]) return &thread_side;
    now = !self;
    return &fibers[!self];
}

void pair_run(void (*a)(void), void (*b)(void)) {
    edoi_stack_pool pool = { .free = { { .n = 0 } } };
    edoi_stack *s[2];
    functions[0] = a;
    functions[1] = b;
    edoi_fiber_adopt(&thread_side);
    for (int i = 0; i < 2; i++) {
        if (edoi_stack_get(&pool, 0, &s[i]) < 0) abort();
        ended[i] = false;
        edoi_fiber_start(&fibers[i], s[i], &thread_side, run, &fibers[i]);
    }
    (void)edoi_fiber_switch(&thread_side, &fibers[0], 0);
    for (int i = 0; i < 2; i++) edoi_stack_put(&pool, s[i]);
    edoi_stack_pool_deinit(&pool);
}

void pair_pass(void) {
    int self = now;
    if (ended[!self]) return;
    now = !self;
    (void)edoi_fiber_switch(&fibers[self], &fibers[!self], 0);
    now = self;
}
