/* SPDX-License-Identifier: MIT */
/* runtime/left.c: see left.h. A look from outside finds their names, which are literals: they are printed
 * outside the lock of all pages, when the task may be gone. */
#include "runtime/left.h"

#include "runtime/core.h"

#include <stdio.h>

#define BATCH_MAX 64u

typedef struct batch {
    const char *sites[BATCH_MAX];
    uint32_t n;
} batch;

/* False: there is no place. */
static bool note(void *arg, edo_task *t) {
    batch *b = arg;
    if (edoi_load_rlx_u32(&t->word) & TASK_DONE) return true; // relaxed: it is only named
    if (b->n == BATCH_MAX) return false;
    b->sites[b->n] = edoi_task_seen_site(t);
    if (b->sites[b->n]) b->n++;
    return true;
}

static void name_all(edoi_slab *s) {
    edoi_slab_look look;
    edoi_slab_look_begin(&look, s);
    bool more = true;
    while (more) {
        batch b = { .n = 0 };
        more = edoi_slab_look_on(&look, note, &b);
        for (uint32_t i = 0; i < b.n; i++)
            (void)fprintf(stderr, "edo: task %s is left behind\n", b.sites[i]);
    }
    edoi_slab_look_end(&look);
}

void edoi_left_name(edo_runtime *rt) {
    for (uint32_t i = 0; i < rt->workers_n; i++) name_all(&rt->workers[i]->slab);
    name_all(&rt->foreign_slab);
}
