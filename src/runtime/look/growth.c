/* SPDX-License-Identifier: MIT */
/* runtime/look/growth.c: see growth.h. */
#include "runtime/look/growth.h"

#include "base/fork.h"
#include "runtime/look/rows.h"
#include "runtime/watch/registry.h"

#define EDO_TARGET "growth"
#include <edo/log.h>

#include <stdlib.h>
#include <string.h>

/* When a number is told. */
typedef struct growth_rule {
    uint32_t looks; /* of a window */
    uint32_t times; /* it has grown, at least: by 1 / `part` in all */
    uint32_t part;
} growth_rule;

static const growth_rule quick = { EDOI_GROWTH_QUICK, 7, 1 }, slow = { EDOI_GROWTH_SLOW, 3, 2 };

int64_t edoi_growth_every_min_ns = EDOI_GROWTH_EVERY_MIN_NS;
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

/* Ends a window. Returns whether the number is to be told. */
static bool lows_end_window(edoi_lows *l, const growth_rule *rule) {
    const uint64_t least = l->least;
    l->looks_n = 0;
    if (l->n > 0 && least <= l->all[l->n - 1]) {
        if (l->all[l->n - 1] > l->top) l->top = l->all[l->n - 1];
        l->n = 0;
        l->is_told = false;
    }
    if (l->n == EDOI_GROWTH_LOWS) memmove(l->all, l->all + 1, --l->n * sizeof *l->all);
    l->all[l->n++] = least;
    const uint64_t from = l->all[0], gain = least - from;
    if (l->is_told || l->n <= rule->times) return false;
    l->is_told = least > l->top && gain >= EDOI_GROWTH_LEAST && gain >= from / rule->part;
    return l->is_told;
}

/* Adds the number of a look, and tells it if that is due. */
static void lows_add(edoi_lows *l, uint64_t number, const growth_rule *rule, edoi_growth_tale tale,
                     edoi_growth_tell_fn *tell, void *arg) {
    if (l->looks_n == 0 || number < l->least) l->least = number;
    if (++l->looks_n < rule->looks || !lows_end_window(l, rule)) return;
    tale.from = l->all[0];
    tale.to = l->all[l->n - 1];
    tale.looks = (l->n - 1) * rule->looks;
    tell(arg, &tale);
}

static void compare_number(edoi_growth *growth, const edoi_open_row *row, bool is_values,
                           edoi_growth_tell_fn *tell, void *arg) {
    const uint64_t number = is_values ? row->values : row->n;
    const edoi_growth_tale tale = { .row = row, .is_values = is_values };
    edoi_grown *g = number > 0 ? grown_of(growth, row->key, is_values) : NULL;
    if (!g) return;
    g->is_seen = true;
    lows_add(&g->quick, number, &quick, tale, tell, arg);
    lows_add(&g->slow, number, &slow, tale, tell, arg);
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
    edoi_open_row row; /* that of `tale`, copied */
    edoi_growth_tale tale;
} growth_told;

static edoi_growth growth_here;      /* lock: that of registry.h */
static growth_told told[TOLD_MAX];   /* of the thread that looks */
static uint32_t told_n;              /* as told */
static edo_atomic_u64 growth_every;  /* atomic, relaxed: ns; 0: not set; negative: no looks */
static edo_atomic_u32 growth_is_off; /* atomic, relaxed: by the environment, where it is not set */

static void growth_begin_child(void) {
    growth_here.n = 0;
}

EDOI_ON_FORK(.child = growth_begin_child);

void edoi_growth_read_environment(void) {
    const char *said = getenv("EDO_GROWTH");
    edoi_store_rlx_u32(&growth_is_off, said && strcmp(said, "0") == 0); // relaxed: a flag
}

int64_t edoi_growth_every_ns(void) {
    int64_t ns = (int64_t)edoi_load_rlx_u64(&growth_every); // relaxed, both: a number, a flag
    if (ns == 0 && edoi_load_rlx_u32(&growth_is_off)) return -1;
    return ns == 0 ? EDOI_GROWTH_EVERY_NS : ns;
}

void edoi_growth_set_every_ns(int64_t ns) {
    if (ns > 0 && ns < edoi_growth_every_min_ns) ns = edoi_growth_every_min_ns;
    edoi_store_rlx_u64(&growth_every, (uint64_t)ns); // relaxed: a number
}

static void growth_note(void *arg, const edoi_growth_tale *tale) {
    (void)arg;
    if (told_n < TOLD_MAX) told[told_n++] = (growth_told){ *tale->row, *tale };
}

static void growth_report(const growth_told *t) {
#ifndef EDOI_MODEL // which has no log
    char name[256];
    edoi_open_name(name, sizeof name, &t->row);
    edo_warn_kv("only grows", EDO_KV("kind", t->row.kind), EDO_KV("name", name),
                EDO_KV("what", t->tale.is_values ? "values" : "objects"),
                EDO_KV("from", t->tale.from), EDO_KV("to", t->tale.to),
                EDO_KV("looks", t->tale.looks));
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
