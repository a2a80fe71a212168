/* SPDX-License-Identifier: MIT */
/* tests/growth/growth.c: see growth.h. */
#include "growth.h"

#include <stdlib.h>

const char *const growth_order_names[ORDERS] = { "in order", "reversed", "at random" };

_Noreturn void growth_failed(const char *file, int line, const char *text) {
    (void)fprintf(stderr, "%s:%d: not so: %s\n", file, line, text);
    abort();
}

void *growth_alloc(size_t n, size_t bytes) {
    void *at = calloc(n, bytes);
    GROWTH_CHECK(at);
    return at;
}

void growth_inside_with(edo_task_fn *fn, void *arg, const edo_runtime_opts *opts) {
    edo_runtime *rt;
    GROWTH_CHECK(edo_runtime_new(&rt, opts) == 0);
    GROWTH_CHECK(edo_run(rt, fn, arg) == 0);
    edo_runtime_free(rt);
}

void growth_inside(edo_task_fn *fn, void *arg) {
    growth_inside_with(fn, arg,
                       &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT,
                                            .start_paused = true,
                                            .blocking_max = 1 });
}

void growth_settle(uint32_t n) {
    for (uint32_t i = 0; i < n / 16 + 16; i++) GROWTH_CHECK(edo_yield() == 0);
}
