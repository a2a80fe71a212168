/* SPDX-License-Identifier: MIT */
/* records/unfinished.c: see unfinished.h. Counts tasks by name, for a few names. */
#include "records/unfinished.h"

#if EDOI_REMEMBERS

#    include "base/error/text.h"
#    include "base/fork.h"
#    include "base/lock.h"

#    include <string.h>

#    define NAMES_MAX  16u /* at exit */
#    define NAMES_ROOT 4u  /* in the line about the root */

typedef struct census {
    struct {
        const char *name;
        unsigned n;
    } rows[NAMES_MAX];
    uint32_t rows_n;
    unsigned n; /* tasks, including those whose name has no row */
} census;

static void census_count(void *arg, const char *name) {
    census *c = arg;
    uint32_t i = 0;
    if (!name) name = "(no name)";
    while (i < c->rows_n && strcmp(c->rows[i].name, name) != 0) i++;
    c->n++;
    if (i == NAMES_MAX) return;
    if (i == c->rows_n) c->rows[c->rows_n++].name = name;
    c->rows[i].n++;
}

/* ---- Cut short by the end of the root -------------------------------------------------------- */

static struct {
    edoi_lock mu;
    const void *owner; /* lock: mu, as for the next; NULL: no root has returned */
    census tasks;
} cut_short;

EDOI_ON_FORK(.lock = &cut_short.mu);

void edoi_unfinished_begin(const void *owner) {
    edoi_lock_acquire(&cut_short.mu);
    cut_short.owner = owner;
    edoi_lock_release(&cut_short.mu);
}

void edoi_unfinished_cut(const void *owner, const char *name) {
    if (name && strncmp(name, EDOI_OWN_TASK, sizeof EDOI_OWN_TASK - 1) == 0) return;
    edoi_lock_acquire(&cut_short.mu);
    if (cut_short.owner == owner) census_count(&cut_short.tasks, name);
    edoi_lock_release(&cut_short.mu);
}

void edoi_unfinished_tell(void) {
    edoi_lock_acquire(&cut_short.mu);
    census c = cut_short.tasks;
    cut_short.owner = NULL;
    cut_short.tasks = (census){ .n = 0 };
    edoi_lock_release(&cut_short.mu);
    if (c.n == 0) return;
    edoi_text text = { .n = 0 };
    unsigned told_n = 0;
    for (uint32_t i = 0; i < c.rows_n && i < NAMES_ROOT; i++) {
        edoi_text_add(&text, "%s%s", i > 0 ? ", " : "", c.rows[i].name);
        if (c.rows[i].n > 1) edoi_text_add(&text, " (%u)", c.rows[i].n);
        told_n += c.rows[i].n;
    }
    if (c.n > told_n) edoi_text_add(&text, ", and %u more", c.n - told_n);
    edoi_records_tell("edo: the root of edo_main returned and cut %u task%s short: %s\n", c.n,
                      c.n == 1 ? "" : "s", text.at);
}

/* ---- Alive at exit --------------------------------------------------------------------------- */

/* Runs after the program's own exit functions. Workers may still run. */
__attribute__((destructor)) static void tell_alive(void) {
    const edoi_records_hooks *hooks = edoi_records_hooks_get();
    census alive = { .n = 0 };
    if (hooks) hooks->alive(census_count, &alive);
    unsigned told_n = 0;
    for (uint32_t i = 0; i < alive.rows_n; i++) {
        unsigned n = alive.rows[i].n;
        if (n == 1) edoi_records_tell("edo: left at exit: task %s\n", alive.rows[i].name);
        if (n > 1) edoi_records_tell("edo: left at exit: %u tasks %s\n", n, alive.rows[i].name);
        told_n += n;
    }
    if (alive.n > told_n) edoi_records_tell("edo: left at exit: %u more\n", alive.n - told_n);
}

#endif
