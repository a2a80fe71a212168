/* SPDX-License-Identifier: MIT */
/* runtime/left.c: see left.h. A look from outside finds them; each is then named by a second look, since
 * nothing is printed under the lock of all pages, and since a task may be gone in between. */
#include "runtime/left.h"

#include "runtime/core.h"

#include <stdio.h>

#define BATCH_MAX 64u

typedef struct batch {
    edo_task *tasks[BATCH_MAX];
    uint32_t n;
} batch;

/* False: there is no place. */
static bool note(void *arg, edo_task *t) {
    batch *b = arg;
    if (edoi_load_rlx_u32(&t->word) & TASK_DONE) return true; // relaxed: it is only named
    if (b->n == BATCH_MAX) return false;
    b->tasks[b->n++] = t;
    return true;
}

static void name_all(const edoi_slab *s) {
    edoi_slab_place at = { .page = UINT32_MAX };
    bool more = true;
    while (more) {
        batch b = { .n = 0 };
        more = edoi_slab_look(s, &at, note, &b);
        for (uint32_t i = 0; i < b.n; i++) {
            const char *site = edoi_slab_site(s, b.tasks[i]);
            if (site) (void)fprintf(stderr, "edo: task %s is left behind\n", site);
        }
    }
}

void edoi_left_name(edo_runtime *rt) {
    for (uint32_t i = 0; i < rt->workers_n; i++) name_all(&rt->workers[i]->slab);
    name_all(&rt->foreign_slab);
}
