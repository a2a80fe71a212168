/* SPDX-License-Identifier: MIT */
/* runtime/unfinished.c: see unfinished.h. Tasks are counted by site; a few sites are kept. */
#include "runtime/unfinished.h"

#if EDOI_REMEMBERS

#    include "base/error/text.h"
#    include "base/fork.h"
#    include "base/lock.h"
#    include "runtime/debug/registry.h"
#    include "runtime/scheduler/core.h"

#    include <stdio.h>
#    include <string.h>

#    define SITES_MAX  16u /* named at exit */
#    define SITES_ROOT 4u  /* in the line about the root */

typedef struct census {
    struct {
        const char *site;
        uint32_t n;
    } rows[SITES_MAX];
    uint32_t rows_n;
    uint32_t n; /* tasks, including those whose site has no row */
} census;

static void count(census *c, const char *site) {
    uint32_t i = 0;
    if (!site) site = "(no name)";
    while (i < c->rows_n && strcmp(c->rows[i].site, site) != 0) i++;
    c->n++;
    if (i == SITES_MAX) return;
    if (i == c->rows_n) c->rows[c->rows_n++].site = site;
    c->rows[i].n++;
}

/* ---- Cut short by the end of the root -------------------------------------------------------- */

static struct {
    edoi_lock mu;
    census tasks; /* lock: mu */
} cut_short;

EDOI_ON_FORK(.lock = &cut_short.mu);

/* Is `rt` the runtime of an edo_main() whose root ended by itself? */
static bool follows_root(const edo_runtime *rt) {
    // relaxed: both are set before the shutdown begins
    return edoi_load_rlx_ptr(&rt->root) && edoi_load_rlx_u32(&rt->signalled) == 0;
}

static void note_cut(const edo_task *t) {
    edoi_lock_acquire(&cut_short.mu);
    count(&cut_short.tasks, edoi_task_seen_site(t));
    edoi_lock_release(&cut_short.mu);
}

void edoi_unfinished_dropped(const edo_runtime *rt, const edo_task *t) {
    // relaxed: written before CANCEL, which the task's worker has seen
    if (edoi_load_rlx_u16(&t->cause) == EDO_CANCEL_SHUTDOWN && follows_root(rt)) note_cut(t);
}

void edoi_unfinished_ended(const edo_runtime *rt, edoi_fiber_task *fiber, edo_cancel_cause cut) {
    if (cut == EDO_CANCEL_SHUTDOWN && follows_root(rt)) note_cut(edoi_fiber_task_header(fiber));
}

void edoi_unfinished_tell(bool named) {
    edoi_lock_acquire(&cut_short.mu);
    census c = cut_short.tasks;
    cut_short.tasks = (census){ .n = 0 };
    edoi_lock_release(&cut_short.mu);
    if (!named || c.n == 0) return;
    edoi_text text = { .n = 0 };
    uint32_t told_n = 0;
    for (uint32_t i = 0; i < c.rows_n && i < SITES_ROOT; i++) {
        edoi_text_add(&text, "%s%s", i > 0 ? ", " : "", c.rows[i].site);
        if (c.rows[i].n > 1) edoi_text_add(&text, " (%u)", (unsigned)c.rows[i].n);
        told_n += c.rows[i].n;
    }
    if (c.n > told_n) edoi_text_add(&text, ", and %u more", (unsigned)(c.n - told_n));
    (void)fprintf(stderr, "edo: the root of edo_main returned and cut %u task%s short: %s\n",
                  (unsigned)c.n, c.n == 1 ? "" : "s", text.at);
}

/* ---- Alive at exit --------------------------------------------------------------------------- */

typedef struct exit_look {
    census alive;
    const edo_task *here; /* the task that calls exit(); NULL: none */
} exit_look;

/* Called with the lock of all pages held. */
static bool note_alive(void *arg, edo_task *t) {
    exit_look *l = arg;
    uint32_t word = edoi_load_rlx_u32(&t->word); // relaxed: the task is only named
    if (word != 0 && !(word & TASK_DONE) && t != l->here) count(&l->alive, edoi_task_seen_site(t));
    return true;
}

/* Runs after the program's own exit functions. Workers may still run; a runtime whose tasks were
 * named when it gave them up is left out. Prints nothing while another thread hangs in writing a
 * report. */
__attribute__((destructor)) static void tell_alive(void) {
    exit_look l = { .alive.n = 0 };
    const edoi_worker *w = edoi_worker_here();
    if (w) l.here = edoi_worker_running(w);
    if (!edoi_registry_acquire_soon()) return;
    for (edo_runtime *rt = edoi_registry_next(NULL); rt; rt = edoi_registry_next(rt)) {
        if (edoi_runtime_gave_up(rt)) continue;
        for (uint32_t i = 0; i < rt->workers_n; i++)
            edoi_task_slab_look_over(&rt->workers[i]->slab, note_alive, &l);
        edoi_task_slab_look_over(&rt->foreign_slab, note_alive, &l);
    }
    edoi_registry_release();
    uint32_t told_n = 0;
    for (uint32_t i = 0; i < l.alive.rows_n; i++) {
        uint32_t n = l.alive.rows[i].n;
        if (n == 1) (void)fprintf(stderr, "edo: left at exit: task %s\n", l.alive.rows[i].site);
        if (n > 1)
            (void)fprintf(stderr, "edo: left at exit: %u tasks %s\n", (unsigned)n,
                          l.alive.rows[i].site);
        told_n += n;
    }
    if (l.alive.n > told_n)
        (void)fprintf(stderr, "edo: left at exit: %u more\n", (unsigned)(l.alive.n - told_n));
}

#endif
