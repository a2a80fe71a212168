/* SPDX-License-Identifier: MIT */
/* console/live/waits.c: see waits.h. */
#include "console/live/waits.h"

#include <string.h>

#define LASTS_NS INT64_C(100000000)

/* ---- Rows ------------------------------------------------------------------------------------ */

/* The row of a text; it is made if there is room; NULL: there is no room. */
static edoi_live_resource *waits_resource(edoi_live *l, const char *what) {
    for (uint32_t i = 0; i < EDOI_LIVE_RESOURCES; i++) {
        edoi_live_resource *r = &l->resources[i];
        if (r->what && strcmp(r->what, what) == 0) return r;
        if (r->what) continue;
        *r = (edoi_live_resource){ .what = what,
                                   .id = ++l->last_id,
                                   .born_ns = l->now_ns,
                                   .made_at = l->version,
                                   .changed_at = l->version };
        return r;
    }
    return NULL;
}

static void waits_begin(edoi_live *l, edoi_live_task *t) {
    edoi_live_resource *r = l->ops_n < l->tasks_max ? waits_resource(l, t->what) : NULL;
    if (!r) return;
    while (l->ops[l->op_free_at].id != 0) l->op_free_at = (l->op_free_at + 1) % l->tasks_max;
    t->op = &l->ops[l->op_free_at];
    *t->op = (edoi_live_op){ .id = ++l->last_id,
                             .task_id = t->id,
                             .resource = r,
                             .born_ns = t->wait_ns,
                             .made_at = l->version,
                             .changed_at = l->version };
    l->ops_n++;
    r->waiting_n++;
    r->changed_at = l->version;
}

void edoi_live_wait_end(edoi_live *l, edoi_live_task *t) {
    edoi_live_op *op = t->op;
    t->op = NULL;
    op->ended_ns = l->now_ns > op->born_ns ? l->now_ns : op->born_ns;
    op->changed_at = l->version;
    op->resource->waiting_n--;
    op->resource->changed_at = l->version;
}

void edoi_live_waits_turn(edoi_live *l) {
    for (uint32_t i = 0; i < l->tasks_max; i++) {
        edoi_live_task *t = &l->tasks[i];
        if (t->id == 0) continue;
        bool waits = t->ended_ns == 0 && t->what;
        if (t->op && (!waits || t->op->born_ns != t->wait_ns)) edoi_live_wait_end(l, t);
        if (waits && !t->op && l->now_ns - t->wait_ns >= LASTS_NS) waits_begin(l, t);
    }
}

void edoi_live_waits_sweep(edoi_live *l) {
    const uint64_t told = edoi_live_told_all(l);
    for (uint32_t i = 0; i < l->tasks_max && l->ops_n > 0; i++) {
        edoi_live_op *op = &l->ops[i];
        if (op->id == 0 || op->ended_ns == 0 || op->changed_at >= told) continue;
        *op = (edoi_live_op){ .id = 0 };
        l->ops_n--;
    }
}
