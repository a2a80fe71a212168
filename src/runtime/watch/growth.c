/* SPDX-License-Identifier: MIT */
/* runtime/watch/growth.c: see growth.h.
 *
 * A number is remembered only while it grows, so the memory is fixed: what it was before it began
 * to grow, and now. One that falls once, as those of connections under load do, begins anew. */
#include "runtime/watch/growth.h"

#include "base/fork.h"
#include "runtime/watch/look.h"
#include "runtime/watch/registry.h"

#define EDO_TARGET "growth"
#include <edo/log.h>

#include <stdlib.h>
#include <string.h>

edo_atomic_u64 edoi_growth_told_n, edoi_growth_looks_n;

/* ---- Comparing ------------------------------------------------------------------------------- */

static edoi_grown *grown_of(edoi_growth *growth, uint64_t key, bool is_values) {
    for (uint32_t i = 0; i < growth->n; i++)
        if (growth->all[i].key == key && growth->all[i].is_values == is_values)
            return &growth->all[i];
    if (growth->n == EDOI_GROWTH_MAX) return NULL;
    edoi_grown *g = &growth->all[growth->n++];
    *g = (edoi_grown){ .key = key, .is_values = is_values };
    return g;
}

static bool is_to_tell(const edoi_grown *g) {
    return !g->is_told && g->steps >= EDOI_GROWTH_STEPS && g->now - g->from >= g->from / 2;
}

/* `number` is that of this look; true: it is to be told. */
static bool grown_step(edoi_grown *g, uint64_t number) {
    const bool is_new = g->now == 0, grows = number > g->now;
    if (is_new || !grows) {
        g->from = number;
        g->steps = 0;
        g->is_told = false;
    } else {
        g->steps++;
    }
    g->now = number;
    g->is_seen = true;
    if (!is_to_tell(g)) return false;
    g->is_told = true;
    return true;
}

static void compare_number(edoi_growth *growth, const edoi_open_row *row, bool is_values,
                           edoi_growth_tell_fn *tell, void *arg) {
    const uint64_t number = is_values ? row->values : row->n;
    edoi_grown *g = number > 0 ? grown_of(growth, row->key, is_values) : NULL;
    if (g && grown_step(g, number)) tell(arg, row, g);
}

void edoi_growth_compare(edoi_growth *growth, const edoi_open_table *t, edoi_growth_tell_fn *tell,
                         void *arg) {
    for (uint32_t i = 0; i < growth->n; i++) growth->all[i].is_seen = false;
    for (uint32_t i = 0; i < t->rows_n; i++) {
        if (t->rows[i].is_total) continue;
        compare_number(growth, &t->rows[i], false, tell, arg);
        compare_number(growth, &t->rows[i], true, tell, arg);
    }
    for (uint32_t i = growth->n; i-- > 0;) // what is open no more
        if (!growth->all[i].is_seen) growth->all[i] = growth->all[--growth->n];
}

/* ---- This process ---------------------------------------------------------------------------- */

#define TOLD_MAX 32u /* of one look */

/* What a look has found, for after it. */
typedef struct growth_told {
    edoi_open_row row;
    edoi_grown grown;
} growth_told;

static edoi_growth growth_here;     /* lock: that of registry.h */
static growth_told told[TOLD_MAX];  /* of the thread that looks */
static uint32_t told_n;             /* as told */
static edo_atomic_u64 growth_every; /* atomic, relaxed: ns; 0: not set; negative: no looks */

static void growth_begin_child(void) {
    growth_here.n = 0;
}

EDOI_ON_FORK(.child = growth_begin_child);

int64_t edoi_growth_every_ns(void) {
    int64_t ns = (int64_t)edoi_load_rlx_u64(&growth_every); // relaxed: a number
    const char *said = ns == 0 ? getenv("EDO_GROWTH") : NULL;
    if (said && strcmp(said, "0") == 0) return -1;
    return ns == 0 ? EDOI_GROWTH_EVERY_NS : ns;
}

void edoi_growth_set_every_ns(int64_t ns) {
    edoi_store_rlx_u64(&growth_every, (uint64_t)ns); // relaxed: a number
}

static void growth_note(void *arg, const edoi_open_row *row, const edoi_grown *g) {
    (void)arg;
    if (told_n < TOLD_MAX) told[told_n++] = (growth_told){ *row, *g };
}

static void growth_report(const growth_told *t) {
#ifndef EDOI_MODEL // which has no log
    const edoi_open_row *row = &t->row;
    char name[256];
    edoi_open_name(name, sizeof name, row);
    edo_warn_kv("only grows", EDO_KV("kind", row->kind), EDO_KV("name", name),
                EDO_KV("what", t->grown.is_values ? "values" : "objects"),
                EDO_KV("from", t->grown.from), EDO_KV("to", t->grown.now),
                EDO_KV("looks", t->grown.steps));
#else
    (void)t;
#endif
    (void)edoi_add_rlx_u64(&edoi_growth_told_n, 1); // relaxed: a count
}

/* Nothing is logged under the lock. */
void edoi_growth_look(void) {
    told_n = 0;
    edoi_registry_acquire();
    edoi_open_look(&edoi_open_shown, EDOI_OPEN_BRIEFLY);
    edoi_growth_compare(&growth_here, &edoi_open_shown, growth_note, NULL);
    edoi_registry_release();
    (void)edoi_add_rlx_u64(&edoi_growth_looks_n, 1); // relaxed: a count
    for (uint32_t i = 0; i < told_n; i++) growth_report(&told[i]);
}
