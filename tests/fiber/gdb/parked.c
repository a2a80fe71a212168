/* SPDX-License-Identifier: MIT */
/* parked.c: two fibers parked in functions with telling names, for a debugger to find. */
#include "fiber/fiber.h"

#include <stdio.h>
#include <stdlib.h>

static edoi_fiber thread_side, fibers[3];
static edoi_stack_pool pool;

EDOI_OPAQUE static int wait_for_bread(int which) {
    (void)edoi_fiber_switch(&fibers[which], &thread_side, 0);
    EDOI_COMPILER_BARRIER();
    return which;
}

EDOI_OPAQUE static int bake(int which) {
    int got = wait_for_bread(which);
    EDOI_COMPILER_BARRIER();
    return got + 1;
}

EDOI_OPAQUE static int brew(int which) {
    (void)edoi_fiber_switch(&fibers[which], &thread_side, 0);
    EDOI_COMPILER_BARRIER();
    return which;
}

static edoi_fiber *baker(void *arg) {
    (void)arg;
    return bake(0) == 1 ? &thread_side : NULL;
}

static edoi_fiber *brewer(void *arg) {
    (void)arg;
    return brew(1) == 1 ? &thread_side : NULL;
}

static edoi_fiber *brief(void *arg) {
    (void)arg;
    return &thread_side;
}

/* The debugger stops here. */
EDOI_OPAQUE static void all_parked(void) {
    EDOI_COMPILER_BARRIER();
}

/* With an argument: dumps core at that place. */
int main(int argc, char **argv) {
    (void)argv;
    static const struct {
        edoi_fiber_fn fn;
        const char *name;
    } rows[] = { { baker, "the baker" }, { brewer, "the brewer" }, { brief, "the brief one" } };
    edoi_fiber_adopt(&thread_side);
    for (int i = 0; i < 3; i++) {
        edoi_stack *s = NULL;
        if (edoi_stack_get(&pool, 0, &s) < 0) return 1;
        s->name = rows[i].name;
        edoi_fiber_start(&fibers[i], s, &thread_side, rows[i].fn, NULL);
        (void)edoi_fiber_switch(&thread_side, &fibers[i], 0);
    }
    all_parked();
    if (argc > 1) abort();
    (void)edoi_fiber_switch(&thread_side, &fibers[0], 0); // still alive and well after the look
    (void)edoi_fiber_switch(&thread_side, &fibers[1], 0);
    (void)puts("all done");
    return 0;
}
